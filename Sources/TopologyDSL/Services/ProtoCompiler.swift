import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `.proto` files and descriptor sets → the bytes of a FileDescriptorSet.
enum ProtoCompiler {
    private static let setEndings = [".pb", ".binpb", ".desc", ".protoset"]
    private static let sizeLimit = 16 << 20
    /// For `protoc`, which has never been seen to take a second.
    private static let patience = Duration.seconds(30)

    /// - Parameters:
    ///   - path: the file, as this process can open it.
    ///   - folders: where imports are looked for, besides the file's own folder.
    /// - Throws: what is wrong; compilers' messages are in it, one a line.
    static func descriptorSet(of path: String, folders: [String]) throws(ValueProblem) -> [UInt8] {
        if setEndings.contains(where: path.hasSuffix) {
            switch FileContents.read(path, limit: sizeLimit, what: "a descriptor set") {
            case .success(let bytes): return bytes
            case .failure(let problem): throw ValueProblem("'\(path)': \(problem.message)")
            }
        }
        guard path.hasSuffix(".proto") else {
            throw ValueProblem(
                "'\(path)' is no .proto file, and no descriptor set (\(setEndings.listed()))",
                advice: "protoc --include_imports --descriptor_set_out=x.pb makes a descriptor set")
        }
        if let problem = FileContents.problem(path) { throw ValueProblem("'\(path)': \(problem)") }
        // The file's own folder comes last, so that it goes by the name by which others import it.
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let file = slash == nil ? "./\(path)" : path
        return try run(
            ["--descriptor_set_out=/dev/stdout", "--include_imports"]
                + (folders + [folder]).map { "--proto_path=\($0)" }
                + [file])
    }

    private static func run(_ arguments: [String]) throws(ValueProblem) -> [UInt8] {
        guard var output = Pipe(), var errors = Pipe() else { throw ValueProblem("no pipe to protoc could be made") }
        defer {
            output.close()
            errors.close()
        }
        let process = try spawn(arguments, output: output.writer, errors: errors.writer)
        output.closeWriter()
        errors.closeWriter()
        var result: [UInt8] = []
        var said: [UInt8] = []
        let clock = ContinuousClock()
        let end = clock.now + patience
        var open = [output.reader, errors.reader]
        var stopped: String?
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while !open.isEmpty, stopped == nil {
            var descriptors = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let left = clock.now.duration(to: end).components
            let count = poll(&descriptors, nfds_t(descriptors.count), Int32(max(0, left.seconds * 1_000 + 1)))
            if count < 0, errno == EINTR { continue }
            if count <= 0 { stopped = "protoc did not end within \(patience.text)" }
            for descriptor in descriptors where descriptor.revents != 0 {
                let count = read(descriptor.fd, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    open.removeAll { $0 == descriptor.fd }
                    continue
                }
                if descriptor.fd == output.reader {
                    result += chunk[..<count]
                } else if said.count < 16 << 10 {
                    said += chunk[..<count]
                }
                if result.count > sizeLimit { stopped = "more than \(sizeLimit >> 20)MiB of definitions" }
            }
        }
        if stopped != nil { kill(process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        if let stopped { throw ValueProblem(stopped) }
        guard status == 0 else { throw problem(from: String(decoding: said, as: UTF8.self)) }
        return result
    }

    private static func spawn(_ arguments: [String], output: Int32, errors: Int32) throws(ValueProblem) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        var words: [UnsafeMutablePointer<CChar>?] = (["protoc"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let status = posix_spawnp(&process, "protoc", &actions, nil, &words, environ)
        guard status == 0 else {
            throw ValueProblem(
                status == ENOENT
                    ? "reading a .proto file takes 'protoc', which is not installed"
                    : "protoc could not be started: \(FileContents.systemMessage(status))",
                advice: "apt-get install protobuf-compiler libprotobuf-dev; or name a descriptor set instead")
        }
        return process
    }

    /// `billing.proto:5:3: "Foo" is not defined.`: the first few lines.
    static func problem(from said: String) -> ValueProblem {
        let lines = said.split(separator: "\n").map(String.init)
        guard !lines.isEmpty else { return ValueProblem("protoc failed, and did not say why") }
        // Debian has the compiler and the types it knows of in two packages, of which the second is only recommended.
        let isWithoutTypes = lines.contains { $0.hasPrefix("google/protobuf/") && $0.contains("File not found") }
        return ValueProblem(
            lines.prefix(5).joined(separator: "; ") + (lines.count > 5 ? "; and \(lines.count - 5) more" : ""),
            advice: isWithoutTypes ? "apt-get install libprotobuf-dev, which brings google/protobuf/*.proto" : nil)
    }
}

private struct Pipe {
    let reader: Int32
    private(set) var writer: Int32

    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reader, writer) = (ends[0], ends[1])
    }

    mutating func closeWriter() {
        if writer >= 0 { _ = systemClose(writer) }
        writer = -1
    }

    mutating func close() {
        closeWriter()
        _ = systemClose(reader)
    }
}

private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
