/// Everything that is wrong with a schema, at once.
package struct SchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The full name of what is wrong: `pkg.Request.total`.
        package var symbol: String
        package var message: String

        package var description: String { "\(symbol): \(message)" }
    }

    package var problems: [Problem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
