/// Prints an event as one line of JSON: `{"time":…,"source":"producer.1","kind":"publish",…}`. Fields that are empty,
/// zero or false are left out. The format is described in `docs/evidence.md`.
package struct EventJSON: EventCoder {
    private var line: String

    /// - Parameter time: nanoseconds since the run began.
    package static func line(_ event: Event, time: Int64, source: String) -> String {
        var printer = EventJSON(line: "{\"time\":\(time),\"source\":")
        printer.string(source)
        printer.line += ",\"kind\":\"\(event.kind)\""
        event.walk(&printer)
        return printer.line + "}"
    }

    private mutating func name(_ name: StaticString) { line += ",\"\(name)\":" }

    private mutating func string(_ value: String) {
        line += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case ..<" ":
                let hex = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }

    package mutating func bool(_ name: StaticString, _ value: inout Bool) {
        guard value else { return }
        self.name(name)
        line += "true"
    }

    package mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T) {
        guard value != 0 else { return }
        self.name(name)
        // Beyond 2^53 a JSON number is not safe in every reader.
        line += value.magnitude > 1 << 53 ? "\"\(value)\"" : "\(value)"
    }

    package mutating func text(_ name: StaticString, _ value: inout String) {
        guard !value.isEmpty else { return }
        self.name(name)
        string(value)
    }

    package mutating func word(_ name: StaticString, _ value: inout String) { text(name, &value) }

    package mutating func bytes(_ name: StaticString, _ value: inout [UInt8]) {
        guard !value.isEmpty else { return }
        self.name(name)
        line += "\""
        for byte in value {
            let hex = String(byte, radix: 16)
            line += hex.count == 1 ? "0" + hex : hex
        }
        line += "\""
    }

    package mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T)
    where T.RawValue == UInt8 {
        self.name(name)
        string("\(value)")
    }
}
