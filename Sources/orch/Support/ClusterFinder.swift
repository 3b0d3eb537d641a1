import ArgumentParser
import ClusterModel
import Control
import NIOCore
import NIOPosix
import Orchestrator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which running cluster a command is about.
struct ClusterOption: ParsableArguments {
    @Option(name: .long, help: "The cluster, by its topology's name or its run's, where several are running.")
    var cluster: String?

    /// Connects to the one running cluster that is meant.
    /// - Throws: `OrchError` where there is none, or more than one.
    func connect() async throws -> RunningCluster {
        let running = await RunningCluster.all()
        let chosen = running.filter { cluster == nil || $0.matches(cluster!) }
        if chosen.count == 1 {
            for other in running where other.run.path != chosen[0].run.path { await other.close() }
            return chosen[0]
        }
        for other in running { await other.close() }
        if chosen.isEmpty {
            let names = running.map(\.status.cluster).joined(separator: ", ")
            throw OrchError(
                .unavailable,
                cluster.map { "no cluster named '\($0)' is running here" } ?? "no cluster is running here",
                advice: names.isEmpty ? "start one with: orch up -d FILE" : "running: \(names)")
        }
        let names = chosen.map(\.run.name).joined(separator: ", ")
        throw OrchError(.usage, "several clusters are running", advice: "say --cluster NAME; there is \(names)")
    }
}

/// A cluster that answers on its control socket.
struct RunningCluster: Sendable {
    let run: RunFolder
    let status: ClusterStatus
    private let client: ControlClient

    /// All that run from this folder or one above it.
    static func all() async -> [RunningCluster] {
        guard let folder = RunFolder.base else { return [] }
        var found: [RunningCluster] = []
        for run in RunFolder.all(in: folder) where FileManager.default.fileExists(atPath: run.controlSocket) {
            if let cluster = try? await connect(to: run) { found.append(cluster) }
        }
        return found
    }

    static func connect(to run: RunFolder) async throws -> RunningCluster {
        let client = try await ControlClient.connect(
            to: run.controlSocket, on: MultiThreadedEventLoopGroup.singleton.next())
        client.send(.request(.status))
        for await message in client.messages {
            if case .response(.status(let status)) = message {
                return RunningCluster(run: run, status: status, client: client)
            }
        }
        throw OrchError(.unavailable, "the cluster at \(run.path) does not answer")
    }

    func matches(_ name: String) -> Bool { status.cluster == name || run.name == name }

    /// Asks, and waits for the answer.
    /// - Throws: the cluster's error, or `OrchError` (`unavailable`) where it went away.
    func ask(_ request: Request) async throws -> Response {
        guard let response = try await reply(to: request) else {
            throw OrchError(.unavailable, "the cluster has ended")
        }
        return response
    }

    /// Asks, and waits for the answer.
    /// - Returns: `nil` where the cluster went away before it had answered.
    /// - Throws: the cluster's error.
    func reply(to request: Request) async throws -> Response? {
        client.send(.request(request))
        for await message in client.messages {
            guard case .response(let response) = message else { continue }
            if case .failed(let message, let code) = response {
                throw OrchError(OrchError.Code(rawValue: code) ?? .internalError, message)
            }
            return response
        }
        return nil
    }

    /// Objects by the process that owns them; hosts that did not answer are missing.
    /// - Parameter limit: of one host's; those with names come first.
    func objects(limit: Int, object: String?) async throws -> [String: [ObjectDescription]] {
        client.send(.request(.objects(limit: limit, object: object)))
        var found: [String: [ObjectDescription]] = [:]
        for await message in client.messages {
            guard case .response(.objects(let part, let more)) = message else { continue }
            found.merge(part) { $0 + $1 }
            if !more { return found }
        }
        throw OrchError(.unavailable, "the cluster has ended")
    }

    /// Returns when the cluster closes the connection.
    func waitForEnd() async { for await _ in client.messages {} }

    func close() async { await client.close() }

    /// The topology as the cluster runs it.
    func topology() throws -> Topology { try run.plannedTopology() }
}

extension RunFolder {
    /// The nearest folder, from the working one upwards, that has runs.
    static var base: String? {
        var folder = FileManager.default.currentDirectoryPath
        while true {
            if FileManager.default.fileExists(atPath: "\(folder)/.orch/runs") { return folder }
            guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
    }

    private struct Plan: Decodable {
        var topology: Topology
        var seed: UInt64
    }

    /// The topology that a run was made of.
    func plannedTopology() throws -> Topology { try readPlan().topology }

    /// The seed that a run was given.
    func plannedSeed() throws -> UInt64 { try readPlan().seed }

    private func readPlan() throws -> Plan {
        guard let data = FileManager.default.contents(atPath: plan) else {
            throw OrchError(.unavailable, "there is no \(plan)")
        }
        return try JSONDecoder().decode(Plan.self, from: data)
    }
}

enum JSONOutput {
    static func read<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    /// On one line.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
