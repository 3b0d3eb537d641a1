import Foundation
import TestSupport
import Testing

/// The first hour with orch: importing what one has, writing a first topology, finding out what is missing.
@Suite struct AdoptionTests {
    private let orch = OrchBinary()

    // MARK: import

    private static let definitions = """
        {"users": [{"name": "shop"}], "vhosts": [{"name": "/"}],
         "exchanges": [{"name": "shop", "vhost": "/", "type": "topic", "durable": true}],
         "queues": [{"name": "orders", "vhost": "/", "durable": true, "arguments": {"x-max-length": 5}}],
         "bindings": [{"source": "shop", "vhost": "/", "destination": "orders", "destination_type": "queue",
                       "routing_key": "order.#"}]}
        """

    @Test func anImportedTopologyRunsToItsVerdict() async throws {
        defer { orch.remove() }
        orch.write(Self.definitions, to: "defs.json")
        let written = try await orch.run("import", "rabbitmq", "defs.json", "-o", "shop.yaml")
        #expect(written.code == 0)
        #expect(written.output.contains("orch up shop.yaml"))
        #expect(written.errors.contains("defs.json:3:93: x-max-length (orders): the embedded broker does not do it"))
        #expect(written.errors.contains("defs.json:1:12: user (shop)"))
        #expect(try await orch.run("validate", "shop.yaml").code == 0)
        let run = try await orch.run("up", "shop.yaml")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        #expect(Processes.ofRuns(in: orch.folder).isEmpty)
    }

    @Test func anAsyncAPIDocumentRunsToItsVerdict() async throws {
        defer { orch.remove() }
        orch.write(
            """
            asyncapi: 3.0.0
            channels:
              news: { address: "n.{x}", bindings: { amqp: { exchange: { name: news, type: topic } } } }
              jobs: { address: jobs, bindings: { amqp: { is: queue, queue: { durable: true } } } }
            operations:
              tell: { action: send, channel: { $ref: '#/channels/news' } }
              work: { action: receive, channel: { $ref: '#/channels/jobs' }, bindings: { amqp: { ack: true } } }
            """, to: "api.yaml")
        #expect(try await orch.run("import", "asyncapi", "api.yaml", "-o", "t.yaml").code == 0)
        let run = try await orch.run("up", "t.yaml")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
    }

    @Test func aComposeFilesProgramsRun() async throws {
        defer { orch.remove() }
        orch.write(
            """
            services:
              mq: { image: "rabbitmq:3" }
              web: { image: nginx }
              client:
                build: .
                command: sh -c 'echo "at $$BROKER_URL for $WHO"; sleep 0'
                environment: { BROKER_URL: "amqp://shop:x@mq:5672/", WHO: "${WHO:-nobody}" }
                depends_on: [mq, web]
            """, to: "compose.yaml")
        let made = try await orch.run("import", "compose", "compose.yaml")
        #expect(made.code == 0)
        #expect(made.errors.contains("compose.yaml:3:8: service (web)"))
        orch.write(
            made.output + "assertions: [{ log: client, contains: \"at amqp://guest:guest@127.0.0.1:\" }]\n",
            to: "t.yaml")
        let run = try await orch.run(["up", "t.yaml"], environment: ["WHO": "me"])
        #expect(run.code == 0, "\(run.output)\(run.errors)")
        #expect(try await orch.run("logs", "client").output.contains("for me"))
    }

    @Test func filesAreNotWrittenOver() async throws {
        defer { orch.remove() }
        orch.write(Self.definitions, to: "defs.json")
        let path = orch.write("mine", to: "shop.yaml")
        let refused = try await orch.run("import", "rabbitmq", "defs.json", "-o", "shop.yaml")
        #expect(refused.code == 64)
        #expect(refused.errors.contains("'shop.yaml' is there already") && refused.errors.contains("--force"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        #expect(try await orch.run("import", "rabbitmq", "defs.json", "-o", "shop.yaml", "--force").code == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("queues:"))
        #expect(try await orch.run("import", "rabbitmq", "defs.json", "-o", "none/shop.yaml").code == 69)
    }

