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

/// What `orch doctor` looks at.
enum Examination {
    enum State: String, Encodable {
        case ok
        /// orch itself needs it.
        case missing
        /// Something that one may want to do needs it.
        case absent
    }

    struct Finding: Encodable {
        var name: String
        var state: State
        /// What is there, or what went wrong.
        var found: String
        var neededFor: String
        /// The command that installs it on Debian.
        var install: String?

        private enum CodingKeys: String, CodingKey {
            case name, state, found, install
            case neededFor = "needed_for"
        }
    }

    static func all() -> [Finding] {
        [libraries, loopback, sockets, openFiles, folder, processes] + programs
    }

    // MARK: What orch needs

    /// They are there, or this would not run; which ones is worth knowing all the same.
    private static var libraries: Finding {
        let wanted = ["libyaml", "libsqlite3", "liblua", "libz"]
        let maps = String(decoding: FilePart.read("/proc/self/maps", from: 0) ?? [], as: UTF8.self)
        var found: [String] = []
        for line in maps.split(separator: "\n") {
            guard let name = line.split(separator: "/").last.map(String.init), name.contains(".so"),
                wanted.contains(where: name.hasPrefix), !found.contains(name)
            else { continue }
            found.append(name)
        }
        return Finding(
            name: "libraries", state: .ok,
            found: found.isEmpty ? "part of the binary" : found.sorted().joined(separator: " "),
            neededFor: "running anything", install: "apt-get install libyaml-0-2 libsqlite3-0 liblua5.4-0 zlib1g")
    }

    private static var loopback: Finding {
        var finding = Finding(
            name: "loopback", state: .ok, found: "127.0.0.1 can be listened on", neededFor: "links between nodes",
            install: "ip link set lo up")
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { if descriptor >= 0 { close(descriptor) } }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if descriptor < 0 || bound != 0 || listen(descriptor, 1) != 0 {
            finding.state = .missing
            finding.found = "127.0.0.1 cannot be listened on: \(reason)"
        }
        return finding
    }

    private static var sockets: Finding {
        let here = FileManager.default.currentDirectoryPath
        // The socket's path below the working folder is about this long; longer ones go by way of /proc.
        let length = here.utf8.count + 60
        var finding = Finding(
            name: "unix sockets", state: .ok,
            found: length > 107
                ? "this folder's path is long, and reached by /proc" : "this folder's path is short enough",
            neededFor: "talking to nodes", install: nil)
        if length > 107, !NewFile.exists("/proc/self/fd") {
            finding.state = .missing
            finding.found = "this folder's path has \(here.utf8.count) bytes, and sockets' paths end at 107"
            finding.install = "cd to a folder with a shorter path"
        }
        return finding
    }

    private static var openFiles: Finding {
        var limit = rlimit()
        #if canImport(Glibc)
            let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        let count = result == 0 ? Int(clamping: limit.rlim_cur) : 0
        let most = result == 0 ? Int(clamping: limit.rlim_max) : 0
        return Finding(
            name: "open files", state: count < 256 ? .missing : count < 1_024 ? .absent : .ok,
            found: "ulimit -n is \(count)", neededFor: "connections: a few for each link",
            install: most >= 1_024 ? "ulimit -n \(min(most, 65_536))" : "raise nofile in /etc/security/limits.conf")
    }

    private static var folder: Finding {
        let isWritable = access(".", W_OK) == 0
        return Finding(
            name: "this folder", state: isWritable ? .ok : .missing,
            found: isWritable ? "it can be written" : "it cannot be written: \(reason)",
            neededFor: "what runs leave behind, in .orch", install: "cd to a folder of yours")
    }

    private static var processes: Finding {
        #if os(Linux)
            let isThere = access("/proc/self/environ", R_OK) == 0 && access("/proc/self/fd", R_OK) == 0
            return Finding(
                name: "/proc", state: isThere ? .ok : .missing, found: isThere ? "it is mounted" : "it is not mounted",
                neededFor: "finding every process of a run at its end", install: "mount -t proc proc /proc")
        #else
            return Finding(
                name: "processes", state: .ok, found: "the system lists them",
                neededFor: "finding every process of a run at its end", install: nil)
        #endif
    }

    private static var reason: String { String(cString: strerror(errno)) }

    // MARK: What else there may be

    private static var programs: [Finding] {
        var findings: [Finding] = []
        func look(_ names: [String], _ neededFor: String, _ install: String) {
            let path = names.lazy.compactMap(find).first
            findings.append(
                Finding(
                    name: names[0], state: path == nil ? .absent : .ok, found: path ?? "not on PATH",
                    neededFor: neededFor,
                    install: install))
        }
        look(["swift"], "building orch, and topologies in Swift", "see https://www.swift.org/install/linux/")
        look(["python3"], "programs in Python", "apt-get install python3")
        if let python = find("python3") {
            let isThere = Program.succeeds([python, "-c", "import pika"])
            findings.append(
                Finding(
                    name: "pika", state: isThere ? .ok : .absent,
                    found: isThere ? "python3 imports it" : "python3 has none",
                    neededFor: "AMQP from Python, as in orch up user-program", install: "apt-get install python3-pika"))
        } else {
            findings.append(
                Finding(
                    name: "pika", state: .absent, found: "there is no python3",
                    neededFor: "AMQP from Python, as in orch up user-program", install: "apt-get install python3-pika"))
        }
        look(["rabbitmq-server"], "running a topology on a real RabbitMQ", "apt-get install rabbitmq-server")
        look(["protoc"], "services from a .proto file", "apt-get install protobuf-compiler libprotobuf-dev")
        look(
            ["chromium", "chromium-browser", "google-chrome"], "the tests of the HTML pages", "apt-get install chromium"
        )
        look(["curl"], "the tests of feeds, and HTTP by hand", "apt-get install curl")
        return findings
    }

    /// On `PATH`, or where Debian puts servers.
    private static func find(_ name: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders = path.split(separator: ":").map(String.init) + (path.isEmpty ? [] : ["/usr/sbin", "/sbin"])
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}

/// A program of which only the end counts.
private enum Program {
    /// Whether it ends with status 0, within 10 seconds.
    static func succeeds(_ words: [String]) -> Bool {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor: Int32 in 0...2 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawn(&process, words[0], &actions, nil, &arguments, environ) == 0 else { return false }
        var status: Int32 = 0
        for _ in 0..<1_000 {
            if waitpid(process, &status, WNOHANG) == process { return status == 0 }
            usleep(10_000)
        }
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        return false
    }
}
