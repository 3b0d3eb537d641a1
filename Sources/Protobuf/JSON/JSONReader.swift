/// Text that is no JSON.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package var problem: String
    /// Bytes from the start.
    package var offset: Int

    package var description: String { "not JSON, at byte \(offset): \(problem)" }
}

extension Untyped {
    /// Reads JSON (RFC 8259). Names keep their order, also when one comes twice.
    package init(json: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes: json)
        self = try reader.document()
    }

    package init(json: String) throws(JSONError) { try self.init(json: Array(json.utf8)) }
}

/// A recursive reader with a limit on its depth. Bytes past the end read as 0, which no rule allows.
struct JSONReader {
    private static let deepestNesting = 200

    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> Untyped {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("there is more after the value") }
        return value
    }

    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private func error(_ problem: String, at offset: Int? = nil) -> JSONError {
        let offset = offset ?? position
        return JSONError(problem: offset >= bytes.count ? "the text ends too early" : problem, offset: offset)
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> Untyped {
        guard depth < Self.deepestNesting else { throw error("nested deeper than \(Self.deepestNesting)") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try table(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: Untyped) throws(JSONError) -> Untyped {
        let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard matches else { throw error("expected a value") }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> Untyped {
        let start = position
        let characters = bytes[start...].prefix { $0.isDigit || "+-.eE".utf8.contains($0) }
        guard !characters.isEmpty else { throw error("expected a value") }
        guard let number = JSONNumber.read(String(decoding: characters, as: UTF8.self)) else {
            throw error("a number that is malformed or too large", at: start)
        }
        position = characters.endIndex
        return number
    }

    private mutating func list(depth: Int) throws(JSONError) -> Untyped {
        position += 1
        var list: [Untyped] = []
        skipSpace()
        if skip("]") { return .list(list) }
        repeat {
            list.append(try value(depth: depth + 1))
            skipSpace()
        } while skip(",")
        guard skip("]") else { throw error("expected , or ]") }
        return .list(list)
    }

    private mutating func table(depth: Int) throws(JSONError) -> Untyped {
        position += 1
        var table = Untyped.Table()
        skipSpace()
        if skip("}") { return .table(table) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
            let key = try string()
            skipSpace()
            guard skip(":") else { throw error("expected :") }
            table.append(key, try value(depth: depth + 1))
            skipSpace()
        } while skip(",")
        guard skip("}") else { throw error("expected , or }") }
        return .table(table)
    }
}

extension JSONReader {
    private mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var text: [UInt8] = []
        while !skip("\"") {
            guard position < bytes.count, bytes[position] >= 0x20 else { throw error("a control character in a text") }
            if skip("\\") {
                try appendEscape(to: &text)
            } else {
                let plain = bytes[position...].prefix {
                    $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                }
                text.append(contentsOf: plain)
                position = plain.endIndex
            }
        }
        guard let result = String(validating: text, as: UTF8.self) else {
            throw error("a text is not UTF-8", at: start)
        }
        return result
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONError) {
        let character = next
        position += 1
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(character)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if code & 0xFC00 == 0xD800, skip("\\"), skip("u") {
                let low = try hexadecimal()
                code = low & 0xFC00 == 0xDC00 ? 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF) : 0xD800
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair", at: position - 1) }
            text.append(contentsOf: Character(scalar).utf8)
        default: throw error("an unknown escape", at: position - 1)
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else {
                throw error("expected four hex digits")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
