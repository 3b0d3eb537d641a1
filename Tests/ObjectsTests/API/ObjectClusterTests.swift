import ClusterModel
import History
import NIOCore
import Objects
import Protobuf
import RPC
import Testing

/// From a Swift program to objects whose methods are Swift, over sockets.
@HostLoop @Suite("Objects from Swift", .timeLimit(.minutes(1))) struct ObjectClusterTests {
    @Test func aTypedProxyReachesTheObjectWhereverItGoes() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            let cluster = try await bench.cluster()
            let account: Bank.Account = try await cluster.object("orch://Account/acc-1")
            #expect(try await account.deposit(30) == 30)
            #expect(try await account.withdraw(10) == 20)
            try await bench.migrate("acc-1", to: "host-b")
            #expect(bench["host-b"].host.has("acc-1") && !bench["host-a"].host.has("acc-1"))
            #expect(try await account.deposit(1) == 21)
            #expect(bench["host-b"].behaviour.count == 1)
            // By its id alone, and again after the move.
            let same = try await cluster.object("acc-1", as: Bank.Account.self)
            #expect(try await same.withdraw(21) == 0)
            await cluster.close()
            await #expect(throws: ObjectError.notExecuted(reason: "cancelled", message: "the cluster was closed")) {
                try await account.deposit(1)
            }
        }
    }

    @Test func exceptionsArriveAsWhatTheyAre() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            let cluster = try await bench.cluster()
            let account = try await cluster.object("acc-1", as: Bank.Account.self)
            #expect(try await account.deposit(5) == 5)
            await #expect(
                throws: ObjectError.exception(name: "InsufficientFunds", message: "5 left", trace: [])
            ) { try await account.withdraw(6) }
            // One that the method does not declare is a mistake.
            await #expect(throws: ObjectError.failed(message: "Nonsense: -1 (the method does not declare it)")) {
                try await account.withdraw(-1)
            }
            #expect(try await account.withdraw(5) == 0)
            await cluster.close()
        }
    }

    @Test func aNameFromTheWireIsExecutedOnlyIfItIsOfTheObjectsType() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            let cluster = try await bench.cluster()
            let account = try await cluster.object("orch://Account/acc-1")
            await #expect(
                throws: ObjectError.notExecuted(
                    reason: "UNIMPLEMENTED", message: "Account has no method 'description'")
            ) { try await account.invoke("description") }
            // Declared in the file, and a Swift method of another type: not of this one.
            await #expect(
                throws: ObjectError.failed(message: "Account.audit has no Swift method; nothing was executed")
            ) { try await account.invoke("audit") }
            let ledger = try await cluster.object("orch://Ledger/ledger-1")
            #expect(try await ledger.invoke("audit") == 7)
            await #expect(throws: ObjectError.self) { try await account.invoke("deposit", ["amount": "a lot"]) }
            // The reference lies about the type.
            let lie = try await cluster.object("orch://Ledger/acc-1")
            await #expect(throws: ObjectError.wrongType) { try await lie.invoke("audit") }
            await #expect(throws: ObjectError.wrongType) {
                try await cluster.object("orch://Ledger/ledger-1", as: Bank.Account.self)
            }
            let stranger = try await cluster.object("orch://Wallet/acc-1")
            await #expect(
                throws: ObjectError.notExecuted(
                    reason: "UNIMPLEMENTED", message: "no host serves objects of the type 'Wallet'")
            ) { try await stranger.invoke("open") }
            let nobody = try await cluster.object("orch://Account/acc-9")
            await #expect(throws: ObjectError.gone) { try await nobody.invoke("deposit", ["amount": 1]) }
            // Nothing of all this ran.
            #expect(bench["host-a"].behaviour.count == 2)
            #expect(try await account.invoke("deposit", ["amount": 1]) == 1)
            await cluster.close()
        }
    }

    @Test func whatIsNoAddressOrReferenceIsRefused() async throws {
        for address in ["", "127.0.0.1", ":4000", "127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:70000"] {
            await #expect(
                throws: ObjectError.notExecuted(
                    reason: "malformed", message: "'\(address)' is no address: write 'host:port'")
            ) { try await ObjectCluster.connect(directory: address, hosts: [:]) }
        }
        try await HostBench.run(["host-a"], types: Bank.types(), Bank.objects) { bench in
            let cluster = try await bench.cluster()
            for text in ["acc-1", "orch://Account", "orch://Account/a/b", "http://Account/acc-1"] {
                await #expect(throws: ObjectError.self) { try await cluster.object(text) }
            }
            await cluster.close()
        }
    }

    /// An object that nobody else refers to lives as long as the program's reference.
    @Test func theProgramHoldsWhatItRefersTo() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            let cluster = try await bench.cluster()
            let made = await withCheckedContinuation { done in
                bench["host-a"].host.create("Account", fields: ["balance": .int(3)]) { done.resume(returning: $0) }
            }
            let reference = try made.get()
            var account: Bank.Account? = try await cluster.object(reference.description)
            #expect(try await account?.deposit(1) == 4)
            let described = bench["host-a"].host.describe(reference.object, limit: 1)
            #expect(described.first?.holders.count == 1)
            #expect(described.first?.holders.first?.hasPrefix("swift-") == true)
            await bench.event(at: "host-a") { event in
                guard case .objectChange(let change) = event else { return false }
                return change.object == reference.object && change.change == .collected
            } after: {
                account = nil
            }
            #expect(!bench["host-a"].host.has(reference.object))
            let again: Bank.Account = try await cluster.object(reference.description)
            await #expect(throws: ObjectError.gone) { try await again.deposit(1) }
            await cluster.close()
        }
    }
}

/// What leaves an object in Swift, and what it is made from.
@Suite("Objects in Swift") struct SwiftObjectsTests {
    private let type = Bank.types()[0]

    @Test func theStateIsJSONWithItsKeysInOrder() throws {
        let objects = Bank.objects()
        let reference = "orch://Account/acc-2"
        let live = try objects.make(type, state: nil, fields: ["partner": .string(reference), "balance": .int(7)])
        let state = try objects.encode(live)
        #expect(objects.json(state) == #"{"balance":7,"partner":"orch://Account/acc-2"}"#)
        #expect(objects.references(in: state) == [ObjectReference(type: "Account", object: "acc-2")])
        #expect(try objects.encode(try objects.make(type, state: state, fields: [:])) == state)
    }

    @Test func whatDoesNotFitTheStateIsRefused() {
        let objects = Bank.objects()
        #expect(throws: (any Error).self) { try objects.make(type, state: Array("{".utf8), fields: [:]) }
        #expect(throws: (any Error).self) { try objects.make(type, state: nil, fields: ["balance": .string("x")]) }
        #expect {
            try objects.make(type, state: nil, fields: ["balanse": .int(1)])
        } throws: { "\($0)" == "the state of Account has no field 'balanse'" }
        #expect {
            try SwiftObjects().make(type, state: nil, fields: [:])
        } throws: { "\($0)" == "this process has no Swift type 'Account'" }
    }
}