    @Test func brokenFilesExit65WithTheirPlace() async throws {
        defer { orch.remove() }
        orch.write("services:\n  a: { command: x, depends_on: [b] }\n", to: "c.yaml")
        let result = try await orch.run("import", "compose", "c.yaml")
        #expect(result.code == 65 && result.output.isEmpty)
        #expect(result.errors.contains("c.yaml:2:33: error: service 'a' depends on 'b'"))
        let missing = try await orch.run("import", "rabbitmq", "none.json")
        #expect(missing.code == 65 && missing.errors.contains("none.json: error: no such file"))
        #expect(try await orch.run("import", "kafka", "c.yaml").code == 64)
    }

    @Test func whatIsLeftOutAsJSONLines() async throws {
        defer { orch.remove() }
        orch.write(Self.definitions, to: "defs.json")
        let result = try await orch.run("import", "rabbitmq", "defs.json", "--json")
        let lines = try result.errors.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(lines.map { $0?["what"] as? String } == ["user", "x-max-length"])
        #expect(lines.last??["line"] as? Int == 3)
    }

    // MARK: init

    @Test(arguments: ["pubsub", "work-queue", "routing", "rpc", "objects", "push", "long-polling", "gossip"])
    func firstTopologiesPass(_ pattern: String) async throws {
        defer { orch.remove() }
        #expect(try await orch.run("init", "--pattern", pattern, "first").code == 0)
        let run = try await orch.run("up", "first.yaml")
        #expect(run.code == 0, "\(run.output)\(run.errors)")
    }

