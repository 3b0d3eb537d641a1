import AMQP

/// Writes groups to an open store, each in one transaction. Confined to the store's thread.
final class SQLiteWriter {
    private let connection: SQLiteConnection
    private let insertMessage: SQLiteStatement
    private let insertEntry: SQLiteStatement
    private let deleteEntry: SQLiteStatement
    private let deleteMessage: SQLiteStatement
    private let setCounters: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(StoreError) {
        self.connection = connection
        insertMessage = try connection.prepare("INSERT INTO message VALUES (?, ?, ?, ?, ?)")
        insertEntry = try connection.prepare("INSERT INTO entry VALUES (?, ?, ?)")
        deleteEntry = try connection.prepare("DELETE FROM entry WHERE queue = ? AND position = ?")
        deleteMessage = try connection.prepare("DELETE FROM message WHERE id = ?")
        setCounters = try connection.prepare(
            "UPDATE counter SET value = CASE name WHEN 'message' THEN max(value, ?) ELSE value + 1 END")
    }

    /// All of the group is on disk when it returns, or nothing of it is if it throws.
    func write(_ group: StoreGroup) throws(StoreError) {
        do {
            try connection.execute("BEGIN IMMEDIATE")
            for operation in group.operations { try write(operation) }
            // Always: so that a confirm is preceded by an fsync even if its message was consumed before it was written.
            setCounters.bind(1, Int64(bitPattern: group.lastMessageID))
            try setCounters.run()
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    private func write(_ operation: StoreOperation) throws(StoreError) {
        switch operation {
        case .message(let message):
            insertMessage.bind(1, Int64(bitPattern: message.id))
            insertMessage.bind(2, text: message.exchangeBytes)
            insertMessage.bind(3, text: message.routingKeyBytes)
            insertMessage.bind(4, blob: message.properties)
            insertMessage.bind(5, blob: message.body)
            try insertMessage.run()
        case .entry(let queue, let position, let message):
            insertEntry.bind(1, Int64(queue))
            insertEntry.bind(2, Int64(bitPattern: position))
            insertEntry.bind(3, Int64(bitPattern: message.id))
            try insertEntry.run()
        case .removeEntry(let queue, let position):
            deleteEntry.bind(1, Int64(queue))
            deleteEntry.bind(2, Int64(bitPattern: position))
            try deleteEntry.run()
        case .removeMessage(let id):
            deleteMessage.bind(1, Int64(bitPattern: id))
            try deleteMessage.run()
        case .topology(let change): try write(change)
        }
    }

    private func write(_ change: TopologyChange) throws(StoreError) {
        switch change {
        case .declareExchange(let exchange):
            try run(
                "INSERT OR REPLACE INTO exchange VALUES (?, ?, ?, ?, ?, ?)", .text(exchange.vhost),
                .text(exchange.name),
                .text(exchange.type.rawValue), .flag(exchange.isAutoDelete), .flag(exchange.isInternal),
                .table(exchange.arguments))
        case .deleteExchange(let vhost, let name):
            try run("DELETE FROM exchange WHERE vhost = ? AND name = ?", .text(vhost), .text(name))
        case .declareQueue(let queue):
            try run(
                "INSERT OR REPLACE INTO queue VALUES (?, ?, ?, ?, ?)", .integer(Int64(queue.id)), .text(queue.vhost),
                .text(queue.name), .flag(queue.isAutoDelete), .table(queue.arguments))
        case .deleteQueue(let id):
            try run("DELETE FROM queue WHERE id = ?", .integer(Int64(id)))
            try run("DELETE FROM entry WHERE queue = ?", .integer(Int64(id)))
        case .bind(let binding):
            try run("INSERT OR REPLACE INTO binding VALUES (?, ?, ?, ?, ?, ?)", values(binding))
        case .unbind(let binding):
            try run(
                """
                DELETE FROM binding WHERE vhost = ? AND source = ? AND destination = ? AND is_queue = ?
                AND routing_key = ? AND arguments = ?
                """, values(binding))
        }
    }

    private func values(_ binding: StoredBinding) -> [Value] {
        [
            .text(binding.vhost), .text(binding.source), .text(binding.destination), .flag(binding.isQueue),
            .text(binding.routingKey), .table(binding.arguments.sorted),
        ]
    }

    private enum Value {
        case text(String)
        case integer(Int64)
        case flag(Bool)
        case table(FieldTable)
    }

    private func run(_ sql: String, _ values: Value...) throws(StoreError) { try run(sql, values) }

    private func run(_ sql: String, _ values: [Value]) throws(StoreError) {
        let statement = try connection.prepare(sql)
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            switch value {
            case .text(let text): statement.bind(place, copying: text)
            case .integer(let number): statement.bind(place, number)
            case .flag(let flag): statement.bind(place, flag ? 1 : 0)
            case .table(let table): statement.bind(place, copying: table.encodedBytes)
            }
        }
        try statement.run()
    }
}
