import ArgumentParser
import ClusterModel
import TopologyDSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// FILE on a command line.
enum TopologyArgument {
    /// Where bundled topologies are: beside the working directory, and beside the installed binary.
    static var folders: [String] {
        let installed = Executable.path.split(separator: "/").dropLast(2).joined(separator: "/")
        return ["Topologies", "/\(installed)/share/orch/Topologies"]
    }

    static var completion: CompletionKind { .file(extensions: ["yaml", "yml"]) }

    /// Finds, reads and checks a file; its problems go to standard error, all of them.
    /// - Throws: `ExitCode` 65 where it has errors.
    static func load(_ typed: String) throws -> (topology: Topology, path: String) {
        let path = try TopologyFile.resolve(typed, folders: folders)
        let loaded = TopologyFile.load(path: path, environment: ProcessInfo.processInfo.environment)
        let terminal = Terminal.standardError
        if !loaded.diagnostics.isEmpty { terminal.print(loaded.diagnostics.rendered(colour: terminal.hasColor)) }
        guard let topology = loaded.topology else { throw ExitCode(OrchError.Code.badTopology.rawValue) }
        return (topology, path)
    }
}

enum Executable {
    /// The absolute path of the running binary.
    static var path: String {
        #if os(Linux)
            if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
                return target
            }
        #endif
        let typed = CommandLine.arguments[0]
        return typed.hasPrefix("/") ? typed : "\(FileManager.default.currentDirectoryPath)/\(typed)"
    }
}
