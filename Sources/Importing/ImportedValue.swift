import TopologyDSL
import TopologyText

extension TopologyValue {
    /// A value from another file; numbers, flags and null stay what they are.
    init(_ tree: YAMLTree) {
        switch tree.content {
        case .list(let items): self = .list(items.map(TopologyValue.init))
        case .mapping(let entries): self = .mapping(entries.map { Entry($0.key, TopologyValue($0.value)) })
        case .scalar(let text, let isPlain):
            let isWord = tree.isNull || tree.flag != nil || Double(text) != nil
            self = isPlain && isWord ? .word(text.isEmpty ? "null" : text) : .text(text)
        }
    }
}
