// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "SwiftTests",
    platforms: [.macOS(.v15)],
    dependencies: [
        // In a repository of your own: .package(url: "https://github.com/YOUR-ORGANIZATION/orch", branch: "main")
        .package(name: "orch", path: "../..")
    ],
    targets: [
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                .product(name: "OrchKit", package: "orch"), .product(name: "OrchTestKit", package: "orch"),
            ])
    ]
)
