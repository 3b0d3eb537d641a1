import Assertions
import ClusterModel

/// Peers in reports.
extension PeerAccount {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("group")
            json.value(group)
            json.key("members")
            json.list(members) { json, member in
                json.object { json in
                    json.key("name")
                    json.value(member.name)
                    json.key("live")
                    json.value(member.isLive)
                    json.key("view")
                    json.list(member.view) { $0.value($1) }
                }
            }
            if let agree {
                json.key("agree")
                json.value(agree)
            }
            json.key("deaths")
            json.list(deaths) { $1.write(to: &$0) }
            json.key("false_deaths")
            json.value(falseDeaths)
            json.key("messages")
            json.object { json in
                for (name, value) in [
                    ("sent", sent), ("received", received), ("direct", ways.direct), ("opened", ways.opened),
                ] {
                    json.key(name)
                    json.value(value)
                }
                json.key("relayed")
                json.object { json in
                    for (name, count) in ways.relayed.sorted(by: { $0.key < $1.key }) {
                        json.key(name)
                        json.value(count)
                    }
                }
            }
            json.key("broadcast")
            json.object { json in
                for (name, value) in [("items", items), ("handed_over", handOvers), ("lacking", gaps)] {
                    json.key(name)
                    json.value(value)
                }
            }
            json.key("lookups")
            json.list(lookups) { $1.write(to: &$0) }
        }
    }

    /// What there is to say, each under its name.
    var stories: [(name: String, text: String)] {
        var stories: [(name: String, text: String)] = []
        let live = members.count { $0.isLive }
        let views =
            agree.map { $0 ? ", all views agree" : ", views differ: \(differing)" } ?? ""
        stories.append(("members", "\(live) of \(members.count) live at the end\(views)"))
        if !deaths.isEmpty {
            let shown = deaths.prefix(4).map(\.story) + (deaths.count > 4 ? ["and \(deaths.count - 4) more"] : [])
            stories.append(("deaths", shown.joined(separator: "; ")))
        }
        if falseDeaths > 0 {
            stories.append(("false deaths", "\(falseDeaths) time\(falseDeaths == 1 ? "" : "s")"))
        }
        if sent > 0 {
            stories.append(("messages", "\(received) of \(sent) handed over" + (ways.text.map { ": \($0)" } ?? "")))
        }
        if items > 0 {
            let lacking = gaps > 0 ? ", \(gaps) not with all who live" : ", all with all who live"
            stories.append(("broadcast", "\(items) items, handed over \(handOvers) times\(lacking)"))
        }
        for account in lookups { stories.append(("lookups", account.line)) }
        return stories
    }

    /// Live members whose view is not that of all that live.
    private var differing: String {
        let live = members.filter(\.isLive).map(\.name)
        let names = members.filter { member in
            member.isLive && member.view != live.filter { $0 != member.name }.sorted()
        }.map(\.name)
        return names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}

extension PeerAccount.Death {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("member")
            json.value(member)
            json.key("how")
            json.value(how)
            json.key("t_ms")
            json.value(Double(time) / 1e6)
            json.key("others")
            json.value(others)
            json.key("knew")
            json.value(knew)
            for (name, value) in [("first_ms", first), ("last_ms", last)] {
                guard let value else { continue }
                json.key(name)
                json.value(Double(value.nanoseconds) / 1e6)
            }
        }
    }

    var story: String {
        var text = "\(member) (\(how)) known to \(knew) of \(others)"
        if let first, let last {
            text += first == last ? " after \(last.short)" : " after \(first.short)–\(last.short)"
        }
        return text
    }
}

extension LookupAccount {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("way")
            json.value(way)
            for (name, value) in [
                ("lookups", lookups), ("found", found), ("left_out", leftOut), ("wrong", wrong), ("stale", stale),
                ("hops_p50", medianHops), ("hops_max", mostHops), ("messages", messages),
            ] {
                json.key(name)
                json.value(value)
            }
            json.key("messages_per_lookup")
            json.value(messagesPerLookup)
        }
    }

    var line: String {
        var parts = ["\(found) of \(lookups) found"]
        if found > 0 { parts.append("hops p50 \(medianHops), max \(mostHops)") }
        parts.append("\(trimmed((messagesPerLookup * 10).rounded() / 10)) messages each")
        if wrong > 0 { parts.append("\(wrong) answered wrongly") }
        if stale > 0 { parts.append("\(stale) answered with one that had gone") }
        return "by \(way): \(parts.joined(separator: ", "))"
    }
}

extension MemberTimesAccount {
    /// A key with its value, in the object of the assertion.
    func write(to json: inout JSONText) {
        json.key(kind.rawValue)
        json.object { json in
            json.key("measured")
            json.value(measured)
            for value in values { value.write(to: &json) }
        }
    }

    var lines: [String] {
        let times = values.map { "\($0.name) \($0.duration.short)" }.joined(separator: ", ")
        let what = kind == .convergence ? "quiet time" : "observer"
        let text = kind == .convergence ? "views the same" : "deaths known"
        return ["\(text) after \(times) (\(measured) \(what)\(measured == 1 ? "" : "s"))"]
    }
}

extension TerminalReport {
    func peerLines(_ account: PeerAccount) -> [String] { aligned(account.stories.map { [$0.name, $0.text] }) }
}
