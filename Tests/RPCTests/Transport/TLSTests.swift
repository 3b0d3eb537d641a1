import NIOCore
import NIOSSL
import Testing

@testable import RPC

/// TLS with a certificate of our own making. The key protects nothing but these tests.
@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private static let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    private static let identity = ServerTLS(
        certificateFile: folder + "/localhost.pem", keyFile: folder + "/localhost.key")

    @Test(arguments: [
        ClientTLS(trust: .authorities(file: folder + "/localhost.pem"), serverName: "localhost"),
        ClientTLS(trust: .insecure),
    ]) func callsOverTLS(tls: ClientTLS) async throws {
        try await Bench.run {
            $0.tls = Self.identity
        } _: { bench in
            let client = try await bench.connect { $0.tls = tls }
            let big = ByteBuffer(repeating: 1, count: 300_000)
            let outcome = try await client.call { stream, _ in stream.send(big, endOfStream: true) }
            #expect(outcome.messages == [big])
        }
    }

    @Test(arguments: [
        ClientTLS(trust: .system),
        // The certificate has no address.
        ClientTLS(trust: .authorities(file: folder + "/localhost.pem")),
        ClientTLS(trust: .authorities(file: folder + "/localhost.pem"), serverName: "example.org"),
    ]) func strangersAreNotTrusted(tls: ClientTLS) async throws {
        try await Bench.run {
            $0.tls = Self.identity
        } _: { bench in
            await #expect {
                _ = try await bench.connect { $0.tls = tls }
            } throws: { error in
                Self.isHandshakeFailure(error)
            }
            #expect(bench.server.statistics.startedStreams == 0)
        }
    }

    /// Which side's end is seen first, the alert or the closed socket, is the kernel's to say.
    private static func isHandshakeFailure(_ error: any Error) -> Bool {
        switch error {
        case GRPCConnectionError.tls, GRPCConnectionError.handshake: true
        default: false
        }
    }

    @Test func clearTextMeetsTLS() async throws {
        try await Bench.run {
            $0.tls = Self.identity
        } _: { bench in
            await #expect {
                _ = try await bench.connect()
            } throws: { error in
                Self.isHandshakeFailure(error)
            }
        }
        try await Bench.run { bench in
            await #expect {
                _ = try await bench.connect { $0.tls = ClientTLS(trust: .insecure) }
            } throws: { error in
                Self.isHandshakeFailure(error)
            }
        }
    }

    @Test func missingFiles() async throws {
        await #expect(throws: (any Error).self) {
            _ = try await Bench.serve { $0.tls = ServerTLS(certificateFile: "/nowhere.pem", keyFile: "/nowhere.key") }
        }
        try await Bench.run { bench in
            await #expect {
                _ = try await bench.connect { $0.tls = ClientTLS(trust: .authorities(file: "/nowhere.pem")) }
            } throws: { error in
                Self.isHandshakeFailure(error)
            }
        }
    }
}
