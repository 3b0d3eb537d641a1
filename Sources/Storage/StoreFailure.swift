/// Why a store cannot be opened, or no longer be written.
package struct StoreFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another process uses it.
        case locked
        /// No store of ours, of a later version, or damaged.
        case unreadable
        /// The disk is full or fails.
        case io
        case closed
    }

    package var code: Code
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
