import AMQP
import NIOCore

enum NIOBuffer {
    /// Method frames of channel 1, one after the other, whether or not that is legal.
    static func frames(_ methods: [AMQPMethod]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for method in methods { buffer.writeFrame(method: method, channel: 1) }
        return buffer
    }
}
