import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension TopologyFile {
    /// The file that a user means.
    ///
    /// In this order: the path as typed; the same with any letter case in its parts (`topologies/pubsub.yaml` finds
    /// `Topologies/pubsub.yaml`); for a bare name, `NAME.yaml` or `NAME.yml` here and then in the folders.
    /// - Parameter folders: where bundled topologies are.
    /// - Throws: `OrchError` with the code `badTopology`, with what was perhaps meant.
    package static func resolve(_ typed: String, folders: [String] = ["Topologies"]) throws(OrchError) -> String {
        guard !typed.isEmpty else { throw OrchError(.badTopology, "the name of a topology file is empty") }
        if exists(typed) { return typed }
        if let found = try withAnyCase(typed) { return found }
        let isBare = !typed.contains("/")
        if isBare {
            for folder in ["."] + folders {
                for name in [typed, "\(typed).yaml", "\(typed).yml"] {
                    let path = folder == "." ? name : "\(folder)/\(name)"
                    if isFile(path) { return path }
                    if let found = try withAnyCase(path), isFile(found) { return found }
                }
            }
        }
        let slash = typed.lastIndex(of: "/")
        let folder = slash.map { String(typed[..<$0]) }
        let last = slash.map { String(typed[typed.index(after: $0)...]) } ?? typed
        let nearby =
            isBare
            ? folders.flatMap(bundled) + entries(of: ".")
            : entries(of: folder.flatMap { (try? withAnyCase($0)) ?? $0 } ?? "/")
        let names = nearby.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") || !$0.contains(".") }
        throw OrchError(
            .badTopology, "there is no topology file '\(typed)'\(Suggestion.phrase(last, among: names.sorted()))",
            advice: isBare ? whereBundled(folders) : nil)
    }

    private static func whereBundled(_ folders: [String]) -> String {
        let names = Set(folders.flatMap(bundled)).sorted()
        guard names.isEmpty else { return "bundled topologies are \(names.listed("and"))" }
        return "there are no bundled topologies: looked for them in \(folders.listed("and")); "
            + "'orch init FILE' writes a topology to begin with"
    }

    /// The bare names of the topologies in a folder.
    package static func bundled(in folder: String) -> [String] {
        entries(of: folder).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private static func isFile(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG
    }

    private static func entries(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Part by part: as typed where it exists, else the one entry that differs only in case. Symbolic links and `..`
    /// are the system's business.
    private static func withAnyCase(_ typed: String) throws(OrchError) -> String? {
        var found = typed.hasPrefix("/") ? "/" : ""
        for part in typed.split(separator: "/", omittingEmptySubsequences: true).map(String.init) {
            func path(_ name: String) -> String {
                found.isEmpty || found.hasSuffix("/") ? found + name : "\(found)/\(name)"
            }
            if exists(path(part)) {
                found = path(part)
                continue
            }
            let matches = entries(of: found.isEmpty ? "." : found).filter { $0.lowercased() == part.lowercased() }
                .sorted()
            guard let first = matches.first else { return nil }
            if matches.count > 1 {
                throw OrchError(.badTopology, "'\(typed)' could be \(matches.map(path).listed())")
            }
            found = path(first)
        }
        return found
    }
}
