import ClusterModel
import Testing

@testable import Feeds

@Suite struct FeedRequestTests {
    private func parse(_ method: String, _ target: String, _ headers: [String: String] = [:]) throws -> FeedRequest {
        try FeedRequest(.init(method: method, target: target) { headers[$0].map { [$0] } ?? [] })
    }

    private func status(_ method: String, _ target: String, _ headers: [String: String] = [:]) -> Int? {
        do {
            _ = try parse(method, target, headers)
            return nil
        } catch let problem as Problem {
            return problem.status
        } catch {
            return -1
        }
    }

    @Test func whatIsAskedFor() throws {
        #expect(try parse("GET", "/feeds") == .list)
        #expect(try parse("HEAD", "/feeds/") == .list)
        #expect(try parse("GET", "/feeds/news") == .items(feed: "news", .init()))
        #expect(
            try parse("GET", "/feeds/news?after=41&limit=7&wait=30s&_=123")
                == .items(feed: "news", .init(after: 41, limit: 7, wait: .seconds(30))))
        #expect(try parse("GET", "http://host:1/feeds/news?after=2") == .items(feed: "news", .init(after: 2)))
        #expect(try parse("GET", "/feeds/a%20b/3") == .item(feed: "a b", number: 3))
        #expect(try parse("POST", "/feeds/news") == .append(feed: "news", key: nil))
        #expect(try parse("POST", "/feeds/news", ["idempotency-key": "k"]) == .append(feed: "news", key: "k"))
        #expect(try parse("GET", "/feeds/news?limit=99999999") == .items(feed: "news", .init(limit: 10_000)))
    }

    @Test func whoComesBackSaysWhereItIs() throws {
        let accept = ["accept": "text/event-stream"]
        #expect(try parse("GET", "/feeds/news?after=5", accept) == .stream(feed: "news", after: 5))
        #expect(
            try parse("GET", "/feeds/news?after=5", accept.merging(["last-event-id": "9"]) { $1 })
                == .stream(feed: "news", after: 9))
        #expect(status("GET", "/feeds/news", ["last-event-id": "x"]) == 400)
    }

    @Test(arguments: [
        ("application/json", false), ("*/*", false), ("text/event-stream", true),
        ("text/event-stream, */*;q=0.1", true),
        ("application/json, text/event-stream;q=0.5", false), ("Application/*", false), ("text/html, */*;q=0.2", false),
    ])
    func whatComesBack(_ accept: String, _ isStream: Bool) throws {
        let expected: FeedRequest = isStream ? .stream(feed: "n", after: 0) : .items(feed: "n", .init())
        #expect(try parse("GET", "/feeds/n", ["accept": accept]) == expected)
    }

    @Test func whatCannotBe() {
        #expect(status("GET", "/") == 404)
        #expect(status("GET", "") == 404)
        #expect(status("GET", "/feed") == 404)
        #expect(status("GET", "/feeds/a/b/c") == 404)
        #expect(status("GET", "/feeds/a/0") == 404)
        #expect(status("GET", "/feeds/a/x") == 404)
        #expect(status("DELETE", "/feeds/a") == 405)
        #expect(status("POST", "/feeds") == 405)
        #expect(status("PUT", "/feeds/a/1") == 405)
        #expect(status("GET", "/feeds/a?after=-1") == 400)
        #expect(status("GET", "/feeds/a?after=1.5") == 400)
        #expect(status("GET", "/feeds/a?limit=many") == 400)
        #expect(status("GET", "/feeds/a?wait=soon") == 400)
        #expect(status("GET", "/feeds/a?wait=1e400s") == 400)
        #expect(status("GET", "/feeds/a", ["accept": "image/png"]) == 406)
        #expect(status("GET", "/feeds/a", ["accept": "application/json;q=0"]) == 406)
        #expect(status("GET", "/feeds/a/1", ["accept": "text/event-stream"]) == 406)
        #expect(status("POST", "/feeds/a", ["idempotency-key": ""]) == 400)
        #expect(status("POST", "/feeds/a", ["idempotency-key": String(repeating: "k", count: 256)]) == 400)
        let problem = #expect(throws: Problem.self) { try parse("DELETE", "/feeds/a") }
        #expect(problem?.headers["allow"] == "GET, HEAD, POST")
    }

    @Test func times() {
        #expect(FeedRequest.duration("30s") == .seconds(30))
        #expect(FeedRequest.duration("500ms") == .milliseconds(500))
        #expect(FeedRequest.duration("1.5") == .milliseconds(1_500))
        #expect(FeedRequest.duration("2m") == .seconds(120))
        for text in ["", "s", "1h", "-1s", "1 s", "2000m", "..", "nan", "inf"] {
            #expect(FeedRequest.duration(text) == nil, "\(text)")
        }
    }

    @Test func texts() {
        for type in [
            nil, "text/plain", "text/plain; charset=UTF-8", "application/json", "application/x-www-form-urlencoded",
        ] {
            #expect(FeedRequest.isText(contentType: type))
        }
        for type in ["", "image/png", "text/plain; charset=latin-1", "multipart/form-data; boundary=x"] {
            #expect(!FeedRequest.isText(contentType: type), "\(type)")
        }
    }

    @Test func tags() {
        #expect(FeedRequest.matches(["\"a\", W/\"b\""], tag: "\"b\""))
        #expect(FeedRequest.matches(["*"], tag: "\"b\""))
        #expect(!FeedRequest.matches(["\"a\""], tag: "\"b\""))
    }

    @Test func dates() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
