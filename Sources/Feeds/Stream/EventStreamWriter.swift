import NIOCore

/// Writes server-sent events (HTML Living Standard §9.2.5).
package enum EventStreamWriter {
    /// What stands first: how soon to come back after a loss, and the feed's epoch.
    package static func begin(retry milliseconds: Int, epoch: String, into buffer: inout ByteBuffer) {
        buffer.writeString("retry: \(milliseconds)\n: epoch \(epoch)\n\n")
    }

    /// A line end within the text begins a further `data:` line; the reader puts a line feed there, whatever it was.
    package static func item(_ item: FeedItem, into buffer: inout ByteBuffer) {
        buffer.writeString("id: \(item.number)\n")
        var line = item.body[...]
        while true {
            buffer.writeStaticString("data: ")
            guard let end = line.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) else {
                break
            }
            buffer.writeBytes(line[..<end])
            buffer.writeStaticString("\n")
            let isPair =
                line[end] == UInt8(ascii: "\r") && line.dropFirst(end - line.startIndex + 1).first == UInt8(ascii: "\n")
            line = line[(end + (isPair ? 2 : 1))...]
        }
        buffer.writeBytes(line)
        buffer.writeStaticString("\n\n")
    }

    package static func gap(_ numbers: ClosedRange<UInt64>, into buffer: inout ByteBuffer) {
        buffer.writeString("event: gap\ndata: {\"from\":\(numbers.lowerBound),\"to\":\(numbers.upperBound)}\n\n")
    }

    /// A sign of life that names the feed's last item.
    package static func heartbeat(last: UInt64, into buffer: inout ByteBuffer) {
        buffer.writeString(": last \(last)\n\n")
    }
}
