import AMQP
import NIOCore

/// Reads all of a store at the start.
struct SQLiteReader {
    let connection: SQLiteConnection

    func read() throws(StoreError) -> RecoveredState {
        // What a queue's deletion left behind, or a message whose last place went in another group.
        try connection.execute(
            """
            BEGIN IMMEDIATE;
            DELETE FROM entry WHERE queue NOT IN (SELECT id FROM queue);
            DELETE FROM message WHERE id NOT IN (SELECT message FROM entry);
            COMMIT;
            """)
        var state = RecoveredState()
        state.lastMessageID = UInt64(
            bitPattern: try connection.integer(
                "SELECT max((SELECT value FROM counter WHERE name = 'message'), "
                    + "(SELECT coalesce(max(id), 0) FROM message))"))
        try readTopology(into: &state)
        try readMessages(into: &state)
        return state
    }

    private func readTopology(into state: inout RecoveredState) throws(StoreError) {
        let exchanges = try connection.prepare(
            "SELECT vhost, name, auto_delete, internal, arguments, type FROM exchange ORDER BY vhost, name")
        while try exchanges.step() {
            guard let type = ExchangeType(rawValue: exchanges.text(5)) else { throw damaged("an exchange's type") }
            state.exchanges.append(
                StoredExchange(
                    vhost: exchanges.text(0), name: exchanges.text(1), type: type,
                    isAutoDelete: exchanges.integer(2) != 0, isInternal: exchanges.integer(3) != 0,
                    arguments: try table(exchanges.bytes(4))))
        }
        let queues = try connection.prepare("SELECT vhost, name, auto_delete, arguments, id FROM queue ORDER BY id")
        while try queues.step() {
            guard let id = UInt32(exactly: queues.integer(4)), id > 0 else { throw damaged("a queue's number") }
            state.queues.append(
                StoredQueue(
                    id: id, vhost: queues.text(0), name: queues.text(1), isAutoDelete: queues.integer(2) != 0,
                    arguments: try table(queues.bytes(3))))
        }
        let bindings = try connection.prepare(
            "SELECT vhost, source, destination, is_queue, routing_key, arguments FROM binding")
        while try bindings.step() {
            state.bindings.append(
                StoredBinding(
                    vhost: bindings.text(0), source: bindings.text(1), destination: bindings.text(2),
                    isQueue: bindings.integer(3) != 0, routingKey: bindings.text(4),
                    arguments: try table(bindings.bytes(5))))
        }
    }

    private func readMessages(into state: inout RecoveredState) throws(StoreError) {
        let rows = try connection.prepare(
            """
            SELECT e.queue, e.position, m.id, m.exchange, m.routing_key, m.properties, m.body
            FROM entry e JOIN message m ON m.id = e.message ORDER BY e.queue, e.position
            """)
        let shared = try connection.prepare(
            "SELECT message FROM entry GROUP BY message HAVING count(*) > 1")
        var sharedMessages: [UInt64: Message?] = [:]
        while try shared.step() { sharedMessages[UInt64(bitPattern: shared.integer(0))] = .some(nil) }
        while try rows.step() {
            let id = UInt64(bitPattern: rows.integer(2))
            let message: Message
            if let known = sharedMessages[id], let known {
                message = known
            } else {
                message = try self.message(id, rows)
                if sharedMessages[id] != nil { sharedMessages[id] = message }
            }
            state.entries[UInt32(rows.integer(0)), default: []].append(
                (message: message, position: UInt64(bitPattern: rows.integer(1))))
        }
    }

    private func message(_ id: UInt64, _ rows: SQLiteStatement) throws(StoreError) -> Message {
        let exchange = Array(rows.bytes(3))
        let key = Array(rows.bytes(4))
        guard exchange.count <= 255, key.count <= 255, rows.bytes(5).count >= 2 else { throw damaged("a message") }
        let routing = [UInt8(exchange.count)] + exchange + [UInt8(key.count)] + key
        let body = rows.bytes(6)
        let message = routing.withUnsafeBytes {
            Message(routing: $0, properties: rows.bytes(5), bodyLength: body.count, isPersistent: true)
        }
        message.append(body)
        message.id = id
        return message
    }

    private func table(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> FieldTable {
        var buffer = ByteBuffer(bytes: bytes)
        do {
            return try FieldTable(decoding: &buffer)
        } catch {
            throw damaged("a table of arguments")
        }
    }

    private func damaged(_ what: String) -> StoreError {
        StoreError(.unreadable, "damaged: \(what) makes no sense", path: connection.path)
    }
}
