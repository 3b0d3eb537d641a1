import Testing

@testable import Importing

@Suite struct ForeignFormatTests {
    @Test(arguments: [
        ("{\"rabbit_version\": \"4.0\"}", ForeignFormat.rabbitmq), ("{\"queues\": []}", .rabbitmq),
        ("services: { a: { command: sh } }", .compose), ("asyncapi: 3.0.0\nservices: {}", .asyncapi),
    ])
    func aFileIsKnownByItsKeys(text: String, format: ForeignFormat) throws {
        #expect(try ForeignFormat(of: tree(text)) == format)
    }

    @Test func whatIsNoneOfThemIsRefusedAtItsPlace() throws {
        let problem = message { try ForeignFormat(of: tree("nodes: {}")).run(tree("nodes: {}")) }
        #expect(problem.contains("in.yaml:1:1: error: this is neither RabbitMQ's definitions, nor a compose file"))
    }

    @Test func eachIsReadByItsOwnImporter() {
        func text(_ yaml: String) -> String { message { try ForeignFormat(of: tree(yaml)).run(tree(yaml)) } }
        #expect(text("services: { a: { command: echo hello } }").contains("command: [echo, hello]"))
        #expect(text("{\"queues\": [{\"name\": \"q\", \"vhost\": \"/\"}]}").contains("imported:"))
        #expect(text("asyncapi: 2.6.0").contains("AsyncAPI 2.6.0 cannot be imported"))
    }
}
