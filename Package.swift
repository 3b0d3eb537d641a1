// swift-tools-version: 6.2
import PackageDescription

/// libFuzzer wants everything instrumented and would spoil an ordinary build: scripts/fuzz asks for it.
let isFuzzing = Context.environment["ORCH_FUZZ"] != nil

/// Warnings are errors, in our own targets only.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])] : [])

/// Peers are simulated by the thousand in tests: slow without the optimiser.
let optimised: [SwiftSetting] = strict + [.unsafeFlags(["-O"])]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let http1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let http2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let hpack: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let tls: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "orch",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "orch", targets: ["orch"]),
        // For Swift tests; neither needs any other module or package.
        .library(name: "OrchKit", targets: ["OrchKit"]),
        .library(name: "OrchTestKit", targets: ["OrchTestKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // What comes from Debian.
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"]), .brew(["lua@5.4"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLuaSupport", dependencies: ["CLua"], linkerSettings: [.linkedLibrary("m")]),

        // Arrows go down: each target may import only what it lists.
        .target(name: "ClusterModel", swiftSettings: strict),
        .target(name: "TopologyText", swiftSettings: strict),
        .target(name: "OrchKit", dependencies: ["TopologyText"], swiftSettings: strict),
        .target(name: "OrchTestKit", dependencies: ["OrchKit"], swiftSettings: strict),
        .target(
            name: "TopologyDSL", dependencies: ["ClusterModel", "Protobuf", "Scripting", "TopologyText", "CYAML"],
            swiftSettings: strict
        ),
        .target(
            name: "Playing", dependencies: ["ClusterModel", "TopologyDSL", "Scripting"], swiftSettings: strict),
        .target(
            name: "Importing", dependencies: ["ClusterModel", "TopologyDSL", "TopologyText"], swiftSettings: strict),
        .target(name: "Protobuf", dependencies: ["ClusterModel"], swiftSettings: strict),
        .target(name: "Scripting", dependencies: ["CLuaSupport"], swiftSettings: strict),
        .target(name: "Storage", dependencies: ["CSQLite", nioCore, nioPosix], swiftSettings: strict),
        .target(
            name: "RPC",
            dependencies: [
                "ClusterModel", "Protobuf", "Storage", "CZlib", nioCore, nioPosix, http2, hpack, tls,
                .product(name: "NIOTLS", package: "swift-nio"), deque,
            ],
            swiftSettings: strict),
        .target(
            name: "Objects",
            dependencies: ["ClusterModel", "Protobuf", "Storage", "RPC", "History", nioCore, nioPosix, deque],
            swiftSettings: strict),
        .target(
            name: "Feeds",
            dependencies: [
                "ClusterModel", "Storage", nioCore, nioPosix, http1, logging, deque,
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ], swiftSettings: strict),
        .target(name: "Membership", dependencies: ["ClusterModel", deque], swiftSettings: optimised),
        .target(name: "History", dependencies: ["ClusterModel"], swiftSettings: strict),
        .target(name: "Assertions", dependencies: ["ClusterModel", "History"], swiftSettings: strict),
        .target(name: "Reporting", dependencies: ["ClusterModel", "History", "Assertions"], swiftSettings: strict),
        .target(name: "Suites", dependencies: ["ClusterModel", "Reporting"], swiftSettings: strict),
        .target(name: "AMQP", dependencies: [nioCore], swiftSettings: strict),
        .target(
            name: "AMQPClient", dependencies: ["ClusterModel", "AMQP", nioCore, nioPosix, deque], swiftSettings: strict),
        .target(
            name: "Broker", dependencies: ["AMQP", "CSQLite", nioCore, nioPosix, logging, deque],
            swiftSettings: strict),
        .target(name: "Control", dependencies: ["ClusterModel", nioCore, nioPosix], swiftSettings: strict),
        .target(
            name: "LivePage",
            dependencies: [
                "ClusterModel", "Control", "Reporting", nioCore, nioPosix, logging,
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ], swiftSettings: strict),
        .target(
            name: "NodeRuntime",
            dependencies: [
                "ClusterModel", "History", "Control", "AMQP", "AMQPClient", "Broker", "Protobuf", "RPC", "Objects",
                "Feeds", "Membership", "Scripting", nioCore, nioPosix, logging, deque,
            ], swiftSettings: strict),
        .target(
            name: "FaultInjection", dependencies: ["ClusterModel", "History", "AMQP", nioCore, nioPosix, hpack, deque],
            swiftSettings: strict),
        .target(
            name: "Orchestrator",
            dependencies: [
                "ClusterModel", "History", "Assertions", "FaultInjection", "AMQPClient", "Control", "Reporting",
                nioCore, nioPosix, logging,
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "orch",
            dependencies: [
                "ClusterModel", "TopologyDSL", "OrchKit", "Playing", "Importing", "Control", "Orchestrator",
                "NodeRuntime", "Broker", "LivePage", "Reporting", "Suites", "Assertions", "History", "Protobuf", "RPC",
                "Objects", nioCore, nioPosix, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "history-bench", dependencies: ["ClusterModel", "History", "Assertions", "Reporting"],
            path: "Benchmarks/history", exclude: ["run"], swiftSettings: strict),

        // Fast and pure, one a module.
        .testTarget(name: "ClusterModelTests", dependencies: ["ClusterModel"], swiftSettings: strict),
        .testTarget(name: "ProtobufTests", dependencies: ["Protobuf", "ClusterModel"], swiftSettings: strict),
        .testTarget(name: "ScriptingTests", dependencies: ["Scripting", "CLua"], swiftSettings: strict),
        .testTarget(
            name: "RPCTests",
            dependencies: ["RPC", "Storage", "ClusterModel", "Protobuf", nioCore, nioPosix, http2, hpack, tls],
            exclude: ["Transport/localhost.key", "Transport/localhost.pem"], swiftSettings: strict),
        .testTarget(
            name: "ObjectsTests",
            dependencies: ["Objects", "RPC", "Storage", "ClusterModel", "Protobuf", "History", nioCore, nioPosix],
            swiftSettings: strict),
        .testTarget(
            name: "FeedsTests", dependencies: ["Feeds", "Storage", "ClusterModel", nioCore, nioPosix, http1],
            swiftSettings: strict),
        .target(
            name: "MembershipSimulation", dependencies: ["Membership", "ClusterModel"],
            path: "Tests/MembershipSimulation", swiftSettings: optimised),
        .testTarget(
            name: "MembershipTests", dependencies: ["Membership", "MembershipSimulation", "ClusterModel"],
            swiftSettings: strict),
        .target(
            name: "TopologySamples", dependencies: ["ClusterModel", "TopologyDSL"], path: "Tests/TopologySamples",
            swiftSettings: strict),
        .testTarget(
            name: "TopologyDSLTests", dependencies: ["TopologyDSL", "Protobuf", "TopologySamples"],
            swiftSettings: strict),
        .testTarget(name: "PlayingTests", dependencies: ["Playing"], swiftSettings: strict),
        .testTarget(name: "ImportingTests", dependencies: ["Importing", "TopologyDSL"], swiftSettings: strict),
        .testTarget(
            name: "OrchKitTests",
            dependencies: ["OrchKit", "OrchTestKit", "TopologyText", "TopologyDSL", "TopologySamples"],
            swiftSettings: strict),
        .testTarget(name: "HistoryTests", dependencies: ["History"], swiftSettings: strict),
        .testTarget(
            name: "AssertionsTests", dependencies: ["Assertions", "History"],
            exclude: ["Linearizability/Histories"], swiftSettings: strict),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting", "History"], swiftSettings: strict),
        .testTarget(
            name: "LivePageTests", dependencies: ["LivePage", "ClusterModel", "Control", nioCore, nioPosix, http1],
            swiftSettings: strict),
        .testTarget(name: "SuitesTests", dependencies: ["Suites", "ClusterModel"], swiftSettings: strict),
        .testTarget(name: "AMQPTests", dependencies: ["AMQP"], swiftSettings: strict),
        .testTarget(name: "AMQPClientTests", dependencies: ["AMQPClient", "Broker", logging], swiftSettings: strict),
        .testTarget(name: "BrokerTests", dependencies: ["Broker"], swiftSettings: strict),
        .testTarget(
            name: "NodeRuntimeTests", dependencies: ["NodeRuntime", "AMQP", "Protobuf", "RPC", "Scripting"],
            swiftSettings: strict),
        .testTarget(
            name: "FaultInjectionTests",
            dependencies: [
                "FaultInjection", nioPosix, .product(name: "NIOEmbedded", package: "swift-nio"), hpack, http2,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OrchestratorTests", dependencies: ["Orchestrator", "FaultInjection"], swiftSettings: strict),
        // Real processes, and then clients and brokers that are not ours.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "TestSupport", "orch", "OrchKit", "OrchTestKit", "TopologyDSL", "ClusterModel", "Broker", "AMQP",
                "AMQPClient", nioCore, nioPosix, logging,
            ],
            exclude: ["Violations/Topologies", "Violations/Programs"], swiftSettings: strict),
        .testTarget(
            name: "InteropTests",
            dependencies: ["TestSupport", "orch", "RPC", "Protobuf", "TopologyDSL", "Reporting", "History"],
            exclude: ["Programs"], swiftSettings: strict),
    ]
)

if isFuzzing {
    func fuzzer(_ name: String, _ folder: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(
            name: name, dependencies: ["FuzzDriver"] + dependencies, path: "Fuzz/\(folder)", swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
    }
    package.targets += [
        .target(name: "FuzzDriver", path: "Fuzz/Driver", swiftSettings: strict),
        fuzzer("fuzz-frames", "Frames", ["AMQP", "FaultInjection", nioCore]),
        fuzzer("fuzz-http", "HTTP", ["FaultInjection"]),
        fuzzer("fuzz-peers", "Peers", ["Membership", "ClusterModel"]),
        fuzzer("fuzz-topologies", "Topologies", ["TopologyDSL"]),
    ]
}
