#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads what processes print, from the files that it is kept in, as it comes.
package struct LogTail: Sendable {
    package struct Line: Sendable, Encodable, Equatable {
        package var node: String
        package var text: String

        package init(node: String, text: String) {
            self.node = node
            self.text = text
        }
    }

    fileprivate struct File {
        var node: String
        var path: String
        var offset: Int64 = -1
        var rest: [UInt8] = []
    }

    fileprivate var files: [File]

    /// Octets of one file that are read at a time; those before them are passed over. Characters of a line.
    package static let pieceLimit = 32 << 10
    package static let widthLimit = 400

    /// - Parameter paths: by process.
    package init(_ paths: [(node: String, path: String)]) {
        files = paths.map { File(node: $0.node, path: $0.path) }
    }

    /// The lines that have come since the last time; of a file that ran ahead, the last ones, and a word about it.
    package mutating func next() -> [Line] {
        var lines: [Line] = []
        for index in files.indices { lines += files[index].read().map { Line(node: files[index].node, text: $0) } }
        return lines
    }
}

extension LogTail.File {
    fileprivate mutating func read() -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = Int64(lseek(descriptor, 0, SEEK_END))
        let isFirst = offset < 0
        if isFirst { offset = 0 }
        guard size > offset else { return [] }
        var lines: [String] = []
        var skipsFragment = false
        if size - offset > LogTail.pieceLimit {
            if !isFirst { lines.append("… \((size - offset) / 1_024) KiB at once: see orch logs \(node)") }
            offset = size - Int64(LogTail.pieceLimit)
            rest = []
            skipsFragment = true
        }
        let wanted = Int(size - offset)
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = max(0, pread(descriptor, buffer.baseAddress, wanted, off_t(offset)))
        }
        offset += Int64(bytes.count)
        rest += bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if !skipsFragment { lines.append(Self.shown(rest[..<end])) }
            skipsFragment = false
            rest.removeSubrange(...end)
        }
        // A line without an end must not grow for ever.
        if rest.count > LogTail.pieceLimit {
            lines.append(Self.shown(rest[...]))
            rest = []
        }
        return lines
    }

    private static func shown(_ line: ArraySlice<UInt8>) -> String {
        let text = String(decoding: line, as: UTF8.self)
        return text.count > LogTail.widthLimit ? text.prefix(LogTail.widthLimit) + "…" : text
    }
}
