import ClusterModel
import History

/// Which exchanges, queues and bindings each broker had at which time, as the declarations on the wire and the lives of
/// the broker's process tell.
struct BindingTimeline: Sendable {
    struct ObjectKey: Hashable, Sendable {
        var broker: String
        var isQueue: Bool
        var name: String
    }

    struct Object: Sendable {
        var key: ObjectKey
        var span: Span
        /// The type of an exchange; empty where it is not known.
        var type = ""
        var durable = false
        var autoDelete = false
        var exclusive = false
        var isInternal = false
        var alternate = ""
        var arguments: [UInt8] = []
        var owner: UInt32 = 0
        /// Declarations under way that may have made it.
        var makers = 0
        var consumers: Set<Consumer> = []
    }

    struct Consumer: Hashable, Sendable {
        var connection: UInt32
        var tag: String
    }

    struct BindingKey: Hashable, Sendable {
        var source: ObjectKey
        var destination: ObjectKey
        var key: String
        var arguments: [UInt8]
    }

    struct Binding: Sendable {
        var key: BindingKey
        var span: Span
        /// The type of its source when it was made.
        var type: String
    }

    private(set) var objects: [Object] = []
    private(set) var bindings: [Binding] = []
    private var current: [ObjectKey: Int] = [:]
    private var currentBinding: [BindingKey: Int] = [:]
    private var bindingsOf: [ObjectKey: Set<Int>] = [:]
    private(set) var brokers: [String] = []
    private var died: [String: Int64] = [:]

    mutating func addBroker(_ name: String) { brokers.append(name) }

    /// The broker that has a queue of that name, where no link says which.
    func brokerHolding(_ queue: String) -> String {
        objects.last { $0.key.isQueue && $0.key.name == queue }?.key.broker ?? brokers.first ?? ""
    }

    /// The types of the exchanges that every broker has.
    static func predeclared(_ name: String) -> String? {
        switch name {
        case "", "amq.direct": "direct"
        case "amq.fanout": "fanout"
        case "amq.topic": "topic"
        case "amq.headers", "amq.match": "headers"
        default: nil
        }
    }

    // MARK: - Management methods

    /// A client asked for something; it may happen from now on.
    mutating func sent(_ event: Declaration, at time: Int64) {
        switch event.operation {
        case .declareExchange, .declareQueue:
            guard !event.passive, !event.name.isEmpty else { return }
            let key = objectKey(event)
            let index = current[key] ?? make(event, key, Span(possibleFrom: time))
            objects[index].makers += 1
        case .bindQueue, .bindExchange:
            let key = bindingKey(event)
            if currentBinding[key] == nil { bind(key, Span(possibleFrom: time)) }
        default: break
        }
    }

    /// The broker answered; `ok` makes it certain.
    mutating func answered(_ event: Declaration, sent: Int64, at time: Int64) {
        let done = event.type == .ok
        switch event.operation {
        case .declareExchange, .declareQueue: declared(event, done, time)
        case .bindQueue, .bindExchange:
            let key = bindingKey(event)
            guard let index = currentBinding[key] else { return }
            if done {
                bindings[index].span.certainFrom = min(bindings[index].span.certainFrom, time)
            } else if bindings[index].span.certainFrom == .max {
                unbind(index, certain: time, possible: time)
            }
        case .unbindQueue, .unbindExchange:
            guard done, let index = currentBinding[bindingKey(event)] else { return }
            unbind(index, certain: sent, possible: time)
        case .deleteQueue, .deleteExchange:
            guard done, let index = current[objectKey(event)] else { return }
            // With a declaration under way at the same time, nobody can tell which came first.
            end(index, certain: sent, possible: objects[index].makers > 0 ? .max : time)
        case .consume:
            guard done, let index = current[objectKey(event)] else { return }
            objects[index].consumers.insert(Consumer(connection: event.connection, tag: event.other))
        case .cancel:
            guard done else { return }
            let consumer = Consumer(connection: event.connection, tag: event.other)
            for index in current.values where objects[index].consumers.contains(consumer) {
                leave([consumer], index, lastAlive: sent)
            }
        case .purge: break
        }
    }

    /// A request whose answer never came may have had its effect at any time since.
    mutating func neverAnswered(_ event: Declaration, sent: Int64) {
        switch event.operation {
        case .unbindQueue, .unbindExchange:
            let key = bindingKey(event)
            for index in bindings.indices where bindings[index].key == key && bindings[index].span.possibleFrom <= sent
            {
                bindings[index].span.certainTo = min(bindings[index].span.certainTo, sent)
            }
        case .deleteQueue, .deleteExchange:
            let key = objectKey(event)
            for index in objects.indices where objects[index].key == key && objects[index].span.possibleFrom <= sent {
                objects[index].span.certainTo = min(objects[index].span.certainTo, sent)
                for binding in bindingsOf[key] ?? [] {
                    bindings[binding].span.certainTo = min(bindings[binding].span.certainTo, sent)
                }
            }
        default: break
        }
    }

