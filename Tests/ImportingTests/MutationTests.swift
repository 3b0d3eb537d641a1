import Testing
import TopologyDSL

@testable import Importing

/// Files with a slip in them: the importer either says what is wrong with the file, or makes a topology that validates.
@Suite struct MutationTests {
    private static let compose = """
        name: shop
        services:
          mq: { image: "rabbitmq:3-management", ports: ["5672:5672", "15672:15672"] }
          db: { image: postgres }
          api:
            build: ./api
            command: uvicorn main:app --port "8000"
            environment: { MQ: "amqp://u:p@mq:5672/", DB: "postgres://db/x", N: 5, V: "${V:-x}" }
            healthcheck: { test: [CMD, curl, "http://localhost:8000"], interval: 5s, retries: 3 }
            depends_on: { mq: { condition: service_healthy }, db: { condition: service_started } }
            restart: on-failure:3
          worker:
            image: python:3
            entrypoint: [python, "-u"]
            command: ["w.py", "$$X"]
            working_dir: /app
            volumes: ["./w:/app"]
            deploy: { replicas: 3 }
            stop_grace_period: 10s
        """

    private static let asyncAPI = """
        asyncapi: 3.0.0
        channels:
          news:
            address: "n.{x}"
            parameters: { x: { examples: [a] } }
            messages: { m: { examples: [{ payload: { a: 1 }, headers: { h: 2 } }] } }
            bindings: { amqp: { is: routingKey, exchange: { name: news, type: topic, durable: true } } }
          jobs: { address: jobs, bindings: { amqp: { is: queue, queue: { durable: true } } } }
        operations:
          tell: { action: send, channel: { $ref: '#/channels/news' } }
          work: { action: receive, channel: { $ref: '#/channels/jobs' }, bindings: { amqp: { ack: true } } }
        """

    private func mutated(_ text: String, _ generator: inout Generator) -> String {
        var characters = Array(text)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: characters.indices, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: characters.remove(at: index)
            case 1: characters.insert(Array("{}[]:,#\"'$ -*5ax\n").randomElement(using: &generator)!, at: index)
            case 2: characters[index] = Array("{}[]:,#\"'$ -*5ax\n").randomElement(using: &generator)!
            default: characters.swapAt(index, Int.random(in: characters.indices, using: &generator))
            }
        }
        return String(characters)
    }

    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
        }
    }

    private func check(_ text: String, _ make: (YAMLFile) throws(YAMLFile.Problems) -> Imported) throws {
        var made = 0
        var generator = Generator(state: 7)
        for _ in 0..<600 {
            let input = mutated(text, &generator)
            do throws(YAMLFile.Problems) {
                _ = try make(try YAMLFile(bytes: Array(input.utf8), path: "in"))
                made += 1
            } catch {
                #expect(!error.diagnostics.isEmpty)
                for diagnostic in error.diagnostics {
                    #expect(
                        diagnostic.location.file == "in", "made from\n\(input)\n\(error.diagnostics.rendered())")
                }
            }
        }
        #expect(made > 100 && made < 600)
    }

    @Test func definitions() throws {
        try check(RabbitMQTests.shop) { file throws(YAMLFile.Problems) in try RabbitMQImporter.run(file, vhost: nil) }
    }

    @Test func compose() throws {
        try check(Self.compose) { file throws(YAMLFile.Problems) in try ComposeImporter.run(file) }
    }

    @Test func asyncAPI() throws {
        try check(Self.asyncAPI) { file throws(YAMLFile.Problems) in try AsyncAPIImporter.run(file) }
    }
}
