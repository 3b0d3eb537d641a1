import ClusterModel
import TopologyDSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// PATH… of `orch test`: files, bundled topologies' names, patterns, and folders with all that is below them.
enum TopologyFinder {
    struct Found: Equatable {
        var path: String
        /// Typed as a file, not found in a folder or by a pattern.
        var isNamed: Bool
    }

    private static let depthLimit = 16
    private static let entryLimit = 100_000

    /// In the order in which they were typed, folders in that of their names; nothing twice.
    /// - Throws: `OrchError` (`usage`) where a path leads nowhere.
    static func find(_ typed: [String]) throws(OrchError) -> [Found] {
        var found: [Found] = []
        for text in typed.isEmpty ? [defaultFolder] : typed {
            let hasPattern = text.contains { "*?[".contains($0) } && access(text, F_OK) != 0
            for path in hasPattern ? try matches(of: text) : [try resolve(text)] {
                if isFolder(path) {
                    var budget = entryLimit
                    found += try below(trimmed(path), depth: 0, &budget).map { Found(path: $0, isNamed: false) }
                } else {
                    found.append(Found(path: path, isNamed: !hasPattern))
                }
            }
        }
        var places: [String: Int] = [:]
        var result: [Found] = []
        for one in found {
            let real = realPath(one.path)
            if let place = places[real] {
                if one.isNamed { result[place].isNamed = true }
            } else {
                places[real] = result.count
                result.append(one)
            }
        }
        return result
    }

    /// `Topologies`, in any letter case, where there is one; else the working folder.
    private static var defaultFolder: String {
        guard let path = try? TopologyFile.resolve("./Topologies", folders: []), isFolder(path) else { return "." }
        return path
    }

    private static func resolve(_ text: String) throws(OrchError) -> String {
        do {
            return try TopologyFile.resolve(text, folders: TopologyArgument.folders)
        } catch {
            throw OrchError(.usage, error.message, cause: error.cause, advice: error.advice)
        }
    }

    private static func matches(of pattern: String) throws(OrchError) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        var paths: [String] = []
        if glob(pattern, 0, nil, &result) == 0 {
            for index in 0..<Int(result.gl_pathc) {
                if let path = result.gl_pathv[index] { paths.append(String(cString: path)) }
            }
        }
        // What a pattern finds in a folder is looked at as the folder's own files are.
        paths = paths.filter { isFolder($0) || looksLikeTopology($0) }
        guard !paths.isEmpty else { throw OrchError(.usage, "no topology matches '\(pattern)'") }
        return paths
    }

    private static func below(_ folder: String, depth: Int, _ budget: inout Int) throws(OrchError) -> [String] {
        guard depth < depthLimit else { return [] }
        var found: [String] = []
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
            budget -= 1
            guard budget > 0 else {
                throw OrchError(
                    .usage, "more than \(entryLimit) files below \(folder)", advice: "name the folder with topologies")
            }
            if name.hasPrefix(".") || name == "node_modules" { continue }
            let path = folder == "." ? name : "\(folder)/\(name)"
            if isFolder(path) {
                // A link may lead back to where we are.
                if !isLink(path) { found += try below(path, depth: depth + 1, &budget) }
            } else if looksLikeTopology(path) {
                found.append(path)
            }
        }
        return found
    }

    /// A YAML file with a key `nodes` at its top level. Compose files, workflows and fixtures live in folders too.
    private static func looksLikeTopology(_ path: String) -> Bool {
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml"), let data = FileManager.default.contents(atPath: path),
            data.count <= TopologyFile.sizeLimit
        else { return false }
        return data.split(whereSeparator: { $0 == 10 || $0 == 13 }).contains { line in
            [Array("nodes:".utf8), Array("\"nodes\":".utf8), Array("'nodes':".utf8)].contains { line.starts(with: $0) }
        }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }

    private static func isFolder(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    private static func isLink(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFLNK
    }

    private static func realPath(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
