import Testing

@testable import AMQPClient

@Suite struct AMQPURLTests {
    @Test func everyPartHasItsDefault() throws {
        let url = try #require(AMQPURL("amqp://"))
        #expect(url == AMQPURL(host: "127.0.0.1", port: 5672))
        #expect(url.description == "amqp://guest:guest@127.0.0.1:5672/%2F")
    }

    @Test func everyPartIsRead() throws {
        let url = try #require(AMQPURL("amqp://us%40er:p%3Ass@example:1234/my%2fhost?heartbeat=5"))
        #expect(url.user == "us@er")
        #expect(url.password == "p:ss")
        #expect(url.host == "example")
        #expect(url.port == 1234)
        #expect(url.virtualHost == "my/host")
        #expect(AMQPURL(url.description) == url)
    }

    @Test func aBarePathIsTheDefaultVirtualHost() throws {
        #expect(try #require(AMQPURL("amqp://h/")).virtualHost == "/")
        #expect(try #require(AMQPURL("amqp://h/%2f")).virtualHost == "/")
        #expect(try #require(AMQPURL("amqp://h/a")).virtualHost == "a")
    }

    @Test func sixIsWrittenInBrackets() throws {
        let url = try #require(AMQPURL("amqp://[::1]:77"))
        #expect(url.host == "::1" && url.port == 77)
        #expect(url.description == "amqp://guest:guest@[::1]:77/%2F")
    }

    @Test(arguments: [
        "", "http://h", "amqps://h", "amqp://h:x", "amqp://h:0", "amqp://h:70000", "amqp://h/%zz", "amqp://[::1",
    ])
    func whatIsNoURLIsRefused(text: String) { #expect(AMQPURL(text) == nil) }

    @Test func aLinkKeepsEverythingButThePlace() throws {
        let url = try #require(AMQPURL("amqp://u:p@h:1/v")).at(host: "127.0.0.1", port: 9)
        #expect(url.description == "amqp://u:p@127.0.0.1:9/v")
    }
}
