/// What callers hold of an object: `orch://Account/acc-1`. It names no place; the middleware finds the owner.
///
/// Wherever a text that reads as a reference is passed or kept, its holder keeps the object alive.
package struct ObjectReference: Sendable, Hashable, CustomStringConvertible {
    package static let scheme = "orch://"
    private static let longest = 200

    package let type: String
    /// Its id, never used again.
    package let object: String

    package init(type: String, object: String) {
        self.type = type
        self.object = object
    }

    /// Nil for anything but the scheme, a type's name and an id with `/` between them: 1 to 200 letters, digits, `_`,
    /// `-`, `.` each.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.scheme.utf8.count + 2 * Self.longest + 1, text.hasPrefix(Self.scheme) else {
            return nil
        }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ Self.isName($0) }) else { return nil }
        self.init(type: String(parts[0]), object: String(parts[1]))
    }

    package var description: String { "\(Self.scheme)\(type)/\(object)" }

    package static func isName(_ text: some StringProtocol) -> Bool {
        (1...longest).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
