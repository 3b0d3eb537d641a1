import NIOCore

/// Finds the bit of a body that a fault flips, as the body passes in pieces.
///
/// On gRPC the bit is one of the first message that is not empty, never of its five octets of length-prefix
/// (grpc/grpc, doc/PROTOCOL-HTTP2.md). Of another body it is one of all octets where `content-length` says how many,
/// else one of the first piece.
struct PayloadCorruption {
    private enum Place {
        /// In a length-prefix: octets of it seen, and the length so far.
        case prefix(Int, UInt32)
        /// The length of the body is not known.
        case firstPiece
        /// Octets to go, and the bit.
        case at(Int, UInt8)
        case done
    }

    let fault: ActiveFault
    /// Where the bit lies, from 0 up to 1.
    private let position: Double
    private var place: Place

    init(_ corruption: MessageFate.Corruption, isGRPC: Bool, contentLength: Int?) {
        fault = corruption.fault
        position = corruption.position
        if isGRPC {
            place = .prefix(0, 0)
        } else if let contentLength, (1...Self.largestLength).contains(contentLength) {
            place = Self.locate(position, in: contentLength)
        } else {
            place = .firstPiece
        }
    }

    /// What a length may claim; beyond, it is not believed.
    private static let largestLength = 1 << 40

    /// - Returns: true where this piece has the bit, and it is flipped.
    mutating func pass(_ bytes: inout ByteBuffer) -> Bool {
        var index = bytes.readerIndex
        while index < bytes.writerIndex {
            switch place {
            case .done: return false
            case .firstPiece: place = Self.locate(position, in: bytes.readableBytes)
            case .prefix(let count, let length):
                guard let octet = bytes.getInteger(at: index, as: UInt8.self) else { return false }
                index += 1
                // The first of the five says whether the message is compressed.
                let total = count == 0 ? 0 : length << 8 | UInt32(octet)
                if count < 4 {
                    place = .prefix(count + 1, total)
                } else {
                    place = total == 0 ? .prefix(0, 0) : Self.locate(position, in: Int(total))
                }
            case .at(let distance, let bit):
                let left = bytes.writerIndex - index
                guard distance < left else {
                    place = .at(distance - left, bit)
                    return false
                }
                place = .done
                return bytes.flip(bit, at: index + distance)
            }
        }
        return false
    }

    private static func locate(_ position: Double, in length: Int) -> Place {
        let bits = Double(length) * 8
        let bit = min(Int(bits * position), length * 8 - 1)
        return .at(bit / 8, UInt8(bit % 8))
    }
}

extension ByteBuffer {
    /// - Returns: false where there is no such octet.
    mutating func flip(_ bit: UInt8, at index: Int) -> Bool {
        guard let octet = getInteger(at: index, as: UInt8.self) else { return false }
        setInteger(octet ^ (1 << bit), at: index)
        return true
    }
}
