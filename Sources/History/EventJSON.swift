/// Prints an event as one line of JSON: `{"time":…,"source":"producer.1","kind":"publish",…}`. Fields that are empty,
/// zero or false are left out. The format is described in `docs/evidence.md`.
package struct EventJSON: EventCoder {
    private var bytes: [UInt8]

    /// - Parameter time: nanoseconds since the run began.
    package static func line(_ event: Event, time: Int64, source: String) -> String {
        var bytes: [UInt8] = []
        append(event, time: time, source: source, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func append(_ event: Event, time: Int64, source: String, to text: inout [UInt8]) {
        var printer = EventJSON(bytes: [])
        swap(&printer.bytes, &text)
        printer.add("{\"time\":")
        printer.decimal(time)
        printer.add(",\"source\":")
        printer.string(source)
        printer.add(",\"kind\":\"")
        printer.bytes.append(contentsOf: event.kind.utf8)
        printer.add("\"")
        event.walk(&printer)
        printer.add("}")
        swap(&printer.bytes, &text)
    }

    private mutating func add(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func name(_ name: StaticString) {
        add(",\"")
        add(name)
        add("\":")
    }

    private mutating func string(_ value: String) {
        add("\"")
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""): add("\\\"")
            case UInt8(ascii: "\\"): add("\\\\")
            case UInt8(ascii: "\n"): add("\\n")
            case ..<0x20:
                add("\\u00")
                hex(byte)
            default: bytes.append(byte)
            }
        }
        add("\"")
    }

    private mutating func hex(_ byte: UInt8) {
        for digit in [byte >> 4, byte & 15] {
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    private mutating func decimal<T: FixedWidthInteger>(_ value: T) {
        if value < 0 { add("-") }
        let start = bytes.count
        var rest = UInt64(value.magnitude)
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    package mutating func bool(_ name: StaticString, _ value: inout Bool) {
        guard value else { return }
        self.name(name)
        add("true")
    }

    package mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T) {
        guard value != 0 else { return }
        self.name(name)
        // Beyond 2^53 a JSON number is not safe in every reader.
        let isFar = value.magnitude > 1 << 53
        if isFar { add("\"") }
        decimal(value)
        if isFar { add("\"") }
    }

    package mutating func text(_ name: StaticString, _ value: inout String) {
        guard !value.isEmpty else { return }
        self.name(name)
        string(value)
    }

    package mutating func word(_ name: StaticString, _ value: inout String) { text(name, &value) }

    package mutating func words(_ name: StaticString, _ value: inout [String]) {
        guard !value.isEmpty else { return }
        self.name(name)
        add("[")
        for (index, word) in value.enumerated() {
            if index > 0 { add(",") }
            string(word)
        }
        add("]")
    }

    package mutating func bytes(_ name: StaticString, _ value: inout [UInt8]) {
        guard !value.isEmpty else { return }
        self.name(name)
        add("\"")
        for byte in value { hex(byte) }
        add("\"")
    }

    package mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T)
    where T.RawValue == UInt8 {
        self.name(name)
        string("\(value)")
    }
}
