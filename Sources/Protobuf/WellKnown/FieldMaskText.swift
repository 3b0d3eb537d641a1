/// A FieldMask as proto3 JSON writes it: paths in lowerCamelCase, joined by commas.
enum FieldMaskText {
    /// Nil if a path would not come back as it was.
    static func text(_ paths: [String]) -> String? {
        var result: [String] = []
        for path in paths {
            guard let text = camelCase(path) else { return nil }
            result.append(text)
        }
        return result.joined(separator: ",")
    }

    /// Nil if a path has an underscore.
    static func paths(_ text: String) -> [String]? {
        if text.isEmpty { return [] }
        let paths = text.split(separator: ",", omittingEmptySubsequences: false)
        if text.utf8.contains(UInt8(ascii: "_")) || paths.contains(where: \.isEmpty) { return nil }
        return paths.map { path in
            path.unicodeScalars.reduce(into: "") { result, scalar in
                let isUpper = ("A"..."Z").contains(scalar)
                result += isUpper ? "_" + Character(scalar).lowercased() : String(Character(scalar))
            }
        }
    }

    private static func camelCase(_ path: String) -> String? {
        var result = ""
        var raise = false
        for scalar in path.unicodeScalars {
            if ("A"..."Z").contains(scalar) || raise && !("a"..."z").contains(scalar) { return nil }
            if scalar == "_" {
                raise = true
            } else {
                result += raise ? Character(scalar).uppercased() : String(Character(scalar))
                raise = false
            }
        }
        return raise ? nil : result
    }
}
