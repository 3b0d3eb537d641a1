import ClusterModel
import Testing
import TopologyDSL
import TopologyText

@testable import Importing

@Suite struct ComposeTests {
    private func imported(_ yaml: String) throws -> Imported {
        try ComposeImporter.run(try tree(yaml, "compose.yaml"))
    }

    private func topology(_ yaml: String, _ environment: [String: String] = [:]) throws -> Topology {
        try TopologyFile.load(text: try imported(yaml).text, path: "out.yaml", environment: environment).get()
    }

    /// A service called `app` with these lines, beside a broker and a database.
    private func app(_ lines: String) -> String {
        """
        services:
          rabbitmq: { image: "rabbitmq:3-management" }
          db: { image: postgres }
          other: { command: [sleep, "5"], build: . }
          app:
        \(lines.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        """
    }

    private func node(_ lines: String, _ environment: [String: String] = [:]) throws -> Node {
        try #require(try topology(app(lines), environment).node(named: "app"))
    }

    private func told(_ lines: String) throws -> [String] {
        try imported(app(lines)).leftOut.filter { $0.names == ["app"] }.map(\.text)
    }

    @Test func aCommandBecomesANode() throws {
        let app = try node(
            """
            build: ./src/app/
            entrypoint: python -u
            command: ["worker.py", "it's", "$$HOME", "a b"]
            depends_on: [rabbitmq, db, other]
            restart: unless-stopped
            stop_signal: sigint
            stop_grace_period: 1m30s
            """)
        #expect(app.command?.arguments == ["python", "-u", "worker.py", "it's", "$$HOME", "a b"])
        #expect(app.command?.directory == "src/app")
        #expect(app.dependsOn == ["rabbitmq", "other"])
        #expect(app.restart.mode == .always)
        #expect(app.stop.signal == "INT" && app.stop.timeout == .seconds(90))
        #expect(app.replicas == nil)
    }

