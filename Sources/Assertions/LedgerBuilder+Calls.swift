import History

/// Events of calls, with processes and connections in place of their names.
extension LedgerBuilder {
    mutating func addCall(_ entry: History.Entry) {
        switch entry.event {
        case .callRequest(let event):
            let connection = seen(event.connection, entry.time)
            if connection >= 0, feedServers.contains(ledger.connections[Int(connection)].server) { return }
            let client = connection < 0 ? -1 : ledger.connections[Int(connection)].client
            calls.add(event, entry.time, connection: connection, client: client)
        case .callReply(let event):
            guard let connection = calls.add(event, entry.time), connection >= 0 else { return }
            ledger.connections[Int(connection)].lastSeen = entry.time
        default: addWord(entry)
        }
    }

    /// What a node says.
    private mutating func addWord(_ entry: History.Entry) {
        let process = process(of: entry)
        guard process >= 0 else { return }
        let life = CallLedgerBuilder.Life(process: process, incarnation: sources[entry.source].incarnation)
        switch entry.event {
        case .call(let event):
            calls.add(event, entry.time, life, target: ledger.processes.number(event.target))
        case .callResult(let event): calls.add(event, entry.time, life)
        case .execution(let event):
            nativeServers.insert(process)
            calls.add(event, entry.time, life)
            if !event.object.isEmpty { objects.add(event, execution: Int32(calls.ledger.executions.count - 1)) }
        case .executionResult(let event): calls.add(event, entry.time, life)
        case .duplicateCall(let event): calls.add(event, entry.time, life)
        default: break
        }
    }
}
