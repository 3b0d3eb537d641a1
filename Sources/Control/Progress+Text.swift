extension Progress {
    /// Of a program `412 published, 200 delivered, 190 acked`; else `412/1000 published, 400 confirmed`, `1234 processed`, `80/100 calls, 79 succeeded`, `80 executed`.
    package var text: String {
        var parts: [String] = []
        let of = goal.map { "/\($0)" } ?? ""
        let isCaller = called > 0 || callsInFlight > 0
        if isCaller {
            parts.append("\(published + called)\(of) " + (published > 0 ? "published and called" : "calls"))
            parts.append("\(succeeded) succeeded")
        } else if published > 0 || goal != nil {
            parts.append("\(published)\(of) published")
        }
        if confirmed > 0 { parts.append("\(confirmed) confirmed") }
        if failed > 0 { parts.append("\(failed) given up") }
        if uncertain > 0 { parts.append("\(uncertain) unknown") }
        if executed > 0 { parts.append("\(executed) executed") }
        if filtered > 0 { parts.append("\(filtered) duplicates") }
        if received > 0 { parts.append("\(processed) processed") }
        if let seen {
            if seen.delivered > 0 { parts.append("\(seen.delivered) delivered") }
            if seen.acked > 0 { parts.append("\(seen.acked) acked") }
            if seen.requests > 0 { parts.append("\(seen.requests) requests") }
            if seen.replies > 0 { parts.append("\(seen.replies) replies") }
        }
        return (parts + feedsAndPeers).joined(separator: ", ")
    }

    /// `200 appended`, `120 viewed`, `members 7`, `12 messages`, `3 lookups`.
    package var feedsAndPeers: [String] {
        var parts: [String] = []
        if let members { parts.append("members \(members)") }
        if appended > 0 { parts.append("\(appended) appended") }
        if viewed > 0 { parts.append("\(viewed) viewed") }
        if talked > 0 { parts.append("\(talked) messages") }
        if lookups > 0 { parts.append("\(lookups) lookups") }
        return parts
    }
}
