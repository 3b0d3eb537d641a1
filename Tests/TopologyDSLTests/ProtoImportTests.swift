import ClusterModel
import Protobuf
import Testing
import TopologySamples

@testable import TopologyDSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Services whose types come from files.
@Suite struct ProtoImportTests {
    /// Whether `protoc` is here; it need not be.
    static let hasCompiler = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
        .contains { access("\($0)/protoc", X_OK) == 0 }

    /// A folder that goes with the test.
    private final class Folder {
        let path: String

        init(_ files: [String: String]) throws {
            var template = Array("/tmp/orch-proto-XXXXXX".utf8CString)
            path = try #require(mkdtemp(&template).map { String(cString: $0) })
            for (name, text) in files {
                if let slash = name.lastIndex(of: "/") { mkdir("\(path)/\(name[..<slash])", 0o700) }
                write(text, to: "\(path)/\(name)")
            }
        }

        func said(_ services: String) -> (topology: Topology?, said: [String]) {
            let text = "services:\n\(services)\nnodes:\n  server: { command: [x], serve: Billing }\n"
            let loaded = TopologyFile.load(text: text, path: "\(path)/t.yaml")
            let said = DiagnosticTests.said(loaded.diagnostics).map {
                $0.split(separator: path + "/", omittingEmptySubsequences: false).joined()
            }
            return (loaded.topology, said)
        }

        deinit {
            let pid = path
            for name in ["types/money.proto", "billing.proto", "billing.pb", "t.yaml", "api/billing.proto"] {
                unlink("\(pid)/\(name)")
            }
            for name in ["types", "api"] { rmdir("\(pid)/\(name)") }
            rmdir(pid)
        }
    }

    private static let money = """
        syntax = "proto3";
        package shop.types;
        message Money { int64 cents = 1; }
        """

    private static let billing = """
        syntax = "proto3";
        package shop;
        import "types/money.proto";
        import "google/protobuf/empty.proto";
        message Pay { string who = 1; shop.types.Money amount = 2; }
        message Paid { bool ok = 7; }
        service Billing {
          rpc pay(Pay) returns (Paid);
          rpc watch(google.protobuf.Empty) returns (stream Paid);
        }
        service Refunds { rpc pay(Pay) returns (Paid); }
        """

