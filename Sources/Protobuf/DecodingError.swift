/// Bytes that are no message of the expected type.
package struct DecodingError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Problem: Sendable, Equatable {
        /// A value reaches past the end of its message.
        case truncated
        /// More than ten bytes, or more than 64 bits.
        case varintTooLong
        /// Field number 0 or above 2^29-1, or wire type 6 or 7.
        case badTag
        /// A group ends that never began, or under another number than it began.
        case unmatchedGroup
        /// Of a `string` field, by name.
        case invalidUTF8(String)
        /// Messages or groups lie inside each other more than `Message.deepestNesting` times.
        case tooDeep
    }

    package var problem: Problem
    /// Bytes from the start of the outermost message to what is wrong.
    package var offset: Int

    package var description: String {
        let text =
            switch problem {
            case .truncated: "a value reaches past the end of its message"
            case .varintTooLong: "a varint has more than 64 bits"
            case .badTag: "a tag has an impossible field number or wire type"
            case .unmatchedGroup: "a group's end does not match its start"
            case .invalidUTF8(let field): "field \(field) is text but not UTF-8"
            case .tooDeep: "messages are nested deeper than \(Message.deepestNesting)"
            }
        return "malformed protocol buffer at byte \(offset): \(text)"
    }
}
