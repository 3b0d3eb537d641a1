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
    /// Where bundled topologies are: in the working directory, where `make install` puts them, and in the checkout that
    /// the binary was built in.
    static var folders: [String] {
        var folders = ["Topologies"]
        var folder = Executable.path[...]
        for _ in 0..<5 {
            guard let slash = folder.lastIndex(of: "/"), slash > folder.startIndex else { break }
            folder = folder[..<slash]
            folders += ["\(folder)/share/orch/Topologies", "\(folder)/Topologies"]
        }
        return folders
    }

    static var completion: CompletionKind { .file(extensions: ["yaml", "yml"]) }

    /// Finds, reads and checks a file; its problems go to standard error, all of them.
    /// - Throws: `ExitCode` 65 where it has errors.
    static func load(_ typed: String, parameters: [ParameterArgument] = []) throws -> (topology: Topology, path: String)
    {
        let path = try TopologyFile.resolve(typed, folders: folders)
        let loaded = TopologyFile.load(
            path: path, environment: ProcessInfo.processInfo.environment, parameters: try parameters.byName())
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
