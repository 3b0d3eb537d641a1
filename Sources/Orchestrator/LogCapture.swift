import ClusterModel
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Takes all that a process prints, octet by octet, into its log file, and tells each line. The last line counts even
/// where nothing ends it.
final class LogCapture: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Octets of a line that are told; the file has the rest.
    private static let lineLimit = 4_096

    private let file: Int32
    private let told: @Sendable (String) -> Void
    private var line: [UInt8] = []

    private init(file: Int32, told: @escaping @Sendable (String) -> Void) {
        self.file = file
        self.told = told
    }

    /// Opens a pipe and reads it to its end.
    /// - Parameter path: appended to, so that a restarted process continues its log.
    /// - Returns: the descriptor to give to the process as its output, and the pipe's other end.
    static func open(
        path: String, on loop: any EventLoop, told: @escaping @Sendable (String) -> Void
    ) async throws -> (output: Int32, pipe: any Channel) {
        let file = CloseOnExec.ownFile(path, appends: true)
        guard file >= 0 else {
            throw OrchError(.unavailable, "cannot open \(path)", cause: String(cString: strerror(errno)))
        }
        var ends: [Int32] = [-1, -1]
        guard CloseOnExec.pipe(&ends) == 0 else {
            let code = errno
            close(file)
            throw OrchError(
                .unavailable, "cannot open a pipe", cause: String(cString: strerror(code)),
                advice: "raise the limit of open files (ulimit -n)")
        }
        let channel = try await NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LogCapture(file: file, told: told))
                }
            }
            .takingOwnershipOfDescriptor(input: ends[0]).get()
        return (ends[1], channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        buffer.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    break
                }
                rest = rest.dropFirst(count)
            }
            for byte in bytes {
                if byte == UInt8(ascii: "\n") {
                    tell()
                } else if line.count < Self.lineLimit {
                    line.append(byte)
                }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !line.isEmpty { tell() }
        close(file)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func tell() {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        told(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
    }
}
