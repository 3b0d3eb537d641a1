#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Whole files, read with care: regular ones only, and not beyond a limit.
enum FileContents {
    /// - Parameter what: "more than the 5 bytes of WHAT".
    static func read(_ path: String, limit: Int, what: String) -> Result<[UInt8], ValueProblem> {
        // Without blocking on a pipe that nobody writes to.
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return .failure(ValueProblem(reason(errno))) }
        defer { close(file) }
        var info = stat()
        guard fstat(file, &info) == 0 else { return .failure(ValueProblem(systemMessage(errno))) }
        if let problem = kindProblem(info, what) { return .failure(ValueProblem(problem)) }
        guard info.st_size <= limit else { return .failure(tooLarge(Int(info.st_size), limit, what)) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = systemRead(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(ValueProblem(systemMessage(errno))) }
            if count == 0 { return .success(bytes) }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { return .failure(tooLarge(bytes.count, limit, what)) }
        }
    }

    /// Why the file cannot be read by somebody else, as far as one can tell without reading it.
    static func problem(_ path: String) -> String? {
        var info = stat()
        guard stat(path, &info) == 0 else { return reason(errno) }
        return kindProblem(info, "a file to read") ?? (access(path, R_OK) == 0 ? nil : reason(errno))
    }

    static func tooLarge(_ size: Int, _ limit: Int, _ what: String) -> ValueProblem {
        ValueProblem("the file has \(size) bytes, more than the \(limit) of \(what)")
    }

    private static func kindProblem(_ info: stat, _ what: String) -> String? {
        switch info.st_mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder, not \(what)"
        default: "not a regular file"
        }
    }

    private static func reason(_ number: Int32) -> String {
        number == ENOENT ? "no such file" : systemMessage(number)
    }

    static func systemMessage(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }
}

private func systemRead(_ file: Int32, _ bytes: inout [UInt8], _ count: Int) -> Int { read(file, &bytes, count) }
