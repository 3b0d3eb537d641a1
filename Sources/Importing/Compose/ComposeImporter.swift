import ClusterModel
import TopologyDSL
import TopologyText

/// A compose file → a topology: programs with a command become nodes, RabbitMQ becomes a broker.
package struct ComposeImporter {
    let file: YAMLFile
    var leftOut: LeftOutList
    private var services: [Service] = []

    /// A service, and what becomes of it.
    struct Service {
        enum Fate: Equatable { case broker, program, nothing }

        var name: String
        var node: String
        var tree: YAMLTree
        var fate: Fate
    }

    package static func run(_ file: YAMLFile) throws(YAMLFile.Problems) -> Imported {
        var importer = ComposeImporter(file)
        return try importer.run()
    }

    private init(_ file: YAMLFile) {
        self.file = file
        leftOut = LeftOutList(file)
    }

    private mutating func run() throws(YAMLFile.Problems) -> Imported {
        guard let tree = file.root["services"], let entries = tree.entries else {
            throw file.problem(
                "this is no compose file: expected a mapping with 'services'", at: file.root["services"] ?? file.root)
        }
        var names = NodeNames()
        for entry in entries {
            guard entry.value.entries != nil else {
                throw file.problem(
                    "service '\(entry.key)': expected a mapping, found \(entry.value.kind)", at: entry.value)
            }
            let fate = self.fate(of: entry.key, entry.value)
            services.append(
                Service(
                    name: entry.key, node: fate == .nothing ? entry.key : names.make(entry.key), tree: entry.value,
                    fate: fate))
        }
        var nodes: [TopologyValue.Entry] = []
        for service in services where service.fate != .nothing {
            if service.node != service.name {
                leftOut.add("name", of: service.name, "as a node it is called \(service.node)", at: service.tree)
            }
            nodes.append(service.fate == .broker ? broker(service) : try program(service))
        }
        guard !nodes.isEmpty else {
            throw file.problem(
                "nothing in it can be a node: no service has a 'command' or is a RabbitMQ", at: tree,
                advice: leftOut.items.first.map { "\($0.names.joined(separator: ", ")): \($0.why)" })
        }
        for (key, why) in Self.topLevelReasons {
            if let value = file.root[key] { leftOut.add(key, why, at: value) }
        }
        return try Imported(document(nodes), leftOut: leftOut, from: file.location(of: file.root).file)
    }

    private static let topLevelReasons = [
        ("volumes", "programs see this machine's own files"), ("secrets", "programs see this machine's own files"),
        ("configs", "programs see this machine's own files"),
        ("include", "included files are not read: import each of them"),
    ]

    private func document(_ nodes: [TopologyValue.Entry]) -> TopologyDocument {
        var document = TopologyDocument()
        let path = lastPart(of: file.location(of: file.root).file)
        document.header = [
            "The services of \(path), by orch import compose: processes of this machine instead of containers.",
            "",
            "Keep this file beside \(path): its folders are meant from here. Programs reach a broker by ORCH_<NODE>_URL,",
            "or by $(NODE.url), $(NODE.host) and $(NODE.port) in env and command: always through a link of their own.",
        ]
        let absent = services.filter { $0.fate == .nothing }.map(\.name)
        if !absent.isEmpty {
            document.header += ["", "Not carried over: \(absent.joined(separator: ", "))."]
        }
        if let name = file.root["name"]?.text, !name.contains("$") {
            document.sections.append(.init("name", .text(name)))
        }
        document.add("nodes", nodes)
        if services.contains(where: { $0.fate == .broker }), services.contains(where: { $0.fate == .program }) {
            document.footer = [
                "Next: what breaks, and what must hold. For example:",
                "  faults: [{ drop: 20%, link: all, for: 10s }]",
                "  assertions: [{ delivery: at-least-once, from: PRODUCER, to: CONSUMER }]",
            ]
        }
        return document
    }

    // MARK: What becomes of a service

    /// Keys without which a program is not the same outside of a container.
    private static let containerOnly: [(key: String, why: String)] = [
        ("privileged", "it wants to be privileged"), ("devices", "it wants devices"),
        ("device_cgroup_rules", "it wants devices"), ("cap_add", "it wants capabilities"),
        ("pid", "it shares processes"),
        ("ipc", "it shares memory"), ("gpus", "it wants devices"),
        ("runtime", "it wants a container runtime of its own"),
        ("provider", "it is not run by compose itself"),
    ]

    private mutating func fate(of name: String, _ tree: YAMLTree) -> Service.Fate {
        func refuse(_ why: String, _ place: YAMLTree? = nil) -> Service.Fate {
            leftOut.add("service", of: name, why, at: place ?? tree)
            return .nothing
        }
        if isBroker(tree) { return .broker }
        if let profiles = tree["profiles"]?.items, !profiles.isEmpty {
            return refuse("it starts only with a profile", tree["profiles"])
        }
        for (key, why) in Self.containerOnly {
            if let value = tree[key], value.flag != false, !value.isNull, value.items?.isEmpty != true {
                return refuse(why, value)
            }
        }
        if let mode = tree["network_mode"]?.text, mode.hasPrefix("service:") || mode.hasPrefix("container:") {
            return refuse("it shares another container's network", tree["network_mode"])
        }
        for volume in tree["volumes"]?.items ?? [] {
            if let source = volume.text ?? volume["source"]?.text, source.contains("docker.sock") {
                return refuse("it speaks to the container engine", volume)
            }
        }
        let hasCommand = ["entrypoint", "command"].contains { key in
            guard let value = tree[key], !value.isNull else { return false }
            return value.text?.isEmpty != true && value.items?.isEmpty != true
        }
        if hasCommand { return .program }
        if let extends = tree["extends"] { return refuse("what it extends is not read", extends) }
        return refuse(
            tree["build"] == nil
                ? "it has no command: what its image \(tree["image"]?.text ?? "") runs is not in this file"
                : "it has no command: give it the CMD of its Dockerfile as 'command', and import again")
    }

    /// By its image: RabbitMQ, or a broker that speaks as it does.
    private func isBroker(_ tree: YAMLTree) -> Bool {
        guard let image = tree["image"]?.text else { return false }
        let last = lastPart(of: image).split(whereSeparator: { $0 == ":" || $0 == "@" }).first.map(String.init) ?? ""
        return last == "rabbitmq" || last == "lavinmq"
    }

    var brokers: [Service] { services.filter { $0.fate == .broker } }

    func service(named name: String) -> Service? { services.first { $0.name == name } }

    // MARK: A broker

    private mutating func broker(_ service: Service) -> TopologyValue.Entry {
        var entries: [TopologyValue.Entry] = []
        for (port, published) in ports(of: service.tree) where port == "5672" {
            guard let published, entries.isEmpty else { continue }
            guard published.contains("${") || Int(published).map((1...65_535).contains) == true else {
                leftOut.add(
                    "port \(published):\(port)", of: service.name, "\(published) is no port",
                    at: service.tree["ports"] ?? service.tree)
                continue
            }
            entries.append(.init("port", Int(published) == nil ? .template(published) : .word(published)))
        }
        let environment = self.environment(of: service)
        for (name, value, tree) in environment where value != "guest" {
            switch name {
            case "RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS":
                leftOut.add(name, of: service.name, "the embedded broker knows guest (password guest) only", at: tree)
            case "RABBITMQ_DEFAULT_VHOST" where value != "/":
                leftOut.add(name, of: service.name, "all is in the virtual host /", at: tree)
            default: break
            }
        }
        for (port, published) in ports(of: service.tree) where port != "5672" && published != nil {
            leftOut.add(
                "port \(port)", of: service.name, "the embedded broker speaks AMQP 0-9-1 only",
                at: service.tree["ports"] ?? service.tree)
        }
        for volume in service.tree["volumes"]?.items ?? [] {
            let source = volume.text ?? volume["source"]?.text ?? ""
            if source.contains("definitions") {
                leftOut.add("definitions", of: service.name, "orch import rabbitmq reads them", at: volume)
            }
        }
        let image = service.tree["image"]?.text ?? "rabbitmq"
        return .init(
            service.node, .mapping([.init("broker", .mapping(entries))]),
            comment: [
                "\(image) in \(lastPart(of: file.location(of: file.root).file)). A real one: broker: { engine: external, url: … }"
            ])
    }

    /// Ports of the container, and where each is published on this machine; `nil`: nowhere in particular.
    func ports(of tree: YAMLTree) -> [(port: String, published: String?)] {
        (tree["ports"]?.items ?? []).map { item in
            if item.entries != nil { return (item["target"]?.text ?? "?", item["published"]?.text) }
            let text = ComposeText.template(item.text ?? "?").text
            let whole = text.hasSuffix("/tcp") || text.hasSuffix("/udp") ? String(text.dropLast(4)) : text
            let parts = ComposeText.split(whole, at: ":")
            return (parts.last ?? "?", parts.count > 1 ? parts[parts.count - 2] : nil)
        }
    }

    /// What a service says of its environment, in order; variables that are only passed on come from the shell anyway.
    func environment(of service: Service) -> [(name: String, value: String, tree: YAMLTree)] {
        guard let tree = service.tree["environment"] else { return [] }
        if let entries = tree.entries {
            return entries.compactMap { entry in
                guard case .scalar(let text, _) = entry.value.content, !entry.value.isNull else { return nil }
                return (entry.key, text, entry.value)
            }
        }
        return (tree.items ?? []).compactMap { item in
            guard let text = item.text, let sign = text.firstIndex(of: "=") else { return nil }
            return (String(text[..<sign]), String(text[text.index(after: sign)...]), item)
        }
    }
}
