import NIOCore

/// A value in a table or an array, of a type that RabbitMQ knows.
///
/// The letters are RabbitMQ's, which differ from the specification's
/// (https://www.rabbitmq.com/amqp-0-9-1-errata#section_3). A decoded value encodes to the octets that it came from, with
/// two exceptions that keep the meaning: `L` is read as RabbitMQ reads it, signed, and written as `l`; a boolean octet
/// above 1 is written as 1.
package enum FieldValue: Equatable, Sendable {
    /// `t`
    case bool(Bool)
    /// `b`
    case int8(Int8)
    /// `B`
    case uint8(UInt8)
    /// `s`
    case int16(Int16)
    /// `u`
    case uint16(UInt16)
    /// `I`
    case int32(Int32)
    /// `i`
    case uint32(UInt32)
    /// `l`, and `L` when read
    case int64(Int64)
    /// `f`
    case float(Float)
    /// `d`
    case double(Double)
    /// `D`: value · 10^-scale
    case decimal(scale: UInt8, value: UInt32)
    /// `S` that is valid UTF-8
    case longString(String)
    /// `S` that is not
    case longBytes([UInt8])
    /// `A`
    case array([FieldValue])
    /// `T`: seconds since 1970
    case timestamp(UInt64)
    /// `F`
    case table(FieldTable)
    /// `V`
    case void
    /// `x`
    case byteArray([UInt8])
}

extension FieldValue {
    /// Any integer type as an `Int64`. Timestamps are not integers, nor are booleans.
    package var intValue: Int64? {
        switch self {
        case .int8(let value): Int64(value)
        case .uint8(let value): Int64(value)
        case .int16(let value): Int64(value)
        case .uint16(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .int64(let value): value
        default: nil
        }
    }

    package var stringValue: String? {
        if case .longString(let value) = self { value } else { nil }
    }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var doubleValue: Double? {
        switch self {
        case .float(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    package var tableValue: FieldTable? {
        if case .table(let value) = self { value } else { nil }
    }

    package var arrayValue: [FieldValue]? {
        if case .array(let value) = self { value } else { nil }
    }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .longString(value) }
    package init(integerLiteral value: Int64) { self = .int64(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(arrayLiteral elements: FieldValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, FieldValue)...) { self = .table(FieldTable(elements)) }
}

extension FieldValue {
    /// Reads a type octet and the value. `depth` counts the tables and arrays around it.
    init(decoding buffer: inout ByteBuffer, depth: Int) throws(AMQPError) {
        switch try buffer.takeUInt8() {
        case UInt8(ascii: "S"):
            let length = try buffer.takeLength()
            if let string = try buffer.takeUTF8(length: length) {
                self = .longString(string)
            } else {
                guard let bytes = buffer.readBytes(length: length) else { throw .truncated }
                self = .longBytes(bytes)
            }
        case UInt8(ascii: "l"), UInt8(ascii: "L"): self = .int64(try buffer.take(Int64.self))
        case UInt8(ascii: "I"): self = .int32(try buffer.take(Int32.self))
        case UInt8(ascii: "t"): self = .bool(try buffer.takeUInt8() != 0)
        case UInt8(ascii: "T"): self = .timestamp(try buffer.takeUInt64())
        case UInt8(ascii: "F"): self = .table(try FieldTable(decoding: &buffer, depth: depth))
        case UInt8(ascii: "A"):
            guard depth < AMQPLimits.nesting else { throw .nestedTooDeeply }
            guard var items = buffer.readSlice(length: try buffer.takeLength()) else { throw .truncated }
            var values: [FieldValue] = []
            while items.readableBytes > 0 {
                values.append(try FieldValue(decoding: &items, depth: depth + 1))
            }
            self = .array(values)
        case UInt8(ascii: "b"): self = .int8(try buffer.take(Int8.self))
        case UInt8(ascii: "B"): self = .uint8(try buffer.takeUInt8())
        case UInt8(ascii: "s"): self = .int16(try buffer.take(Int16.self))
        case UInt8(ascii: "u"): self = .uint16(try buffer.takeUInt16())
        case UInt8(ascii: "i"): self = .uint32(try buffer.takeUInt32())
        case UInt8(ascii: "f"): self = .float(Float(bitPattern: try buffer.takeUInt32()))
        case UInt8(ascii: "d"): self = .double(Double(bitPattern: try buffer.takeUInt64()))
        case UInt8(ascii: "D"):
            let scale = try buffer.takeUInt8()
            self = .decimal(scale: scale, value: try buffer.takeUInt32())
        case UInt8(ascii: "x"): self = .byteArray(try buffer.takeLongBytes())
        case UInt8(ascii: "V"): self = .void
        case let letter:
            throw AMQPError(.syntaxError, "no field type has the octet \(letter)")
        }
    }

    func encode(into buffer: inout ByteBuffer) {
        switch self {
        case .bool(let value):
            buffer.putLetter("t")
            buffer.putUInt8(value ? 1 : 0)
        case .int8(let value):
            buffer.putLetter("b")
            buffer.writeInteger(value)
        case .uint8(let value):
            buffer.putLetter("B")
            buffer.writeInteger(value)
        case .int16(let value):
            buffer.putLetter("s")
            buffer.writeInteger(value)
        case .uint16(let value):
            buffer.putLetter("u")
            buffer.writeInteger(value)
        case .int32(let value):
            buffer.putLetter("I")
            buffer.writeInteger(value)
        case .uint32(let value):
            buffer.putLetter("i")
            buffer.writeInteger(value)
        case .int64(let value):
            buffer.putLetter("l")
            buffer.writeInteger(value)
        case .float(let value):
            buffer.putLetter("f")
            buffer.writeInteger(value.bitPattern)
        case .double(let value):
            buffer.putLetter("d")
            buffer.writeInteger(value.bitPattern)
        case .decimal(let scale, let value):
            buffer.putLetter("D")
            buffer.writeInteger(scale)
            buffer.writeInteger(value)
        case .longString(let value):
            buffer.putLetter("S")
            buffer.putLongString(value)
        case .longBytes(let value):
            buffer.putLetter("S")
            buffer.putLongBytes(value)
        case .array(let values):
            buffer.putLetter("A")
            buffer.putLengthPrefixed { buffer in
                for value in values { value.encode(into: &buffer) }
            }
        case .timestamp(let value):
            buffer.putLetter("T")
            buffer.writeInteger(value)
        case .table(let value):
            buffer.putLetter("F")
            value.encode(into: &buffer)
        case .void:
            buffer.putLetter("V")
        case .byteArray(let value):
            buffer.putLetter("x")
            buffer.putLongBytes(value)
        }
    }
}

extension ByteBuffer {
    @inline(__always)
    fileprivate mutating func putLetter(_ letter: Unicode.Scalar) { writeInteger(UInt8(ascii: letter)) }
}

extension AMQPError {
    static var nestedTooDeeply: AMQPError {
        AMQPError(.syntaxError, "tables and arrays nested more than \(AMQPLimits.nesting) deep")
    }
}
