import Assertions
import ClusterModel

extension RunReport {
    /// One line of JSON without a line feed, shaped as `docs/verdicts.md` says. What is empty by nature (examples) is
    /// there; what only sometimes has something to say (bounds, notes, problems) is left out where it has not.
    package func json() -> String {
        var json = JSONText()
        json.object { json in
            json.key("topology")
            json.value(topology)
            json.key("seed")
            json.value(exact: seed)
            if !parameters.isEmpty {
                json.key("params")
                json.object { json in
                    for parameter in parameters {
                        json.key(parameter.name)
                        json.value(parameter.value)
                    }
                }
            }
            json.key("verdict")
            json.value(verdict.rawValue)
            json.key("duration_s")
            json.value(duration.inSeconds)
            if interrupted {
                json.key("interrupted")
                json.value(true)
            }
            json.key("nodes")
            json.list(nodes) { $1.write(to: &$0) }
            json.key("faults")
            json.list(faults) { $1.write(to: &$0) }
            json.key("assertions")
            json.list(assertions) { Self.write($1, to: &$0) }
            if !objects.isEmpty {
                json.key("objects")
                json.list(objects) { $1.write(to: &$0) }
            }
            if !feeds.isEmpty {
                json.key("feeds")
                json.list(feeds) { $1.write(to: &$0) }
            }
            if !peers.isEmpty {
                json.key("peers")
                json.list(peers) { $1.write(to: &$0) }
            }
            if !problems.isEmpty {
                json.key("problems")
                json.list(problems) { $0.value($1) }
            }
            if !waitedFor.isEmpty {
                json.key("waited_for")
                json.list(waitedFor) { $0.value($1) }
            }
            if !warnings.isEmpty {
                json.key("warnings")
                json.list(warnings) { $0.value($1) }
            }
        }
        return json.text
    }

    private static func write(_ result: AssertionResult, to json: inout JSONText) {
        json.object { json in
            json.key("assertion")
            json.value(result.title)
            if let method = result.method {
                json.key("method")
                json.value(method)
            }
            if let from = result.from {
                json.key("from")
                json.value(from)
            }
            if let to = result.to {
                json.key("to")
                json.value(to)
            }
            if result.expect == .violated {
                json.key("expect")
                json.value(result.expect.rawValue)
            }
            json.key("verdict")
            json.value(result.outcome.rawValue)
            if result.line > 0 {
                json.key("line")
                json.value(result.line)
            }
            if !result.explanation.isEmpty {
                json.key("explanation")
                json.value(result.explanation)
            }
            json.key("destinations")
            json.list(result.destinations) { write($1, to: &$0) }
            if let calls = result.calls {
                json.key("calls")
                calls.write(to: &json)
            }
            result.measure?.write(to: &json)
            if !result.notes.isEmpty {
                json.key("notes")
                json.list(result.notes) { $0.value($1) }
            }
            // Where there are no destinations that have their own.
            if !result.examples.isEmpty || result.calls != nil {
                json.key("examples")
                json.list(result.examples) { write($1, to: &$0) }
            }
        }
    }

    private static func write(_ destination: DestinationResult, to json: inout JSONText) {
        json.object { json in
            json.key("to")
            json.value(destination.to)
            json.key("counts")
            json.object { json in
                for (name, value) in destination.counts.named where name != "reordered" || value > 0 {
                    json.key(name)
                    json.value(value)
                }
            }
            if !destination.counts.bounds.isEmpty {
                json.key("bounds")
                json.object { json in
                    for (name, least, most) in destination.counts.bounds {
                        json.key(name)
                        json.list([least, most]) { $0.value($1) }
                    }
                }
            }
            if !destination.notes.isEmpty {
                json.key("notes")
                json.list(destination.notes) { $0.value($1) }
            }
            json.key("examples")
            json.list(destination.examples) { write($1, to: &$0) }
        }
    }

    private static func write(_ example: Example, to json: inout JSONText) {
        json.object { json in
            json.key("kind")
            json.value(example.kind.rawValue)
            json.key("message")
            json.value(example.message)
            json.key("path")
            json.list(example.path) { json, step in
                json.object { json in
                    json.key("t_ms")
                    json.value(Double(step.time) / 1e6)
                    json.key("event")
                    json.value(step.text)
                }
            }
        }
    }
}

extension RunReport.Node {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("name")
            json.value(name)
            json.key("pid")
            json.value(Int(pid))
            json.key("state")
            json.value(state.rawValue)
            json.key("restarts")
            json.value(restarts)
            if !detail.isEmpty {
                json.key("detail")
                json.value(detail)
            }
        }
    }
}

extension RunReport.Fault {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("fault")
            json.value(fault)
            if !link.isEmpty {
                json.key("link")
                json.value(link)
            }
            json.key("seen")
            json.value(total.seen)
            json.key("affected")
            json.value(total.affected)
            json.key("kinds")
            json.object { json in
                for kind in MessageKind.allCases {
                    guard let tally = kinds[kind] else { continue }
                    json.key(kind.rawValue)
                    json.object { json in
                        json.key("seen")
                        json.value(tally.seen)
                        json.key("affected")
                        json.value(tally.affected)
                    }
                }
            }
        }
    }
}