    @Test(.enabled(if: hasCompiler)) func compilesAndChooses() throws {
        let folder = try Folder(["types/money.proto": Self.money, "billing.proto": Self.billing])
        let (topology, said) = folder.said("  Billing: { proto: billing.proto }")
        #expect(said == [])
        let service = try #require(topology?.services.first)
        #expect(service.name == "shop.Billing" && service.schema.services.count == 1)
        #expect(service.schema.messages.map(\.name).sorted() == ["shop.Paid", "shop.Pay", "shop.types.Money"])
        #expect(service.schema.message(named: "shop.Paid")?.fields.first?.number == 7)
        #expect(
            service.method(named: "watch")
                == MethodDefinition(
                    name: "watch", input: "google.protobuf.Empty", output: "shop.Paid", serverStreaming: true))
        #expect(topology?.nodes.first?.serve?.services == ["shop.Billing"])
        #expect(throws: Never.self) { try Schema(service.schema) }
    }

    @Test(.enabled(if: hasCompiler)) func handlersFindTheirMethods() throws {
        let folder = try Folder(["types/money.proto": Self.money, "billing.proto": Self.billing])
        let text = """
            services:
              shop.Billing:
                proto: billing.proto
                methods: { pay: { handler: "return { ok = true }" }, refund: { handler: "return {}" } }
                handlers: { wach: "return {}" }
              shop.Refunds: { proto: billing.proto, service: shop.Refunds, handlers: { pay: "return {}" } }
              Other: { proto: billing.proto, service: shop.Refunds }
            nodes:
              server: { serve: [Billing, Refunds] }
              client: { call: { method: Billing.pay, with: { who: 5, amount: { cents: 5 } }, expect: { okay: true } } }
            """
        let said = DiagnosticTests.said(TopologyFile.load(text: text, path: "\(folder.path)/t.yaml").diagnostics)
        #expect(
            said == [
                "4:58: error: 'shop.Billing' has no method 'refund' | it has pay and watch",
                "5:17: error: 'shop.Billing' has no method 'wach', did you mean 'watch'?",
                "7:3: error: the service is called 'shop.Refunds': expected that, or 'Refunds', as its name here",
                "10:55: error: 'who': expected text, found 5 | quote it: \"5\"",
                "10:92: error: 'okay' is no field of Paid | there is ok",
            ])
    }

    @Test(.enabled(if: hasCompiler)) func foldersOfImports() throws {
        let folder = try Folder(["types/money.proto": Self.money, "api/billing.proto": Self.billing])
        let (_, missing) = folder.said("  Billing: { proto: api/billing.proto }")
        #expect(missing.count == 1 && missing[0].contains("types/money.proto: File not found"), "\(missing)")
        let (topology, said) = folder.said("  Billing: { proto: api/billing.proto, proto_path: . }")
        #expect(
            said == []
                && topology?.services.first?.schema.files.map(\.name) == ["types/money.proto", "api/billing.proto"])
    }

    @Test(.enabled(if: hasCompiler)) func compilersErrorsAreTold() throws {
        let folder = try Folder(["billing.proto": "syntax = \"proto3\";\nmessage A { Foo x = 1; }\n"])
        let (_, said) = folder.said("  Billing: { proto: billing.proto }")
        #expect(said == ["2:21: error: billing.proto:2:13: \"Foo\" is not defined."])
        let empty = try Folder(["billing.proto": "syntax = \"proto3\";\nmessage A { int64 x = 1; }\n"])
        #expect(
            empty.said("  Billing: { proto: billing.proto }").said == ["2:21: error: 'billing.proto' has no service"])
        let other = try Folder(["types/money.proto": Self.money, "billing.proto": Self.billing])
        #expect(
            other.said("  Biling: { proto: billing.proto }").said == [
                "2:20: error: 'billing.proto' has no service 'Biling', did you mean 'Billing'?",
                "4:34: error: there is no service 'Billing' | the topology declares none",
            ])
    }

    /// Debian's compiler can be there without the types that come with it.
    @Test func missingTypesOfTheCompilerAreAdvised() {
        let missing = ProtoCompiler.problem(from: "google/protobuf/empty.proto: File not found.\nb.proto:4:1: Import\n")
        #expect(missing.message == "google/protobuf/empty.proto: File not found.; b.proto:4:1: Import")
        #expect(missing.advice == "apt-get install libprotobuf-dev, which brings google/protobuf/*.proto")
        let other = ProtoCompiler.problem(from: "types/money.proto: File not found.\n")
        #expect(other.advice == nil)
        #expect(ProtoCompiler.problem(from: "").message == "protoc failed, and did not say why")
    }

    /// `service Billing { rpc pay(A) returns (A); }` and `message A { int64 x = 1; }`, as protoc 3.21 writes them.
    private static let set: [UInt8] = [
        0x0A, 0x3E, 0x0A, 0x07, 0x62, 0x2E, 0x70, 0x72, 0x6F, 0x74, 0x6F, 0x22, 0x11, 0x0A, 0x01, 0x41, 0x12, 0x0C,
        0x0A, 0x01, 0x78, 0x18, 0x01, 0x20, 0x01, 0x28, 0x03, 0x52, 0x01, 0x78, 0x32, 0x18, 0x0A, 0x07, 0x42, 0x69,
        0x6C, 0x6C, 0x69, 0x6E, 0x67, 0x12, 0x0D, 0x0A, 0x03, 0x70, 0x61, 0x79, 0x12, 0x02, 0x2E, 0x41, 0x1A, 0x02,
        0x2E, 0x41, 0x62, 0x06, 0x70, 0x72, 0x6F, 0x74, 0x6F, 0x33,
    ]

    @Test func descriptorSetsNeedNoCompiler() throws {
        let folder = try Folder([:])
        func writeSet(_ bytes: [UInt8]) throws {
            let file = try #require(fopen("\(folder.path)/billing.pb", "w"))
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
        try writeSet(Self.set)
        let (topology, said) = folder.said("  Billing: { proto: billing.pb }")
        #expect(said == [])
        #expect(topology?.services.first?.method(named: "pay")?.input == "A")
        try writeSet(Array(Self.set.dropLast(5)))
        let broken = folder.said("  Billing: { proto: billing.pb }").said
        #expect(broken.count == 1 && broken[0].hasPrefix("2:21: error: 'billing.pb': "), "\(broken)")
    }
}
