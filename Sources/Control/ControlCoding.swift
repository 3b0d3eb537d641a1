import ClusterModel
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One JSON object a line.
package enum ControlCoding {
    /// Octets of one line; a longer one ends the connection.
    package static let lineLimit = 1 << 20

    package static func line(_ message: ControlMessage) throws -> ByteBuffer {
        let data = try JSONEncoder().encode(message)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.count + 1)
        buffer.writeBytes(data)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    package static func message(_ line: ByteBuffer) throws -> ControlMessage {
        try JSONDecoder().decode(ControlMessage.self, from: Data(line.readableBytesView))
    }
}

/// Cuts a stream into lines and reads each as a message. A peer that says anything else is cut off.
package final class ControlDecoder: ByteToMessageDecoder {
    package typealias InboundOut = ControlMessage

    package init() {}

    package func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            guard buffer.readableBytes <= ControlCoding.lineLimit else {
                throw OrchError(.internalError, "a control message of more than \(ControlCoding.lineLimit) octets")
            }
            return .needMoreData
        }
        let line = buffer.readSlice(length: end - buffer.readerIndex)!
        buffer.moveReaderIndex(forwardBy: 1)
        context.fireChannelRead(wrapInboundOut(try ControlCoding.message(line)))
        return .continue
    }
}

package final class ControlEncoder: MessageToByteEncoder {
    package typealias OutboundIn = ControlMessage

    package init() {}

    package func encode(data: ControlMessage, out: inout ByteBuffer) throws {
        var line = try ControlCoding.line(data)
        out.writeBuffer(&line)
    }
}