    private mutating func declared(_ event: Declaration, _ done: Bool, _ time: Int64) {
        let key = objectKey(event)
        guard let index = current[key] else {
            guard done else { return }
            // It went while its declaration was under way, unless only the broker knew its name or it was there before.
            let certain = event.passive || !wasAsked(key)
            let index = make(event, key, Span(possibleFrom: event.passive ? .min : time))
            if certain { objects[index].span.certainFrom = time }
            return
        }
        if !event.passive { objects[index].makers = max(0, objects[index].makers - 1) }
        if done {
            objects[index].span.certainFrom = min(objects[index].span.certainFrom, time)
        } else if objects[index].span.certainFrom == .max, objects[index].makers == 0 {
            end(index, certain: time, possible: time)
        }
    }

    /// Whether an object of that key has ever been known.
    private func wasAsked(_ key: ObjectKey) -> Bool { bindingsOf[key] != nil }

    private mutating func make(_ event: Declaration, _ key: ObjectKey, _ span: Span) -> Int {
        var object = Object(key: key, span: span)
        object.type = key.isQueue || event.passive ? "" : event.other
        object.durable = event.durable || event.passive
        object.autoDelete = event.autoDelete
        object.exclusive = event.exclusive
        object.isInternal = event.isInternal
        object.alternate = event.alternate
        object.arguments = event.arguments
        object.owner = event.connection
        objects.append(object)
        current[key] = objects.count - 1
        bindingsOf[key, default: []] = bindingsOf[key] ?? []
        return objects.count - 1
    }

    private func objectKey(_ event: Declaration) -> ObjectKey {
        let isQueue =
            switch event.operation {
            case .declareExchange, .deleteExchange, .bindExchange, .unbindExchange: false
            default: true
            }
        return ObjectKey(broker: event.broker, isQueue: isQueue, name: event.name)
    }

    private func bindingKey(_ event: Declaration) -> BindingKey {
        BindingKey(
            source: ObjectKey(broker: event.broker, isQueue: false, name: event.other), destination: objectKey(event),
            key: event.key, arguments: event.arguments == [0, 0, 0, 0] ? [] : event.arguments)
    }

    private mutating func bind(_ key: BindingKey, _ span: Span) {
        let type = current[key.source].map { objects[$0].type } ?? Self.predeclared(key.source.name) ?? ""
        bindings.append(Binding(key: key, span: span, type: type))
        currentBinding[key] = bindings.count - 1
        bindingsOf[key.source, default: []].insert(bindings.count - 1)
        bindingsOf[key.destination, default: []].insert(bindings.count - 1)
    }

    // MARK: - Ends

    private mutating func unbind(_ index: Int, certain: Int64, possible: Int64) {
        let key = bindings[index].key
        bindings[index].span.end(certain: certain, possible: possible)
        if currentBinding[key] == index { currentBinding[key] = nil }
        bindingsOf[key.source]?.remove(index)
        bindingsOf[key.destination]?.remove(index)
        // An auto-delete exchange goes with the last binding from it.
        guard let source = current[key.source], objects[source].autoDelete else { return }
        let others = bindingsOf[key.source]?.contains { bindings[$0].key.source == key.source } ?? false
        if !others { end(source, certain: certain, possible: possible) }
    }

    private mutating func end(_ index: Int, certain: Int64, possible: Int64) {
        let key = objects[index].key
        objects[index].span.end(certain: certain, possible: possible)
        objects[index].consumers = []
        if current[key] == index { current[key] = nil }
        for binding in bindingsOf[key] ?? [] { unbind(binding, certain: certain, possible: possible) }
    }

    private mutating func leave(_ consumers: [Consumer], _ index: Int, lastAlive: Int64) {
        objects[index].consumers.subtract(consumers)
        // Nothing on the wire says when the broker removes it.
        if objects[index].autoDelete, objects[index].consumers.isEmpty {
            end(index, certain: lastAlive, possible: .max)
        }
    }

    /// - Parameter lastAlive: until then the broker cannot have noticed.
    mutating func connectionClosed(_ connection: UInt32, lastAlive: Int64) {
        for index in current.values.sorted() {
            if objects[index].exclusive, objects[index].owner == connection {
                end(index, certain: lastAlive, possible: .max)
                continue
            }
            let gone = objects[index].consumers.filter { $0.connection == connection }
            if !gone.isEmpty { leave(Array(gone), index, lastAlive: lastAlive) }
        }
    }

    /// A broker that starts again has lost what is not durable, and what belonged to connections.
    mutating func apply(_ change: NodeChange, at time: Int64) {
        guard brokers.contains(change.name) else { return }
        switch change.state {
        case .killed, .failed, .exited, .restarting:
            if died[change.name] == nil { died[change.name] = time }
        case .starting where change.incarnation > 1:
            let end = died.removeValue(forKey: change.name) ?? time
            for index in current.values.sorted() where objects[index].key.broker == change.name {
                objects[index].consumers = []
                if !objects[index].durable || objects[index].exclusive {
                    self.end(index, certain: end, possible: time)
                }
            }
        default: break
        }
    }
}
