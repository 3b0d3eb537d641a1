import Assertions
import ClusterModel

/// Objects in reports.
extension ObjectAccount {
    func write(to json: inout JSONText) {
        json.object { json in
            json.key("object")
            json.value(object)
            json.key("type")
            json.value(type)
            json.key("owner")
            json.value(owner)
            json.key("epoch")
            json.value(exact: epoch)
            json.key("migrations")
            json.value(migrations)
            json.key("executions")
            json.value(executions)
            guard let state else { return }
            json.key("state")
            // What is no JSON, or would break the line, is shown as the text that it is.
            if StateText.value(of: state) != nil, !state.utf8.contains(where: { $0 < 0x20 }) {
                json.value(json: state)
            } else {
                json.value(state)
            }
        }
    }
}

extension ObjectTimesAccount {
    /// A key with its value, in the object of the assertion.
    func write(to json: inout JSONText) {
        json.key(kind == .pause ? "pause" : "collected")
        json.object { json in
            json.key(kind == .pause ? "migrations" : "objects")
            json.value(measured)
            for value in values {
                json.key("\(value.name)_ms")
                json.value(Double(value.duration.nanoseconds) / 1e6)
            }
            guard kind == .pause else { return }
            json.key("abandoned")
            json.value(abandoned)
            guard let longestAbandoned else { return }
            json.key("abandoned_max_ms")
            json.value(Double(longestAbandoned.nanoseconds) / 1e6)
        }
    }

    var lines: [String] {
        let times = values.map(\.text).joined(separator: ", ")
        switch kind {
        case .collection: return ["collected: \(times) after the last reference (\(count("object")))"]
        case .pause:
            var lines = measured > 0 ? ["pause: \(times) (\(count("migration")))"] : []
            if let longestAbandoned { lines.append("given up: \(abandoned), max \(longestAbandoned.text)") }
            return lines
        }
    }

    private func count(_ thing: String) -> String { "\(measured) \(thing)\(measured == 1 ? "" : "s")" }
}
