/// Encodes field tables for the tests, letter by letter (AMQP 0-9-1 §4.2.5.5).
enum TableBytes {
    indirect enum Field {
        case text(String)
        case byte(Int8)
        case short(Int16)
        case int(Int32)
        case long(Int64)
        case double(Double)
        case bool(Bool)
        case void
        case list([Field])
        case table([(String, Field)])
    }

    static func table(_ fields: (String, Field)...) -> [UInt8] { table(fields) }

    static func table(_ fields: [(String, Field)]) -> [UInt8] {
        var content: [UInt8] = []
        for (name, field) in fields { content += [UInt8(name.utf8.count)] + Array(name.utf8) + encode(field) }
        return big(UInt32(content.count)) + content
    }

    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func encode(_ field: Field) -> [UInt8] {
        switch field {
        case .text(let value): [UInt8(ascii: "S")] + big(UInt32(value.utf8.count)) + Array(value.utf8)
        case .byte(let value): [UInt8(ascii: "b")] + big(value)
        case .short(let value): [UInt8(ascii: "s")] + big(value)
        case .int(let value): [UInt8(ascii: "I")] + big(value)
        case .long(let value): [UInt8(ascii: "l")] + big(value)
        case .double(let value): [UInt8(ascii: "d")] + big(value.bitPattern)
        case .bool(let value): [UInt8(ascii: "t"), value ? 1 : 0]
        case .void: [UInt8(ascii: "V")]
        case .list(let items):
            { content in [UInt8(ascii: "A")] + big(UInt32(content.count)) + content }(items.flatMap(encode))
        case .table(let fields): [UInt8(ascii: "F")] + table(fields)
        }
    }
}
