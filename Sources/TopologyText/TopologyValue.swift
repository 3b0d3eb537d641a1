/// A topology file as it is to be written: values in order, and comments.
package struct TopologyDocument: Sendable {
    /// Lines above everything.
    package var header: [String] = []
    /// Lines below everything.
    package var footer: [String] = []
    package var sections: [TopologyValue.Entry] = []

    package init() {}

    /// Adds a section, unless it is empty.
    package mutating func add(_ key: String, _ entries: [TopologyValue.Entry], comment: [String] = []) {
        if !entries.isEmpty { sections.append(.init(key, .mapping(entries), comment: comment)) }
    }
}

package indirect enum TopologyValue: Sendable, Equatable {
    /// Written as it is: a number, a time, a word of the language.
    case word(String)
    /// A text, whatever is in it.
    case text(String)
    /// A text whose `$(…)` and `${…}` mean something.
    case template(String)
    /// A text of several lines, such as a program, below its key; `$` stands for itself.
    case block(String)
    /// YAML, written as it is.
    case raw(String)
    case list([TopologyValue])
    case mapping([Entry])

    package struct Entry: Sendable, Equatable {
        package var key: String
        package var value: TopologyValue
        /// Lines above it.
        package var comment: [String]

        package init(_ key: String, _ value: TopologyValue, comment: [String] = []) {
            self.key = key
            self.value = value
            self.comment = comment
        }
    }

    /// A list of one is written without its brackets.
    package static func oneOrMany(_ values: [TopologyValue]) -> TopologyValue {
        values.count == 1 ? values[0] : .list(values)
    }
}