    @Test func initWritesWhatIsAskedFor() async throws {
        defer { orch.remove() }
        let plain = try await orch.run("init")
        #expect(plain.code == 0 && plain.output.contains("pubsub.yaml is written"))
        #expect(try await orch.run("init").code == 64)
        #expect(try await orch.run("init", "--force").code == 0)
        let shown = try await orch.run("init", "shop", "-p", "work-queue", "-n", "5", "-o", "-")
        #expect(shown.output.contains("name: shop") && shown.output.contains("replicas: 5"))
        for words in [["a b"], ["-p", "none"], ["-n", "0"], ["-n", "101"], ["-p", "objects", "-n", "1"]] {
            #expect(try await orch.run(["init", "-o", "x.yaml"] + words).code == 64, "\(words)")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(orch.folder)/x.yaml"))
    }

    @Test func initWritesTheProgramToo() async throws {
        defer { orch.remove() }
        orch.write("mine", to: "consumer.py")
        #expect(try await orch.run("init", "-p", "program").code == 64)
        #expect(!FileManager.default.fileExists(atPath: "\(orch.folder)/program.yaml"))
        #expect(try await orch.run("init", "-p", "program", "--force").code == 0)
        #expect(try String(contentsOfFile: "\(orch.folder)/consumer.py", encoding: .utf8).contains("ORCH_BROKER_URL"))
        #expect(try await orch.run("validate", "program.yaml").code == 0)
    }

    @Test(arguments: [("2\n", "work-queue"), ("\n", "pubsub"), ("99\nrouting\n", "routing")])
    func onATerminalInitAsks(_ typed: String, _ pattern: String) async throws {
        defer { orch.remove() }
        let program = """
            import os, pty, sys
            pid, terminal = pty.fork()
            if pid == 0:
                os.execv(sys.argv[1], [sys.argv[1], "init"])
            os.write(terminal, sys.argv[2].encode())
            text = b""
            try:
                while part := os.read(terminal, 4096): text += part
            except OSError: pass
            sys.stdout.buffer.write(text)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            """
        let result = try await Shell.run(
            "python3", ["-c", program, OrchBinary.path, typed], in: orch.folder, environment: ["TERM": "xterm"])
        #expect(result.code == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("Which one? [1]"))
        #expect(FileManager.default.fileExists(atPath: "\(orch.folder)/\(pattern).yaml"), "\(result.output)")
    }

    // MARK: doctor

    private func findings(_ result: OrchBinary.Result) throws -> [String: [String: Any]] {
        let list = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
        return Dictionary(uniqueKeysWithValues: list.map { ($0["name"] as? String ?? "", $0) })
    }

    @Test func theDoctorFindsWhatIsThere() async throws {
        defer { orch.remove() }
        let result = try await orch.run("doctor", "--json")
        #expect(result.code == 0, "\(result.output)")
        let found = try findings(result)
        #expect(found.count == 13)
        for name in ["libraries", "loopback", "unix sockets", "open files", "this folder", "/proc"] {
            #expect(found[name]?["state"] as? String == "ok", "\(name)")
        }
        #expect((found["libraries"]?["found"] as? String)?.contains("libsqlite3") == true)
        #expect(try await orch.run("doctor").output.contains("✓ /proc"))
    }

    @Test func theDoctorSaysWhatToInstall() async throws {
        defer { orch.remove() }
        let result = try await orch.run(["doctor"], environment: ["PATH": orch.folder])
        #expect(result.code == 0)
        #expect(result.output.contains("– python3"))
        #expect(result.output.contains("apt-get install protobuf-compiler"))
    }

    @Test func theDoctorEndsWith69WhereOrchCannotRun() async throws {
        defer { orch.remove() }
        let result = try await Shell.run(
            "sh", ["-c", "ulimit -n 100; exec \"$0\" doctor", OrchBinary.path], in: orch.folder)
        #expect(result.code == 69)
        #expect(result.output.contains("✗ open files"))
        #expect(result.output.contains("ulimit -n is 100"))
    }

    // MARK: What is made from the command line

    @Test func theManualPageIsNotBehind() async throws {
        defer { orch.remove() }
        let made = try await orch.run("man")
        #expect(made.code == 0)
        let committed = try? String(contentsOfFile: "\(OrchBinary.root)/docs/man/orch.1", encoding: .utf8)
        #expect(made.output == committed, "run: orch man > docs/man/orch.1")
        for line in [".SS orch up", ".SS orch import rabbitmq", ".SS orch doctor"] {
            #expect(made.output.contains(line + "\n"), "\(line)")
        }
        #expect(!made.output.contains(".SS orch man"))
        // Nothing in a text is a request of roff's by accident.
        let requests = Set(made.output.split(separator: "\n").filter { $0.hasPrefix(".") }.map { $0.prefix(3) })
        #expect(
            requests.isSubset(of: [".\\\"", ".TH", ".SH", ".SS", ".TP", ".PP", ".nf", ".fi", ".B ", ".I "]),
            "\(requests)")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsAreScriptsThatTheirShellReads(_ shell: String) async throws {
        defer { orch.remove() }
        let script = try await orch.run("--generate-completion-script", shell)
        #expect(script.code == 0)
        for word in ["doctor", "import", "rabbitmq", "fault"] { #expect(script.output.contains(word), "\(word)") }
        orch.write(script.output, to: "completion")
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/\(shell)") else { return }
        #expect(try await Shell.run(shell, ["-n", "\(orch.folder)/completion"]).code == 0)
    }

    @Test func bashCompletesCommands() async throws {
        defer { orch.remove() }
        orch.write(try await orch.run("--generate-completion-script", "bash").output, to: "completion")
        let result = try await Shell.run(
            "bash",
            [
                "-c",
                "source ./completion; COMP_WORDS=(orch do); COMP_CWORD=1; COMP_LINE='orch do'; COMP_POINT=7; "
                    + "$(complete -p orch | sed 's/.*-F \\([^ ]*\\).*/\\1/') orch do orch; echo \"${COMPREPLY[@]}\"",
            ], in: orch.folder)
        #expect(
            result.output.split(separator: " ").map { $0.filter { !$0.isWhitespace } }.sorted() == ["doctor", "down"],
            "\(result)")
    }

    @Test func theExamplesForCIAreYAMLThatNamesWhatIsThere() async throws {
        defer { orch.remove() }
        for name in ["github-actions.yml", "gitlab-ci.yml"] {
            let path = "\(OrchBinary.root)/Examples/ci/\(name)"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains("orch test Topologies --report junit="))
            #expect(text.contains("libyaml-dev") && text.contains("swift build -c release"))
            let read = try await Shell.run(
                "python3", ["-c", "import sys, yaml; yaml.safe_load(open(sys.argv[1]))", path])
            #expect(read.code == 0, "\(read.errors)")
        }
    }
}
