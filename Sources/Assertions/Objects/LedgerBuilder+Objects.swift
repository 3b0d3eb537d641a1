import History

/// Events of objects, with processes in place of their names.
extension LedgerBuilder {
    mutating func addObject(_ entry: History.Entry) {
        if case .objectState(let event) = entry.event {
            if !event.object.isEmpty { objects.add(event) }
            return
        }
        let process = process(of: entry)
        guard process >= 0 else { return }
        let life = ProcessLife(process: process, incarnation: sources[entry.source].incarnation)
        switch entry.event {
        case .objectChange(let event):
            guard !event.object.isEmpty else { return }
            let peer = event.peer.isEmpty ? -1 : ledger.processes.number(event.peer)
            objects.add(event, entry.time, life, peer: peer)
        case .referenceChange(let event):
            guard !event.object.isEmpty else { return }
            objects.add(event, entry.time, holder: holder(event, life))
        case .objectInvocation(let event):
            guard !event.object.isEmpty, !event.call.isEmpty else { return }
            objects.add(event, call: calls.call(event.call))
        default: break
        }
    }

    /// A holder speaks for itself; an owner names the holder: `host-b/1`.
    private mutating func holder(_ event: ReferenceChange, _ witness: ProcessLife) -> ProcessLife {
        switch event.change {
        case .held, .released, .expired: return witness
        case .listed, .unlisted, .lapsed: break
        }
        guard let slash = event.holder.lastIndex(of: "/"),
            let incarnation = UInt32(event.holder[event.holder.index(after: slash)...])
        else { return ProcessLife(process: ledger.processes.number(event.holder), incarnation: 0) }
        return ProcessLife(
            process: ledger.processes.number(String(event.holder[..<slash])), incarnation: incarnation)
    }

    func finishedObjects() -> ObjectLedger {
        var words: [ProcessLife: Int64] = [:]
        for (source, time) in lastWords.enumerated() where sourceProcess[source] >= 0 {
            let life = ProcessLife(process: sourceProcess[source], incarnation: sources[source].incarnation)
            words[life] = max(words[life] ?? .min, time)
        }
        return objects.finished(ProcessLives(ledger.timeline, ledger.processes, words: words))
    }
}
