/// The head of an HTTP/1.x message: its octets as they came, and what is where in them (RFC 9112 §2 to §5).
struct HTTP1Head {
    struct Field {
        /// With its end.
        var line: Range<Int>
        /// In lower case.
        var name: String
        /// Without the blanks around it.
        var value: Range<Int>
        /// It goes on over more than one line (obs-fold, §5.2).
        var isFolded = false
    }

    /// Octets of a head; a longer one is not read.
    static let limit = 64 << 10

    let octets: [UInt8]
    /// The request line or status line, without its end.
    private(set) var startLine = 0..<0
    private(set) var fields: [Field] = []
    /// Where the empty line begins that ends it.
    private(set) var tail = 0

    /// - Parameter octets: with the empty line at their end, and maybe others before their first line.
    /// - Returns: `nil` where it is malformed.
    init?(_ octets: [UInt8]) {
        self.octets = octets
        var index = octets.firstIndex { !$0.isLineEnd } ?? octets.endIndex
        while index < octets.count {
            guard let end = octets[index...].firstIndex(of: .lineFeed) else { return nil }
            let line = index..<(end > index && octets[end - 1] == .carriageReturn ? end - 1 : end)
            defer { index = end + 1 }
            // Some end a line at it, others do not.
            guard !octets[line].contains(where: { $0 == .carriageReturn || $0 == 0 }) else { return nil }
            if startLine.isEmpty {
                startLine = line
            } else if line.isEmpty {
                tail = index
                return
            } else if octets[index].isBlank {
                guard let last = fields.indices.last else { return nil }
                fields[last].line = fields[last].line.lowerBound..<(end + 1)
                fields[last].isFolded = true
            } else {
                guard let field = Self.field(line, in: octets, end: end + 1) else { return nil }
                fields.append(field)
            }
        }
        return nil
    }

    private static func field(_ line: Range<Int>, in octets: [UInt8], end: Int) -> Field? {
        guard let colon = octets[line].firstIndex(of: .colon), colon > line.lowerBound,
            octets[line.lowerBound..<colon].allSatisfy(\.isToken)
        else { return nil }
        let name = String(decoding: octets[line.lowerBound..<colon], as: UTF8.self).lowercased()
        return Field(
            line: line.lowerBound..<end, name: name, value: trimmed((colon + 1)..<line.upperBound, in: octets))
    }

    private static func trimmed(_ range: Range<Int>, in octets: [UInt8]) -> Range<Int> {
        var range = range
        while let first = range.first, octets[first].isBlank { range = (first + 1)..<range.upperBound }
        while let last = range.last, octets[last].isBlank { range = range.lowerBound..<last }
        return range
    }

    func text(_ range: Range<Int>) -> String { String(decoding: octets[range], as: UTF8.self) }

    func fields(named name: String) -> [Field] { fields.filter { $0.name == name } }

    /// The value of the first field of that name.
    func value(_ name: String) -> String? { fields.first { $0.name == name }.map { text($0.value) } }

    /// The members of all lists of that name, in lower case.
    func list(_ name: String) -> [String] {
        fields(named: name).flatMap { field in
            octets[field.value].split(separator: UInt8(ascii: ",")).map { member in
                text(Self.trimmed(member.startIndex..<member.endIndex, in: octets)).lowercased()
            }
        }
    }

    /// Its octets, with one value for a field in place of what it had.
    func octets(setting name: String, to value: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(octets.count + name.utf8.count + value.utf8.count + 4)
        var index = 0
        for field in fields where field.name == name {
            result += octets[index..<field.line.lowerBound]
            index = field.line.upperBound
        }
        result += octets[index..<tail]
        result += Array("\(name): \(value)\r\n".utf8)
        result += octets[tail...]
        return result
    }
}

/// How long a body is (RFC 9112 §6).
enum HTTP1Body: Equatable {
    case none
    case length(Int)
    case chunked
    /// As long as the connection.
    case untilClose
}

extension HTTP1Head {
    private enum Declared {
        case nothing
        case length(Int)
        case chunked, otherCoding
    }

    /// What it says of its body's length. Whatever two readers could take differently is malformed: a length beside a
    /// coding, more than one of either, one that is folded, a number that is none (§6.3, §11.2).
    private func declared(minor: UInt8) -> Declared? {
        let lengths = fields(named: "content-length")
        let codings = fields(named: "transfer-encoding")
        guard lengths.count + codings.count <= 1 else { return nil }
        if let length = lengths.first {
            let digits = octets[length.value]
            guard !length.isFolded, (1...18).contains(digits.count), digits.allSatisfy(\.isDigit) else { return nil }
            return .length(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
        }
        guard let coding = codings.first else { return .nothing }
        let names = list("transfer-encoding")
        guard !coding.isFolded, minor > 0, !names.dropLast().contains("chunked") else { return nil }
        return names.last == "chunked" ? .chunked : .otherCoding
    }

    /// - Returns: `nil` where the head is malformed.
    func bodyOfRequest(minor: UInt8) -> HTTP1Body? {
        switch declared(minor: minor) {
        case .nothing: .some(.none)
        case .length(let length): length == 0 ? .some(.none) : .length(length)
        case .chunked: .chunked
        case .otherCoding, nil: nil
        }
    }

    /// - Returns: `nil` where the head is malformed.
    func bodyOfReply(minor: UInt8, status: UInt16, to method: String) -> HTTP1Body? {
        guard let declared = declared(minor: minor) else { return nil }
        if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .some(.none) }
        return switch declared {
        case .length(let length): length == 0 ? .some(.none) : .length(length)
        case .chunked: .chunked
        case .nothing, .otherCoding: .untilClose
        }
    }

    /// Whether the connection goes on behind this message (§9.3).
    func isPersistent(minor: UInt8) -> Bool {
        let options = list("connection")
        return !options.contains("close") && (minor > 0 || options.contains("keep-alive"))
    }
}
