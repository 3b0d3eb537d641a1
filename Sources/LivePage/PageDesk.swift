import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// The way from Hummingbird's requests to answers, and back.
final class PageDesk: Sendable {
    private let page: ByteBuffer
    private let director: PageDirector
    private let token: PageToken
    private let port = Mutex(0)

    init(page: ByteBuffer, director: PageDirector, token: PageToken) {
        self.page = page
        self.director = director
        self.token = token
    }

    func listens(at port: Int) { self.port.withLock { $0 = port } }

    private enum Reply {
        case bytes(Int, String, ByteBuffer)
        case stream(seat: Int)
    }

    /// The connection is of no use after this request.
    private struct Unusable: Error {}

    func respond(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        let reply: Reply
        do throws(PageRequest.Refusal) {
            reply = try await answer(request)
        } catch {
            reply = .bytes(error.status, "text/plain; charset=utf-8", ByteBuffer(string: error.text + "\n"))
        }
        switch reply {
        case .bytes(let status, let type, let bytes):
            try await writer.write(
                response: PageHeaders.head(status, type, length: bytes.readableBytes),
                body: ResponseBody(byteBuffer: bytes))
            // The request may have a body that nobody has read.
            if status >= 400 { throw Unusable() }
        case .stream(let seat):
            let director = director
            // One piece is on its way at a time; what comes meanwhile waits in the seat, which is bounded.
            let body = ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                while let piece = await director.next(seat) { try await writer.write(piece) }
                try await writer.finish(nil)
            }
            do {
                try await writer.write(response: PageHeaders.head(200, "text/event-stream"), body: body)
            } catch {
                await director.leave(seat)
                throw error
            }
            await director.leave(seat)
        }
    }

    private func answer(_ request: Request) async throws(PageRequest.Refusal) -> Reply {
        switch try PageRequest(Self.head(request), port: port.withLock { $0 }, token: token) {
        case .page: return .bytes(200, "text/html; charset=utf-8", page)
        case .events:
            guard let seat = await director.sit() else {
                throw PageRequest.Refusal(503, "\(PageDirector.seatLimit) browsers are watching: close one.")
            }
            return .stream(seat: seat)
        case .command(let checkOnly):
            let text = try await Self.text(request)
            let answer = checkOnly ? await director.check(text) : await director.perform(text)
            return .bytes(200, "application/json", PageJSON.encode(answer))
        }
    }

    private static func head(_ request: Request) -> PageRequest.Head {
        PageRequest.Head(
            method: request.method.rawValue, target: request.head.path ?? "", host: request.head.authority,
            origin: request.headers[.origin],
            token: HTTPField.Name(PageRequest.tokenHeader).flatMap { request.headers[$0] })
    }

    private static func text(_ request: Request) async throws(PageRequest.Refusal) -> String {
        let limit = PageRequest.commandLimit
        guard let body = try? await request.body.collect(upTo: limit) else {
            throw PageRequest.Refusal(413, "A command is at most \(limit) octets long.")
        }
        guard let text = String(validating: body.readableBytesView, as: UTF8.self) else {
            throw PageRequest.Refusal(400, "A command is text in UTF-8.")
        }
        return text
    }
}

/// What every answer says: nothing of it may be kept, framed, sniffed, or read by another site.
private enum PageHeaders {
    static let fixed = [
        ("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"), ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ]

    static func head(_ status: Int, _ type: String, length: Int? = nil) -> HTTPResponse {
        var fields = HTTPFields()
        for (name, value) in fixed { if let name = HTTPField.Name(name) { fields[name] = value } }
        fields[.contentType] = type
        if let length { fields[.contentLength] = "\(length)" }
        return HTTPResponse(status: .init(code: status), headerFields: fields)
    }
}
