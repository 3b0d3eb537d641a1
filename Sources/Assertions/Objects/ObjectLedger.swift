import ClusterModel
import History

/// What a host did with an object's life.
struct ObjectChangeFact: Sendable {
    var object: Int32
    var time: Int64
    /// The host that says so.
    var life: ProcessLife
    var kind: ObjectChangeKind
    var epoch: UInt64
    /// The other host of a migration, or -1.
    var peer: Int32
    var reason: Int32
}

/// What a holder, or the owner's list of holders, says of a reference.
struct ReferenceFact: Sendable {
    var object: Int32
    var time: Int64
    var holder: ProcessLife
    var kind: ReferenceChangeKind
}

/// An execution in an object; the rest of it is in `CallLedger.executions`.
struct ObjectExecutionFact: Sendable {
    var object: Int32
    var execution: Int32
    var epoch: UInt64
}

/// A call that invokes a method of an object.
struct InvocationFact: Sendable {
    var object: Int32
    var call: Int32
}

/// The distributed objects of a history: what hosts, holders and callers say of each.
struct ObjectLedger: Sendable {
    /// Object ids; the number of an id is the number of the object.
    var ids = Interner<String>()
    var types = Interner<String>()
    var reasons = Interner<String>()
    /// The type of each object, or -1.
    var typeOf: [Int32] = []

    var changes: [ObjectChangeFact] = []
    var references: [ReferenceFact] = []
    var executions: [ObjectExecutionFact] = []
    var invocations: [InvocationFact] = []
    /// The last answer of an object's owner at the end of the run.
    var states: [Int32: ObjectState] = [:]
    var lives = ProcessLives()

    var changesOfObject = Grouping(groups: 0, members: 0) { _ in -1 }
    var referencesOfObject = Grouping(groups: 0, members: 0) { _ in -1 }
    var executionsOfObject = Grouping(groups: 0, members: 0) { _ in -1 }
    var invocationsOfObject = Grouping(groups: 0, members: 0) { _ in -1 }

    func type(of object: Int32) -> String {
        let type = typeOf[Int(object)]
        return type < 0 ? "" : types[type]
    }

    /// The changes of one object, in order.
    func changes(of object: Int32) -> [ObjectChangeFact] { changesOfObject[object].map { changes[Int($0)] } }
}

extension ObjectChangeKind {
    /// Its host serves the object from now on, at this epoch.
    var begins: Bool {
        switch self {
        case .created, .resumed, .activated, .recovered, .restored: true
        case .draining, .moved, .collected, .fenced, .ended: false
        }
    }
}

/// Reads the events of objects once, in the order of time.
struct ObjectLedgerBuilder {
    private(set) var ledger = ObjectLedger()

    private mutating func object(_ id: String, type: Substring) -> Int32 {
        let number = ledger.ids.number(id)
        if Int(number) == ledger.typeOf.count { ledger.typeOf.append(-1) }
        if ledger.typeOf[Int(number)] < 0, !type.isEmpty {
            ledger.typeOf[Int(number)] = ledger.types.number(String(type))
        }
        return number
    }

    mutating func add(_ event: ObjectChange, _ time: Int64, _ life: ProcessLife, peer: Int32) {
        let object = object(event.object, type: event.type[...])
        ledger.changes.append(
            ObjectChangeFact(
                object: object, time: time, life: life, kind: event.change, epoch: event.epoch, peer: peer,
                reason: event.reason.isEmpty ? -1 : ledger.reasons.number(event.reason)))
    }

    mutating func add(_ event: ReferenceChange, _ time: Int64, holder: ProcessLife) {
        let object = object(event.object, type: "")
        ledger.references.append(ReferenceFact(object: object, time: time, holder: holder, kind: event.change))
    }

    mutating func add(_ event: Execution, execution: Int32) {
        // `Account/deposit`: the service is the type.
        let object = object(event.object, type: event.method.prefix { $0 != "/" })
        ledger.executions.append(ObjectExecutionFact(object: object, execution: execution, epoch: event.epoch))
    }

    mutating func add(_ event: ObjectInvocation, call: Int32) {
        ledger.invocations.append(InvocationFact(object: object(event.object, type: event.type[...]), call: call))
    }

    mutating func add(_ event: ObjectState) {
        ledger.states[object(event.object, type: event.type[...])] = event
    }

    func finished(_ lives: ProcessLives) -> ObjectLedger {
        var ledger = ledger
        ledger.lives = lives
        let count = ledger.ids.count
        let (changes, references) = (ledger.changes, ledger.references)
        let (executions, invocations) = (ledger.executions, ledger.invocations)
        ledger.changesOfObject = Grouping(groups: count, members: changes.count) { changes[$0].object }
        ledger.referencesOfObject = Grouping(groups: count, members: references.count) { references[$0].object }
        ledger.executionsOfObject = Grouping(groups: count, members: executions.count) { executions[$0].object }
        ledger.invocationsOfObject = Grouping(groups: count, members: invocations.count) { invocations[$0].object }
        return ledger
    }
}
