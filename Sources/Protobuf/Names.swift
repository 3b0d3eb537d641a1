extension String {
    /// Letters, digits and _, and no digit first; ASCII.
    var isIdentifier: Bool {
        guard let first = utf8.first, first.isLetter else { return false }
        return utf8.allSatisfy { $0.isLetter || $0.isDigit }
    }

    var isQualifiedName: Bool {
        split(separator: ".", omittingEmptySubsequences: false).allSatisfy { String($0).isIdentifier }
    }

    /// What stands before the last dot, or "".
    var parent: String {
        guard let dot = utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
        return String(self[..<dot])
    }

    /// What stands after the last dot.
    var lastComponent: String {
        guard let dot = utf8.lastIndex(of: UInt8(ascii: ".")) else { return self }
        return String(self[utf8.index(after: dot)...])
    }

    /// `a`, `a.b` and `a.b.c` of `a.b.c`; none of "".
    var prefixes: [String] {
        utf8.indices.filter { utf8[$0] == UInt8(ascii: ".") }.map { String(self[..<$0]) } + (isEmpty ? [] : [self])
    }

    var dotCount: Int { utf8.count { $0 == UInt8(ascii: ".") } }

    /// Of field `by_name`: `ByNameEntry`, the message that protoc makes for a map.
    var mapEntryName: String {
        var result = ""
        var raise = true
        for byte in utf8 {
            if byte == UInt8(ascii: "_") {
                raise = true
            } else {
                let letter = String(UnicodeScalar(byte))
                result += raise ? letter.uppercased() : letter
                raise = false
            }
        }
        return result + "Entry"
    }

    /// Lower case, without underscores.
    var plain: String { String(decoding: lowercased().utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self) }

    /// An enum value's name as generated code may have it: plain, and without the enum's name in front. Two values that
    /// agree in this cannot be in one proto3 enum.
    func plain(in enumeration: String) -> String {
        let prefix = enumeration.lastComponent.plain
        return plain.hasPrefix(prefix) && plain != prefix ? String(plain.dropFirst(prefix.count)) : plain
    }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// _ is one too.
    var isLetter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
