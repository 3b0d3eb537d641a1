import ClusterModel
import TopologyDSL
import TopologyText

/// A service with a command → a node with a command.
extension ComposeImporter {
    mutating func program(_ service: Service) throws(YAMLFile.Problems) -> TopologyValue.Entry {
        let tree = service.tree
        var entries: [TopologyValue.Entry] = []
        let words = try words(tree["entrypoint"]) + words(tree["command"])
        let folder = folder(of: service)
        tellContainerPaths(words, service)
        entries.append(
            .init(
                "command",
                .list(
                    try words.map { word throws(YAMLFile.Problems) in
                        .template(rewritten(word, "", service, at: tree["command"] ?? tree))
                    })))
        if let folder { entries.append(.init("cwd", .template(folder))) }
        if let environment = environmentEntries(service) { entries.append(.init("env", environment)) }
        if let ready = try ready(service) { entries.append(.init("ready", ready)) }
        if let dependencies = try dependencies(service) { entries.append(.init("depends_on", dependencies)) }
        if let restart = restart(service) { entries.append(.init("restart", restart)) }
        if let replicas = tree["deploy"]?["replicas"] ?? tree["scale"], let text = replicas.text, text != "1" {
            let template = ComposeText.template(text).text
            guard template.contains("${") || Int(text).map((0...1_000).contains) == true else {
                throw file.problem("expected a number of replicas from 0 to 1000, found '\(text)'", at: replicas)
            }
            entries.append(.init("replicas", Int(text) == nil ? .template(template) : .word(text)))
        }
        if let stop = stop(service) { entries.append(.init("stop", stop)) }
        tellTheRest(service)
        return .init(service.node, .mapping(entries), comment: origin(service))
    }

    private func origin(_ service: Service) -> [String] {
        guard service.tree["build"] == nil, let image = service.tree["image"]?.text else { return [] }
        return ["Its image was \(image): what it needs must be on this machine."]
    }

    // MARK: Commands

    private func words(_ tree: YAMLTree?) throws(YAMLFile.Problems) -> [String] {
        guard let tree, !tree.isNull else { return [] }
        if let items = tree.items {
            return items.compactMap { if case .scalar(let text, _) = $0.content { text } else { nil } }
        }
        guard let text = tree.text else {
            throw file.problem("expected a command, found \(tree.kind)", at: tree)
        }
        guard let words = ShellWords.split(text) else {
            throw file.problem("a quote in this command is never closed", at: tree)
        }
        return words
    }

    private mutating func tellContainerPaths(_ words: [String], _ service: Service) {
        let system = ["/bin/", "/usr/", "/dev/", "/tmp/", "/etc/", "/proc/"]
        for word in words where word.hasPrefix("/") && word.count > 1 {
            if system.contains(where: word.hasPrefix) || word.contains(" ") { continue }
            leftOut.add(
                "path \(word)", of: service.name, "it is one of the container: put this machine's in its place",
                at: service.tree["command"] ?? service.tree)
        }
    }

    /// Where the program's files are: the folder that is mounted at its working folder, or that its image is built from.
    private mutating func folder(of service: Service) -> String? {
        let tree = service.tree
        let working = tree["working_dir"]?.text
        for volume in tree["volumes"]?.items ?? [] {
            guard let (source, target) = mount(volume), source.hasPrefix(".") || source.hasPrefix("/") else { continue }
            let isWorking = working.map { $0 == target || $0.hasPrefix(target + "/") } ?? false
            let isOnly = working == nil && tree["build"] == nil && (tree["volumes"]?.items?.count ?? 0) == 1
            guard isWorking || isOnly else { continue }
            let below = isWorking ? String((working ?? "").dropFirst(target.count)) : ""
            return ComposeText.template(tidy(source + below)).text
        }
        if let build = tree["build"], let context = build.text ?? build["context"]?.text {
            if context.contains("://") || context.hasPrefix("git@") {
                leftOut.add("build", of: service.name, "its folder is not on this machine", at: build)
                return nil
            }
            return ComposeText.template(tidy(context)).text
        }
        if let working {
            leftOut.add(
                "working_dir \(working)", of: service.name, "it is a folder of the container: say cwd",
                at: tree["working_dir"] ?? tree)
        }
        return nil
    }