    @Test func aRabbitMQBecomesABroker() throws {
        for image in [
            "rabbitmq", "rabbitmq:3.13-management@sha256:abc", "docker.io/library/rabbitmq:4",
            "cloudamqp/lavinmq:latest",
        ] {
            let topology = try topology(
                "services: { mq: { image: '\(image)', ports: ['127.0.0.1:5673:5672', '15672:15672'] } }")
            #expect(topology.nodes[0].broker == BrokerRole(engine: .embedded, port: 5673), "\(image)")
        }
        let long = try topology("services: { mq: { image: rabbitmq, ports: [{ target: 5672, published: '5674' }] } }")
        #expect(long.nodes[0].broker?.port == 5674)
        let random = try topology("services: { mq: { image: rabbitmq, ports: ['5672'] } }")
        #expect(random.nodes[0].broker?.port == nil)
        let variable = try topology("services: { mq: { image: rabbitmq, ports: ['${P:-5675}:5672'] } }", ["P": "5676"])
        #expect(variable.nodes[0].broker?.port == 5676)
        #expect(
            message { try imported("services: { mq: { image: rabbitmq-exporter } }") }.contains(
                "nothing in it can be a node"))
    }

    @Test(arguments: [
        ("A=x", "x"), ("AMQP_URL=amqp://shop:secret@rabbitmq:5672/", "$(rabbitmq.url)"),
        ("CELERY_BROKER_URL=pyamqp://${U}:${P:-a/b}@rabbitmq//", "$(rabbitmq.url)"),
        ("RABBIT_HOST=rabbitmq", "$(rabbitmq.host)"),
        ("RABBIT_PORT=5672", "$(rabbitmq.port)"), ("RABBIT_PORT=5671", "5671"),
        ("MQ=rabbitmq:5672", "$(rabbitmq.address)"),
        ("MQ_USER=me", "me"), ("RABBIT_USER=me", "guest"), ("RABBITMQ_PASSWORD=secret", "guest"),
        ("KIND=rabbitmq", "rabbitmq"), ("API=http://other:80/x?y=z", "http://127.0.0.1:80/x?y=z"),
        ("HOSTS=rabbitmq,elsewhere", "$(rabbitmq.host),elsewhere"), ("DB=postgres://u@db/x", "postgres://u@db/x"),
        ("H=$HOME and ${HOME:-no}", "${HOME} and ${HOME:-no}"), ("E=a=b", "a=b"), ("M=$(date)", "$$(date)"),
        ("K=5$", "5$$"),
        ("L=http://localhost:5672", "http://localhost:5672"), ("S=${X:+rabbitmq}y", "y"), ("B=${X x}${1}y", "y"),
    ])
    func variablesLeadToNodes(_ line: String, _ expected: String) throws {
        let text = try imported(app("command: x\nenvironment: ['\(line)']")).text
        let name = line.prefix { $0 != "=" }
        let written = TopologyWriter.inline(.template(expected))
        #expect(text.contains("\(name): \(written)"), "\(text)")
    }

    @Test func variablesMayBeAMappingAndMerged() throws {
        let app = try node(
            """
            <<: { environment: { GONE: 1 } }
            command: x
            environment:
              N: 5
              B: true
              NOTHING:
              EMPTY: ""
              bad-name: 1
            """)
        #expect(app.env == ["N": "5", "B": "true", "EMPTY": ""])
    }

    @Test func wordsOfCommandsLeadToNodesToo() throws {
        let app = try node(
            "command: sh -c 'wait-for rabbitmq:5672 && run --broker=\"amqp://a:b@rabbitmq:5672\" http://other/'")
        #expect(
            app.command?.arguments == [
                "sh", "-c", "wait-for $(rabbitmq.address) && run --broker=\"$(rabbitmq.url)\" http://127.0.0.1/",
            ])
    }

    @Test(
        arguments: [
            ("test: [CMD, curl, -f, 'http://localhost/']", ["curl", "-f", "http://localhost/"]),
            ("test: [CMD-SHELL, 'a || exit 1']", ["sh", "-c", "a || exit 1"]), ("test: a | b", ["sh", "-c", "a | b"]),
            ("test: [NONE]", nil), ("disable: true\n  test: x", nil), ("interval: 5s", nil),
        ] as [(String, [String]?)])
    func healthChecksSayWhenItIsReady(_ check: String, _ expected: [String]?) throws {
        let ready = try node("command: x\nhealthcheck:\n  \(check)").command?.ready
        #expect(ready?.kind == expected.map { .exec($0) })
    }

    @Test func aHealthCheckHasItsTimes() throws {
        let ready = try node(
            "command: x\nhealthcheck: { test: [CMD, a], interval: 10s, retries: 5, start_period: 1m, timeout: 3s }"
        ).command?.ready
        #expect(ready?.timeout == .seconds(110) && ready?.interval == .seconds(1))
        let quick = try node("command: x\nhealthcheck: { test: [CMD, a], interval: 200ms, retries: 2 }").command?.ready
        #expect(quick?.timeout == .seconds(30) && quick?.interval == .milliseconds(200))
    }

    @Test(arguments: [
        ("restart: 'no'", RestartPolicy()), ("restart: always", RestartPolicy(mode: .always)),
        ("restart: on-failure", RestartPolicy(mode: .onFailure)),
        ("restart: on-failure:3", RestartPolicy(mode: .onFailure, maximum: 3)),
        ("deploy: { restart_policy: { condition: any } }", RestartPolicy(mode: .always)),
        ("deploy: { restart_policy: { condition: none } }\nrestart: always", RestartPolicy()),
    ])
    func restarts(_ line: String, _ expected: RestartPolicy) throws {
        #expect(try node("command: x\n\(line)").restart == expected)
    }

    @Test func replicas() throws {
        #expect(try node("command: x\ndeploy: { replicas: 3 }").replicas == 3)
        #expect(try node("command: x\nscale: 2").replicas == 2)
        #expect(try node("command: x\nscale: 1").replicas == nil)
        #expect(try node("command: x\ndeploy: { replicas: '${N:-4}' }").replicas == 4)
    }

    @Test(
        arguments: [
            ("working_dir: /app\nvolumes: ['.:/app:ro']", "."),
            ("working_dir: /app/src\nvolumes: ['./a:/app', 'x:/y']", "a/src"),
            ("volumes: [{ type: bind, source: ./b, target: /b }]\nworking_dir: /b", "b"), ("volumes: ['./c:/c']", "c"),
            ("build: { context: .. }", ".."), ("working_dir: /app", nil), ("build: 'https://example.org/x.git'", nil),
            ("image: a", nil),
            ("working_dir: /application\nvolumes: ['./a:/app', './b:/b']", nil),
        ] as [(String, String?)])
    func foldersOfTheContainerAreThoseOfTheMachine(_ lines: String, _ expected: String?) throws {
        #expect(try node("command: x\n\(lines)").command?.directory == expected)
    }

    @Test(arguments: [
        ("privileged: true", "it wants to be privileged"), ("devices: [/dev/x]", "it wants devices"),
        ("cap_add: [NET_ADMIN]", "it wants capabilities"),
        ("network_mode: 'service:db'", "it shares another container's network"),
        ("profiles: [debug]", "it starts only with a profile"),
        ("volumes: ['/var/run/docker.sock:/var/run/docker.sock']", "it speaks to the container engine"),
    ])
    func whatNeedsAContainerIsNotCarriedOver(_ line: String, _ why: String) throws {
        #expect(try told("command: x\n\(line)") == ["compose.yaml:\(try lineOf(why)): service (app): \(why)"])
        #expect(try topology(app("command: x\n\(line)")).node(named: "app") == nil)
    }

    /// Where the reason stands: the second line of `app`, behind its key.
    private func lineOf(_ why: String) throws -> String {
        let columns = [
            "it wants to be privileged": 17, "it wants devices": 14, "it wants capabilities": 14,
            "it shares another container's network": 19, "it starts only with a profile": 15,
            "it speaks to the container engine": 15,
        ]
        return "7:\(try #require(columns[why]))"
    }

    @Test(
        arguments: [
            ("privileged: false", nil), ("env_file: .env", "env_file (app)"),
            ("ports: ['8080:80']", "port 8080:80 (app)"),
            ("ports: ['80:80']", nil), ("volumes: ['data:/data']", "volume data (app)"), ("networks: [a]", nil),
            ("user: root", "user (app)"),
            ("security_opt: [a]", "security_opt (app): it is about containers"), ("x-mine: 1", nil),
            ("command: /app/run", nil),
            ("depends_on: { db: { condition: service_healthy } }", "depends_on db (app)"),
            (
                "depends_on: { other: { condition: service_completed_successfully } }",
                "condition: service_completed_successfully (app)"
            ),
            ("environment: { DB_URL: 'postgres://db/x' }", "DB_URL (app): it names db"),
            ("restart: sometimes", "restart: sometimes (app)"),
            ("stop_signal: SIGUSR1", "stop_signal SIGUSR1 (app)"),
            ("entrypoint: /app/run.sh", "path /app/run.sh (app)"),
            ("environment: { AMQP: 'amqp://rabbitmq/shop' }", "/shop of the broker's URL (app)"),
            (
                "environment: { HTTP: 'http://rabbitmq:15672' }",
                "http://rabbitmq (app): the embedded broker speaks AMQP"
            ),
        ] as [(String, String?)])
    func whatIsLeftOutIsTold(_ line: String, _ expected: String?) throws {
        let lines = line.hasPrefix("command") ? "build: .\nentrypoint: sh" : "command: x\n\(line)"
        let told = try told(lines)
        if let expected {
            #expect(told.contains { $0.contains(expected) }, "\(told)")
        } else {
            #expect(told.isEmpty)
        }
    }

    @Test func servicesWithoutACommandAreListed() throws {
        let imported = try imported(app("build: ."))
        #expect(imported.leftOut.map(\.names) == [["db"], ["app"]])
        #expect(imported.text.contains("# Not carried over: db, app."))
    }

    @Test func namesThatNodesCannotHaveAreChanged() throws {
        let topology = try topology(
            "services: { api.v1: { command: x }, api-v1: { command: y, depends_on: [api.v1] }, all: { command: z }, '..': { command: z } }"
        )
        #expect(topology.nodes.map(\.name) == ["api-v1", "api-v1-2", "all-node", "node"])
        #expect(topology.nodes[1].dependsOn == ["api-v1"])
    }

    @Test(arguments: [
        ("", "the file is empty"), ("a: 1", "compose.yaml:1:1: error: this is no compose file"),
        ("services: [a]", "compose.yaml:1:11: error:"),
        ("services: { a: 5 }", "compose.yaml:1:16: error: service 'a': expected a mapping, found text"),
        ("services: {}", "nothing in it can be a node"),
        ("services: { a: { build: . } }", "give it the CMD of its Dockerfile"),
        ("services:\n  a:\n    command: echo 'x", "compose.yaml:3:14: error: a quote in this command is never closed"),
        ("services:\n  a:\n    command: { x: 1 }", "compose.yaml:3:14: error: expected a command, found a mapping"),
        (
            "services:\n  a: { command: x, depends_on: [b] }",
            "compose.yaml:2:33: error: service 'a' depends on 'b', which is not there"
        ),
        ("services:\n  a: { command: x, healthcheck: { test: [curl, x] } }", "a health check starts with CMD"),
        (
            "services:\n  a: { command: x, depends_on: [b] }\n  b: { command: x, depends_on: [a] }",
            "these nodes wait for each other"
        ),
        ("services: { a: { command: x, scale: 3a } }", "expected a number of replicas from 0 to 1000, found '3a'"),
        ("services:\n  a: *none", "no anchor &none"), ("services:\n\ta: 1", "a tab"),
    ])
    func brokenFilesSayWhatAndWhere(_ yaml: String, _ expected: String) {
        let found = message { try imported(yaml) }
        #expect(found.contains(expected), "\(found)")
    }

    @Test(
        arguments: [
            ("a b  c", ["a", "b", "c"]), ("a 'b c' \"d \\\" e\"", ["a", "b c", "d \" e"]), ("a\\ b", ["a b"]),
            ("''", [""]),
            ("x'y'z", ["xyz"]), ("\"a\\nb\"", ["a\\nb"]), ("", []), ("'a", nil), ("a\\", nil),
        ] as [(String, [String]?)])
    func shellWords(_ text: String, _ expected: [String]?) { #expect(ShellWords.split(text) == expected) }
}
