import AMQP
import ClusterModel

extension FieldValue {
    /// A value from a topology file, as it goes over the wire.
    package init(_ argument: ArgumentValue) {
        switch argument {
        case .string(let text): self = .longString(text)
        case .int(let number): self = .int64(number)
        case .double(let number): self = .double(number)
        case .bool(let flag): self = .bool(flag)
        case .null: self = .void
        case .list(let items): self = .array(items.map(FieldValue.init))
        case .table(let table): self = .table(FieldTable(arguments: table))
        }
    }
}

extension FieldTable {
    /// In the order of the keys, so that equal arguments are equal on the wire.
    package init(arguments: [String: ArgumentValue]) {
        self.init(arguments.sorted { $0.key < $1.key }.map { ($0.key, FieldValue($0.value)) })
    }
}
