import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1

/// The way from Hummingbird's requests to answers, and back.
extension FeedServer {
    /// The connection is of no use after this request.
    private struct Unusable: Error {}

    static func respond(
        _ server: NIOLoopBound<FeedServer>, _ request: Request, _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        let isHead = request.method == .head
        var isUsable = true
        let reply: FeedReply
        do {
            reply = try await answer(server, request, isHead: isHead, channel)
        } catch let problem as Problem {
            reply = FeedReply(problem)
        } catch let error as HTTPParserError {
            isUsable = false
            reply = FeedReply(Problem(400, "The body is malformed: \(error)."))
        }
        try await write(reply, to: writer, isHead: isHead, on: server.eventLoop)
        guard isUsable else { throw Unusable() }
        let hasFailed = try await server.eventLoop.submit {
            guard let connection = server.value.connection(channel) else { return true }
            connection.isAnswering = false
            connection.endCurrent = nil
            return connection.hasFailed
        }.get()
        // Hummingbird would answer what follows by itself.
        if hasFailed { throw Unusable() }
    }

    private static func answer(
        _ server: NIOLoopBound<FeedServer>, _ request: Request, isHead: Bool, _ channel: any Channel
    ) async throws -> FeedReply {
        let fields = request.headers
        let values: @Sendable (String) -> [String] = { name in
            fields.filter { $0.name.canonicalName == name }.map(\.value)
        }
        let parsed = try FeedRequest(
            .init(method: request.method.rawValue, target: request.head.path ?? "", values: values))
        var body: [UInt8] = []
        if case .append = parsed { body = try await item(request, values) }
        let item = body
        return await withCheckedContinuation { continuation in
            server.eventLoop.execute {
                server.value.answer(
                    parsed, isHead: isHead, ifNoneMatch: values("if-none-match"), body: item, on: channel
                ) { continuation.resume(returning: $0) }
            }
        }
    }

    /// The text that is to be appended.
    private static func item(_ request: Request, _ values: (String) -> [String]) async throws -> [UInt8] {
        guard FeedRequest.isText(contentType: values("content-type").first) else {
            throw Problem(
                415, "An item is text in UTF-8: text/plain or application/json.",
                headers: ["accept-post": "text/plain, application/json"])
        }
        let limit = FeedLog.Limits().item
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Problem(413, "An item is at most \(limit) octets long.")
        }
        let bytes = Array(buffer.readableBytesView)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Problem(400, "An item is text in UTF-8.") }
        return bytes
    }

    // MARK: - Writing

    private static func write(
        _ reply: FeedReply, to writer: consuming ResponseWriter, isHead: Bool, on eventLoop: any EventLoop
    ) async throws {
        var fields = HTTPFields()
        for (name, value) in reply.headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        fields[.date] = HTTPDate.now()
        fields[.vary] = "Accept"
        // A page may be of another origin: what is read here is meant to be.
        fields[.accessControlAllowOrigin] = "*"
        fields[.accessControlExposeHeaders] = "orch-feed-items, orch-feed-oldest, orch-feed-epoch, etag, location"
        switch reply.body {
        case .none: if isHead { fields[.contentLength] = "0" }
        case .bytes(let buffer): fields[.contentLength] = "\(buffer.readableBytes)"
        case .stream: break
        }
        let head = HTTPResponse(
            status: .init(code: reply.status, reasonPhrase: Problem.reason(reply.status)), headerFields: fields)
        switch reply.body {
        case .bytes(let buffer) where !isHead:
            try await writer.write(response: head, body: ResponseBody(byteBuffer: buffer))
        case .stream(let stream):
            try await writer.write(response: head, body: Self.body(of: stream, on: eventLoop))
        default: try await writer.writeResponse(head)
        }
    }

    private static func body(of stream: NIOLoopBound<FeedStream>, on eventLoop: any EventLoop) -> ResponseBody {
        ResponseBody { writer in
            do {
                while let piece = await next(of: stream, on: eventLoop) { try await writer.write(piece) }
                try await writer.finish(nil)
            } catch {
                eventLoop.execute { stream.value.end() }
                throw error
            }
        }
    }

    private static func next(of stream: NIOLoopBound<FeedStream>, on eventLoop: any EventLoop) async -> ByteBuffer? {
        await withCheckedContinuation { continuation in
            eventLoop.execute { stream.value.next { continuation.resume(returning: $0) } }
        }
    }
}
