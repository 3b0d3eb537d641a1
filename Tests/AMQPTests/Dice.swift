import NIOCore

@testable import AMQP

/// A seeded generator of values of every wire type (SplitMix64), so that a failure repeats.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value {
        switch below(4) {
        case 0: [Value.min, Value.max, 0, 1].randomElement(using: &self)!
        default: Value(truncatingIfNeeded: next())
        }
    }

    mutating func bit() -> Bool { next() & 1 == 0 }
    mutating func octet() -> UInt8 { integer() }
    mutating func short() -> UInt16 { integer() }
    mutating func long() -> UInt32 { integer() }
    mutating func longlong() -> UInt64 { integer() }

    mutating func bytes(upTo bound: Int) -> [UInt8] {
        (0..<below(bound + 1)).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Text of up to `octets` octets of UTF-8.
    mutating func text(octets: Int) -> String {
        let alphabet: [Character] = ["a", "Z", "0", ".", "\0", "é", "鶏", "🐇", "\u{301}", "\r\n"]
        var text = ""
        let target = bit() ? below(12) : below(octets + 1)
        while true {
            let character = alphabet.randomElement(using: &self)!
            if text.utf8.count + character.utf8.count > min(target, octets) { return text }
            text.append(character)
        }
    }

    mutating func shortstr() -> String { text(octets: 255) }
    mutating func longstr() -> String { text(octets: 400) }
    mutating func opaque() -> [UInt8] { bytes(upTo: 40) }
    mutating func table() -> FieldTable { table(depth: 0) }

    mutating func table(depth: Int) -> FieldTable {
        FieldTable((0..<below(4)).map { _ in (text(octets: 30), value(depth: depth + 1)) })
    }

    mutating func value(depth: Int) -> FieldValue {
        switch below(depth > 4 ? 16 : 18) {
        case 0: return .bool(bit())
        case 1: return .int8(integer())
        case 2: return .uint8(integer())
        case 3: return .int16(integer())
        case 4: return .uint16(integer())
        case 5: return .int32(integer())
        case 6: return .uint32(integer())
        case 7: return .int64(integer())
        case 8: return .float(Float(Int32.random(in: -9999...9999, using: &self)) / 8)
        case 9: return .double(Double(Int32.random(in: -9999...9999, using: &self)) / 1024)
        case 10: return .decimal(scale: octet(), value: long())
        case 11: return .longString(longstr())
        case 12: return .longBytes([0xFF] + bytes(upTo: 20))
        case 13: return .timestamp(longlong())
        case 14: return .void
        case 15: return .byteArray(opaque())
        case 16: return .array((0..<below(4)).map { _ in value(depth: depth + 1) })
        default: return .table(table(depth: depth))
        }
    }

    mutating func properties() -> BasicProperties {
        BasicProperties(
            contentType: bit() ? shortstr() : nil, contentEncoding: bit() ? shortstr() : nil,
            headers: bit() ? table() : nil, deliveryMode: bit() ? octet() : nil, priority: bit() ? octet() : nil,
            correlationID: bit() ? shortstr() : nil, replyTo: bit() ? shortstr() : nil,
            expiration: bit() ? shortstr() : nil, messageID: bit() ? shortstr() : nil,
            timestamp: bit() ? longlong() : nil, type: bit() ? shortstr() : nil, userID: bit() ? shortstr() : nil,
            appID: bit() ? shortstr() : nil, clusterID: bit() ? shortstr() : nil)
    }
}

extension ByteBuffer {
    /// What `write` wrote.
    init(writing write: (inout ByteBuffer) -> Void) {
        self.init()
        write(&self)
    }

    var array: [UInt8] { Array(readableBytesView) }

    /// Octets in hexadecimal; blanks are for the reader.
    init(hex: String) {
        let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue!) }
        self.init(bytes: stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}

/// The error that `body` throws, nil if it throws none.
func failure(_ body: () throws(AMQPError) -> Void) -> AMQPError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// Every frame that the decoder has.
func frames(_ decoder: inout FrameDecoder) throws(AMQPError) -> [Frame] {
    var frames: [Frame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    return frames
}
