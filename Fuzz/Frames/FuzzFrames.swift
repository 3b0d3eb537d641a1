import AMQP
import FaultInjection
import FuzzDriver
import NIOCore

/// Octets from nowhere, as a peer could send them: to the frame decoder, the assembler, every method and table, and to
/// whole link machines (AMQP, HTTP/2) from both sides. Nothing may trap, and what decodes must encode to what decodes again.
private func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    decode(bytes)
    LinkFuzzing.run(bytes)
    LinkFuzzing.runHTTP2(bytes)
    return 0
}

private func decode(_ bytes: [UInt8]) {
    var decoder = FrameDecoder(maxFrameSize: 65_536)
    var assembler = ContentAssembler(maxBodySize: 1 << 20)
    let cut = bytes.count / 3
    for part in [bytes[..<cut], bytes[cut...]] {
        decoder.append(ByteBuffer(bytes: part))
        do {
            while let frame = try decoder.next() {
                switch try assembler.receive(frame) {
                case .method(let method): check(method)
                case .content(let method, let header, _):
                    check(method)
                    if let properties = try? header.decodeProperties() {
                        var buffer = ByteBuffer()
                        properties.encode(into: &buffer)
                        precondition((try? BasicProperties(decoding: &buffer)) == properties)
                    }
                case nil: break
                }
            }
        } catch {
            return
        }
    }
}

private func check(_ method: AMQPMethod) {
    var buffer = ByteBuffer()
    method.encode(into: &buffer)
    var copy = buffer
    guard let again = try? AMQPMethod(decoding: &copy) else {
        preconditionFailure("\(method.name) does not decode again")
    }
    var second = ByteBuffer()
    again.encode(into: &second)
    precondition(buffer == second)
}

@_cdecl("fuzz_frames_main")
public func fuzzMain(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, words) { fuzzFrames($0, $1) }
}
