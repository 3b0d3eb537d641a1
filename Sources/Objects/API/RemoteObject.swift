import RPC

/// An object somewhere in the cluster. It is kept alive as long as this is.
public final class RemoteObject: Sendable, CustomStringConvertible {
    private let cluster: ObjectCluster
    private let known: ObjectReference
    private let ground: UInt64

    init(_ cluster: ObjectCluster, _ reference: ObjectReference, ground: UInt64) {
        self.cluster = cluster
        known = reference
        self.ground = ground
    }

    deinit { cluster.release(ground) }

    /// `orch://Account/acc-1`: may be passed to methods, of any object.
    public var reference: String { known.description }

    /// `Account`
    public var typeName: String { known.type }

    public var description: String { reference }

    /// Invokes a method.
    /// - Parameters:
    ///   - parameters: fields by name. A reference among them is a text.
    ///   - policy: in place of the cluster's.
    /// - Returns: the fields of the result, or the value itself where `value` is the only one.
    /// - Throws: `ObjectError`, which says whether the method was executed.
    public func invoke(
        _ method: String, _ parameters: RPCValue = [:], policy: ObjectCluster.Policy? = nil
    ) async throws(ObjectError) -> RPCValue {
        try await cluster.invoke(known, method, parameters, policy)
    }
}

/// A typed front of objects of one type: methods in Swift that invoke those of the object.
///
/// ```swift
/// struct Account: ObjectProxy {
///     static let typeName = "Account"
///     let object: RemoteObject
///
///     init(_ object: RemoteObject) { self.object = object }
///
///     func deposit(_ amount: Int64) async throws -> Int64 {
///         try await object.invoke("deposit", ["amount": .int(amount)]).int ?? 0
///     }
/// }
///
/// let account = try await cluster.object("acc-1", as: Account.self)
/// let balance = try await account.deposit(10)
/// ```
public protocol ObjectProxy: Sendable {
    /// As the hosts know it.
    static var typeName: String { get }
    /// - Parameter object: of this type.
    init(_ object: RemoteObject)
}
