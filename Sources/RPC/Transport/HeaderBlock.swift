import NIOCore
import NIOHPACK

/// Whether headers can be sent at all: NIO does not split a block over CONTINUATION frames, and gives up the connection over
/// one that is larger than a frame (swift-nio-http2 1.46).
enum HeaderBlock {
    /// Every peer takes frames of this size (RFC 9113 §4.2).
    private static let maximumFrame = 16_384
    /// Up to this much text always fits: Huffman's code makes no printable letter longer than 19 bits.
    static let harmless = 4_096

    /// - Parameters:
    ///   - size: of all that may be long among them, roughly.
    ///   - reserve: bytes for what will be added to them.
    static func fits(_ headers: HPACKHeaders, size: Int, reserve: Int = 64) -> Bool {
        guard size > harmless else { return true }
        var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
        var block = ByteBuffer()
        // Fresh tables give an upper bound for any state of the real ones, but for a few bytes of table updates.
        guard (try? encoder.encode(headers: headers, to: &block)) != nil else { return false }
        return block.readableBytes <= maximumFrame - reserve
    }
}

extension GRPCStatus {
    /// What takes part in its headers' size.
    var headerSize: Int { message.utf8.count * 3 + (details?.count ?? 0) * 4 / 3 }

    /// The code, and the beginning of the message: what is sent of a status that no header block can hold.
    var abridged: GRPCStatus { GRPCStatus(code, String(message.prefix(256))) }
}
