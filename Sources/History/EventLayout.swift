/// How the fields of one kind of event lie in a file. It is found out by walking the event itself, so that each event
/// still names its fields once, and lets a reader pass over records, or take single fields from them, without making
/// events of them.
package struct EventLayout: Sendable {
    /// What a parser does for a field. Smaller numbers stand for a byte: for the largest value that it may have.
    static let bytes: UInt8 = 248
    static let bool: UInt8 = 249
    static let number: UInt8 = 250
    static let signed: UInt8 = 251
    static let text: UInt8 = 252
    static let word: UInt8 = 253
    static let words: UInt8 = 254
    static let stop: UInt8 = 255

    private var fields: [UInt8] = []
    private var names: [String] = []
    /// What each value of a choice is called; empty for other fields.
    private var choices: [[String]] = []

    /// By the number of the kind; `nil` where there is none.
    static let all: [EventLayout?] = (0...UInt8.max).map { code in
        guard let event = Event.blank(code) else { return nil }
        var walker = LayoutWalker()
        event.walk(&walker)
        return walker.layout
    }

    /// The most fields that an event has.
    static let widest = all.map { $0?.fields.count ?? 0 }.max() ?? 0

    /// The fields of all kinds one after the other, each kind's with a stop behind them.
    static let steps: [UInt8] = all.flatMap { ($0?.fields ?? []) + [stop] }

    /// Where the fields of each kind begin in `steps`; -1: there is no such kind.
    static let programs: [Int] = {
        var position = 0
        return all.map { layout in
            defer { position += (layout?.fields.count ?? 0) + 1 }
            return layout == nil ? -1 : position
        }
    }()

    fileprivate mutating func add(_ name: StaticString, _ field: UInt8, _ choice: [String] = []) {
        fields.append(field)
        names.append("\(name)")
        choices.append(choice)
    }

    /// All kinds with their fields as JSON, for readers that are not ours (`docs/evidence-format.json`).
    package static var json: String {
        let kinds = all.indices.compactMap { code -> String? in
            guard let layout = all[code], let event = Event.blank(UInt8(code)) else { return nil }
            let fields = layout.names.indices.map { "[\"\(layout.names[$0])\", \(layout.type($0))]" }
            return "  \"\(code)\": {\"kind\": \"\(event.kind)\", \"fields\": [\(fields.joined(separator: ", "))]}"
        }
        return "{\n\(kinds.joined(separator: ",\n"))\n}\n"
    }

    private func type(_ slot: Int) -> String {
        switch fields[slot] {
        case Self.bytes: "\"bytes\""
        case Self.bool: "\"bool\""
        case Self.number: "\"number\""
        case Self.signed: "\"signed\""
        case Self.text: "\"text\""
        case Self.word: "\"word\""
        case Self.words: "\"words\""
        default: "[\(choices[slot].map { "\"\($0)\"" }.joined(separator: ", "))]"
        }
    }

    /// Where a field stands in the event of that kind.
    package static func slot(_ kind: String, _ name: String) -> Int {
        guard let slot = all[Int(Event.code(of: kind))]?.names.firstIndex(of: name) else {
            preconditionFailure("no field \(name) in \(kind)")
        }
        return slot
    }
}

private struct LayoutWalker: EventCoder {
    var layout = EventLayout()

    // A bool is a byte of any value: whatever is not zero is true.
    mutating func bool(_ name: StaticString, _ value: inout Bool) { layout.add(name, EventLayout.bool) }
    mutating func number<T: FixedWidthInteger>(_ name: StaticString, _ value: inout T) {
        layout.add(name, T.isSigned ? EventLayout.signed : EventLayout.number)
    }
    mutating func text(_ name: StaticString, _ value: inout String) { layout.add(name, EventLayout.text) }
    mutating func word(_ name: StaticString, _ value: inout String) { layout.add(name, EventLayout.word) }
    mutating func bytes(_ name: StaticString, _ value: inout [UInt8]) { layout.add(name, EventLayout.bytes) }
    mutating func words(_ name: StaticString, _ value: inout [String]) { layout.add(name, EventLayout.words) }
    mutating func choice<T: RawRepresentable>(_ name: StaticString, _ value: inout T) where T.RawValue == UInt8 {
        var largest: UInt8 = 0
        while largest < 100, T(rawValue: largest + 1) != nil { largest += 1 }
        layout.add(name, largest, (0...largest).map { T(rawValue: $0).map { "\($0)" } ?? "" })
    }
}

extension Event {
    /// An event of that kind with nothing in it; `nil` for a number that stands for none.
    static func blank(_ code: UInt8) -> Event? {
        // Nothing in, zeros out: a reader past its end yields empty fields.
        var reader = EventReader(UnsafeRawBufferPointer(start: nil, count: 0), position: 0, end: 0)
        return read(code: code, from: &reader)
    }

    /// The number of a kind by its name in JSON.
    package static func code(of kind: String) -> UInt8 {
        guard let code = codes[kind] else { preconditionFailure("no kind of event is called \(kind)") }
        return code
    }

    /// The names of all kinds, in the order of their numbers.
    package static var kinds: [String] { codes.sorted { $0.value < $1.value }.map(\.key) }

    private static let codes: [String: UInt8] = {
        var codes: [String: UInt8] = [:]
        for code in UInt8.min...UInt8.max { if let event = blank(code) { codes[event.kind] = code } }
        return codes
    }()
}
