import ArgumentParser
import Broker
import ClusterModel
import Logging
import NIOPosix

/// `orch broker`
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run the embedded AMQP 0-9-1 broker alone, as a stand-in for a local RabbitMQ.",
        discussion: "It listens on loopback only. User and password are guest.")

    @Option(name: .shortAndLong, help: "The port; 0 for any free one.") var port = 5672
    @Option(name: .shortAndLong, help: "The folder for durable things; without one they live as long as the process.")
    var data: String?
    @Flag(help: "Print where it listens as JSON.") var json = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("a port is a number from 0 to 65535") }
    }

    func run() async throws {
        var configuration = BrokerConfiguration()
        configuration.port = port
        configuration.dataDirectory = data
        var logger = Logger(label: "broker") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let signals = SignalWatcher.signals()
        let server: BrokerServer
        do {
            server = try await BrokerServer.start(
                configuration: configuration, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        } catch let error as OrchError {
            throw error
        } catch {
            throw OrchError(
                .unavailable, "cannot run the broker", cause: "\(error)",
                advice: error is StoreError ? nil : "another program may have port \(port); choose one with --port")
        }
        let url = "amqp://guest:guest@127.0.0.1:\(server.port)/%2F"
        Terminal.standardOutput.print(json ? try JSONOutput.line(["url": url]) : "listening on \(url)")
        for await _ in signals { break }
        await server.shutdown()
    }
}