    private func tidy(_ path: String) -> String {
        var path = path.hasPrefix("./") && path.count > 2 ? String(path.dropFirst(2)) : path
        while path.count > 1, path.last == "/" { path.removeLast() }
        return path
    }

    /// `./src:/app:ro`, or its long form.
    private func mount(_ volume: YAMLTree) -> (source: String, target: String)? {
        if volume.entries != nil {
            guard let source = volume["source"]?.text, let target = volume["target"]?.text else { return nil }
            return (source, target)
        }
        let parts = ComposeText.split(volume.text ?? "", at: ":")
        return parts.count > 1 ? (parts[0], parts[1]) : nil
    }

    // MARK: Environment

    private mutating func environmentEntries(_ service: Service) -> TopologyValue? {
        var entries: [TopologyValue.Entry] = []
        for (name, value, tree) in environment(of: service) {
            let first = name.unicodeScalars.first
            guard let first, !("0"..."9").contains(first),
                name.utf8.allSatisfy({ $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) })
            else {
                leftOut.add(
                    "variable \(name)", of: service.name, "a topology's variables are letters, digits and _", at: tree)
                continue
            }
            entries.removeAll { $0.key == name }
            entries.append(.init(name, .template(rewritten(value, name, service, at: tree))))
        }
        return entries.isEmpty ? nil : .mapping(entries)
    }

    /// A text in which other services' names lead to their nodes.
    /// - Parameter variable: the variable that holds it; empty for a word of a command.
    private mutating func rewritten(
        _ text: String, _ variable: String, _ service: Service, at tree: YAMLTree
    ) -> String {
        let upper = variable.uppercased()
        let isAboutBroker = ["RABBIT", "AMQP", "BROKER", "CELERY"].contains { upper.contains($0) }
        if let broker = brokers.first, isAboutBroker || brokers.count == 1 && upper == "PORT" {
            if text == "5672", upper.contains("PORT") { return "$(\(broker.node).port)" }
            if isAboutBroker, text != "guest", !text.contains("://"),
                ["USER", "PASS"].contains(where: { upper.contains($0) })
            {
                leftOut.add(
                    "\(variable)'s value", of: service.name, "guest now: the embedded broker knows nobody else",
                    at: tree)
                return "guest"
            }
        }
        let (template, unknown) = ComposeText.template(text)
        for substitution in unknown {
            leftOut.add(
                substitution, of: service.name, "a topology has no such substitution: nothing is in its place", at: tree
            )
        }
        let mayBeHost = ["HOST", "ADDR", "SERVER", "URL", "URI", "NODE"].contains { upper.contains($0) }
        // Lists of addresses, and scripts for a shell.
        let words = ComposeText.split(template, at: " ").map { word in
            ComposeText.split(word, at: ",").map {
                address($0, mayBeHost: mayBeHost, variable, service, at: tree) ?? $0
            }.joined(separator: ",")
        }
        return words.joined(separator: " ")
    }

    private mutating func address(
        _ text: String, mayBeHost: Bool, _ variable: String, _ service: Service, at tree: YAMLTree
    ) -> String? {
        guard var address = ComposeAddress(text), let other = self.service(named: address.host) else { return nil }
        let isAlone = address.scheme == nil && address.port == nil
        // A port makes `name:80` an address; a word alone is one only where the variable's name says so.
        if isAlone, !mayBeHost || !address.rest.isEmpty { return nil }
        if address.scheme == nil, let port = address.port, Int(port) == nil, !port.hasPrefix("$") { return nil }
        switch other.fate {
        case .broker:
            if address.scheme == nil {
                let value = isAlone ? "$(\(other.node).host)" : "$(\(other.node).address)"
                return address.lead + value + address.rest + address.tail
            }
            guard ["amqp", "amqps", "pyamqp"].contains(address.scheme ?? "") else {
                leftOut.add(
                    "\(address.scheme ?? "")://\(other.name)", of: service.name,
                    "the embedded broker speaks AMQP 0-9-1 only",
                    at: tree)
                return nil
            }
            if !["", "/", "//", "/%2F", "/%2f"].contains(address.rest) {
                leftOut.add(
                    "\(address.rest) of the broker's URL", of: service.name, "all is in the virtual host /", at: tree)
            }
            return "\(address.lead)$(\(other.node).url)\(address.tail)"
        case .program:
            address.host = "127.0.0.1"
            return address.text
        case .nothing:
            let what = variable.isEmpty ? "command" : variable
            leftOut.add(
                what, of: service.name,
                "it names \(other.name), which is not carried over: start one, and name it there",
                at: tree)
            return nil
        }
    }

    // MARK: Life

    private mutating func ready(_ service: Service) throws(YAMLFile.Problems) -> TopologyValue? {
        guard let check = service.tree["healthcheck"], check["disable"]?.flag != true, let test = check["test"] else {
            return nil
        }
        var command: [String]
        if let items = test.items {
            let words = items.compactMap(\.text)
            switch words.first {
            case "NONE", nil: return nil
            case "CMD": command = Array(words.dropFirst())
            case "CMD-SHELL": command = ["sh", "-c", words.dropFirst().joined(separator: " ")]
            default:
                throw file.problem("a health check starts with CMD, CMD-SHELL or NONE", at: test)
            }
        } else {
            command = ["sh", "-c", test.text ?? ""]
        }
        guard let first = command.first, !first.isEmpty else { return nil }
        func duration(_ key: String, _ fallback: Duration) -> Duration {
            check[key]?.text.flatMap { try? Units.duration($0) } ?? fallback
        }
        let interval = duration("interval", .seconds(30))
        let retries = check["retries"]?.number ?? 3
        let limit = duration("start_period", .zero) + interval * min(max(retries, 1), 1_000)
        let pause = min(max(duration("start_interval", interval), .milliseconds(50)), .seconds(1))
        var entries: [TopologyValue.Entry] = []
        let texts = command.map { rewritten($0, "", service, at: test) }
        entries.append(.init("exec", .list(texts.map { .template($0) })))
        if limit > .seconds(30) { entries.append(.init("timeout", .word(min(limit, .seconds(86_400)).text))) }
        entries.append(.init("interval", .word(pause.text)))
        return .mapping(entries)
    }

    private mutating func dependencies(_ service: Service) throws(YAMLFile.Problems) -> TopologyValue? {
        guard let tree = service.tree["depends_on"] else { return nil }
        var names: [String] = []
        let all: [(name: String, tree: YAMLTree)] =
            tree.entries?.map { ($0.key, $0.value) }
            ?? (tree.items ?? []).compactMap { item in item.text.map { ($0, item) } }
        for (name, place) in all {
            guard let other = self.service(named: name) else {
                throw file.problem("service '\(service.name)' depends on '\(name)', which is not there", at: place)
            }
            guard other.fate != .nothing else {
                leftOut.add("depends_on \(name)", of: service.name, "\(name) is not carried over", at: place)
                continue
            }
            if place["condition"]?.text == "service_completed_successfully" {
                leftOut.add(
                    "condition: service_completed_successfully", of: service.name,
                    "it waits until \(other.node) has started, not until it has ended", at: place)
            }
            if !names.contains(other.node) { names.append(other.node) }
        }
        return names.isEmpty ? nil : .oneOrMany(names.map { .text($0) })
    }

    private mutating func restart(_ service: Service) -> TopologyValue? {
        var mode: String?
        var maximum: String?
        var backoff: String?
        if let policy = service.tree["deploy"]?["restart_policy"] {
            mode = ["none": "no", "on-failure": "on-failure", "any": "always"][policy["condition"]?.text ?? "any"]
            maximum = policy["max_attempts"]?.number.map { "\($0)" }
            backoff = policy["delay"]?.text.flatMap { try? Units.duration($0) }?.text
        } else if let text = service.tree["restart"]?.text {
            let parts = text.split(separator: ":")
            mode =
                ["no": "no", "always": "always", "unless-stopped": "always", "on-failure": "on-failure"][
                    parts.first.map(String.init) ?? ""]
            if parts.count == 2 { maximum = Int(parts[1]).map { "\($0)" } }
            if mode == nil {
                leftOut.add(
                    "restart: \(text)", of: service.name, "there is no such policy",
                    at: service.tree["restart"] ?? service.tree)
            }
        }
        guard let mode, mode != "no" else { return nil }
        if maximum == nil, backoff == nil { return .word(mode) }
        var entries = [TopologyValue.Entry("mode", .word(mode))]
        if let maximum { entries.append(.init("max", .word(maximum))) }
        if let backoff { entries.append(.init("backoff", .word(backoff))) }
        return .mapping(entries)
    }

    private mutating func stop(_ service: Service) -> TopologyValue? {
        var entries: [TopologyValue.Entry] = []
        if let tree = service.tree["stop_signal"], let text = tree.text?.uppercased() {
            let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
            if ["TERM", "INT", "HUP", "QUIT", "KILL"].contains(name) {
                entries.append(.init("signal", .word(name)))
            } else {
                leftOut.add(
                    "stop_signal \(text)", of: service.name, "a node is asked by TERM, INT, HUP, QUIT or KILL", at: tree
                )
            }
        }
        if let text = service.tree["stop_grace_period"]?.text, let time = try? Units.duration(text) {
            entries.append(.init("timeout", .word(time.text)))
        }
        return entries.isEmpty ? nil : .mapping(entries)
    }

    // MARK: The rest

    /// Said of a container, and true of a process anyway.
    private static let harmless: Set<String> = [
        "image", "build", "command", "entrypoint", "working_dir", "environment", "healthcheck", "depends_on", "restart",
        "scale",
        "stop_signal", "stop_grace_period", "deploy", "container_name", "hostname", "networks", "expose", "init", "tty",
        "stdin_open", "logging", "pull_policy", "platform", "labels", "annotations", "attach", "profiles", "develop",
        "links",
        "privileged", "volumes", "ports", "extends",
    ]

    private static let reasons = [
        "env_file": "its variables are not read: put them under env, or set them in the shell",
        "secrets": "programs see this machine's own files", "configs": "programs see this machine's own files",
        "user": "programs run as you", "tmpfs": "programs see this machine's own files",
        "extra_hosts": "there is one host, 127.0.0.1", "network_mode": "programs are on this machine's network",
        "ulimits": "programs have your limits", "mem_limit": "programs have your limits",
        "cpus": "programs have your limits",
        "read_only": "programs see this machine's own files",
    ]

    private mutating func tellTheRest(_ service: Service) {
        for entry in service.tree.entries ?? [] where !Self.harmless.contains(entry.key) && !entry.key.hasPrefix("x-") {
            leftOut.add(
                entry.key, of: service.name, Self.reasons[entry.key] ?? "it is about containers", at: entry.value)
        }
        for volume in service.tree["volumes"]?.items ?? [] {
            guard let (source, target) = mount(volume) else { continue }
            leftOut.add(
                "volume \(source)", of: service.name,
                source.hasPrefix(".") || source.hasPrefix("/")
                    ? "it is not mounted at \(target): the program sees \(source) itself"
                    : "there is no folder \(target) of its own", at: volume)
        }
        for (port, published) in ports(of: service.tree) where published != nil && published != port {
            leftOut.add(
                "port \(published ?? ""):\(port)", of: service.name,
                "nothing is mapped: the program listens where it listens, on \(port)",
                at: service.tree["ports"] ?? service.tree)
        }
        if let extends = service.tree["extends"] {
            leftOut.add("extends", of: service.name, "what it extends is not read", at: extends)
        }
        if service.tree["deploy"]?["mode"]?.text == "global" {
            leftOut.add(
                "deploy.mode: global", of: service.name, "there is one machine",
                at: service.tree["deploy"] ?? service.tree)
        }
    }
}
