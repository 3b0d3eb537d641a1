import ClusterModel
import Testing
import TopologySamples

@testable import TopologyDSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The limits of reading, and files that are none.
@Suite struct ReaderTests {
    private func errors(_ text: String) -> [String] {
        DiagnosticTests.said(TopologyFile.load(text: text, path: "t.yaml").diagnostics)
    }

    @Test func depthHasALimit() {
        let deep = "x-deep: " + String(repeating: "[", count: 100) + String(repeating: "]", count: 100) + "\n"
        #expect(
            errors(deep + DiagnosticTests.cluster) == [
                "1:72: error: nested more than 64 levels deep, which no topology needs"
            ])
        let fine = "x-deep: " + String(repeating: "[", count: 60) + String(repeating: "]", count: 60) + "\n"
        #expect(errors(fine + DiagnosticTests.cluster).isEmpty)
        // By the million, and as blocks.
        #expect(errors("x: " + String(repeating: "[", count: 1_000_000)).count == 1)
        #expect(errors((0..<1_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()).count == 1)
    }

    @Test func depthCountsThroughAliases() {
        var text = "x-a0: &a0 [x]\n"
        for index in 1..<100 { text += "x-a\(index): &a\(index) [*a\(index - 1)]\n" }
        #expect(
            errors(text + DiagnosticTests.cluster).first?.hasSuffix(
                "nested more than 64 levels deep, which no topology needs") == true)
    }

    @Test(.timeLimit(.minutes(5))) func aliasBombIsRefused() {
        var text = "x-a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for index in 1..<20 {
            let all = Array(repeating: "*a\(index - 1)", count: 9).joined(separator: ", ")
            text += "x-a\(index): &a\(index) [\(all)]\n"
        }
        let said = errors(text + DiagnosticTests.cluster)
        #expect(said.count == 1)
        #expect(said.first?.hasSuffix("more than 100000 values once the aliases are expanded") == true, "\(said)")
    }

    @Test func mergeBombIsRefusedToo() {
        var text = "x-a0: &a0 { a: 1, b: 2, c: 3 }\n"
        for index in 1..<40 {
            text += "x-a\(index): &a\(index) { <<: *a\(index - 1), k\(index): [*a\(index - 1), *a\(index - 1)] }\n"
        }
        #expect(errors(text + DiagnosticTests.cluster).count == 1)
    }

    @Test func manyProblemsAreCut() {
        let text = (0..<1_000).map { "k\($0): 1\n" }.joined() + DiagnosticTests.cluster
        let said = errors(text)
        #expect(said.count == 201)
        #expect(said.last == "1:1: error: 800 more problems are not shown")
    }

    /// Found by the fuzzer: the line break of two characters was never passed.
    @Test func anUnclosedBraceInAFileFromWindowsIsReported() {
        let text = "name: x\r\nnodes:\r\n  a: { broker: {}\r\n  b: { broker: {}\r\n"
        let loaded = TopologyFile.load(text: text, path: "t.yaml")
        #expect(loaded.topology == nil)
        #expect(loaded.diagnostics.hasErrors)
    }

    @Test func invalidUTF8SaysItsLine() {
        let loaded = TopologyFile.load(bytes: Array("name: x\nnodes: \n".utf8) + [0xFF, 0x0A], path: "t.yaml")
        #expect(
            DiagnosticTests.said(loaded.diagnostics) == [
                "3:1: error: line 3 is not valid UTF-8 | save the file as UTF-8"
            ])
        let utf16 = TopologyFile.load(bytes: [0xFF, 0xFE, 0x61, 0x00], path: "t.yaml")
        #expect(utf16.diagnostics.first?.message == "line 1 is not valid UTF-8")
    }

    @Test func controlCharactersAreRefused() {
        #expect(
            errors("name: a\u{1}b\n" + DiagnosticTests.cluster) == [
                "1:8: error: a control character, which YAML does not allow"
            ])
        #expect(
            errors("name: é\0b\n" + DiagnosticTests.cluster) == [
                "1:8: error: a control character, which YAML does not allow"
            ])
    }

    @Test func byteOrderMarkAndLineEndsAreFine() {
        let text = "\u{FEFF}" + DiagnosticTests.cluster.split(separator: "\n").joined(separator: "\r\n")
        #expect(errors(text).isEmpty)
        #expect(
            errors("\u{FEFF}colour: red\r\nnaem: x\r\n" + DiagnosticTests.cluster).last
                == "2:1: error: unknown key 'naem' in the topology, did you mean 'name'?")
    }

    @Test func emptyFilesAreSaidToBe() {
        for text in ["", "\n\n", "# nothing\n", "---\n", "---\n...\n"] {
            #expect(
                errors(text).first?.hasSuffix("error: the file is empty: expected at least 'nodes'") == true,
                "\(errors(text))")
        }
    }

    @Test func filesThatAreNone() throws {
        let folder = "/tmp/orch-reader-\(getpid())"
        mkdir(folder, 0o755)
        defer {
            for name in ["fifo", "big", "huge", "secret"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        mkfifo("\(folder)/fifo", 0o644)
        write("", to: "\(folder)/huge")
        truncate("\(folder)/huge", 100_000_000_000)
        func said(_ path: String) -> String { TopologyFile.load(path: path).diagnostics.rendered() }
        #expect(said("\(folder)/missing") == "\(folder)/missing: error: no such file")
        #expect(said("\(folder)/missing/x") == "\(folder)/missing/x: error: no such file")
        #expect(said(folder) == "\(folder): error: a folder, not a topology file")
        #expect(said("\(folder)/fifo") == "\(folder)/fifo: error: not a regular file")
        #expect(said("/dev/zero") == "/dev/zero: error: not a regular file")
        #expect(
            said("\(folder)/huge")
                == "\(folder)/huge: error: the file has 100000000000 bytes, more than the 4194304 of a topology file")
        #expect(said("/proc/self/mem").contains("error: "))
        if getuid() != 0 {
            write("", to: "\(folder)/secret")
            chmod("\(folder)/secret", 0)
            #expect(said("\(folder)/secret") == "\(folder)/secret: error: permission denied")
        }
        #expect(throws: OrchError.self) { try TopologyFile.load(path: "\(folder)/missing").get() }
    }

    /// Work that grew with the square of the line's length would take hours.
    @Test(.timeLimit(.minutes(5))) func aLongLineStaysCheap() {
        let entries = (0..<20_000).map { "e\($0): {}" }.joined(separator: ", ")
        #expect(errors("exchanges: { \(entries) }\n" + DiagnosticTests.cluster).isEmpty)
    }

    @Test func resolvesNamesInAnyCase() throws {
        let folder = "/tmp/orch-resolve-\(getpid())"
        for path in [folder, "\(folder)/Topologies"] { mkdir(path, 0o755) }
        write("", to: "\(folder)/Topologies/PubSub.yaml")
        write("", to: "\(folder)/Topologies/two.yaml")
        write("", to: "\(folder)/Topologies/TWO.yaml")
        defer {
            for name in ["PubSub", "two", "TWO"] { unlink("\(folder)/Topologies/\(name).yaml") }
            rmdir("\(folder)/Topologies")
            rmdir(folder)
        }
        let bundled = ["\(folder)/Topologies"]
        #expect(try TopologyFile.resolve("\(folder)/topologies/pubsub.yaml") == "\(folder)/Topologies/PubSub.yaml")
        #expect(try TopologyFile.resolve("\(folder)/Topologies/PubSub.yaml") == "\(folder)/Topologies/PubSub.yaml")
        #expect(try TopologyFile.resolve("pubsub", folders: bundled) == "\(folder)/Topologies/PubSub.yaml")
        #expect(try TopologyFile.resolve("pubsub.yaml", folders: bundled) == "\(folder)/Topologies/PubSub.yaml")
        #expect(try TopologyFile.resolve("two", folders: bundled) == "\(folder)/Topologies/two.yaml")
        func message(_ typed: String) -> String? {
            do throws(OrchError) {
                _ = try TopologyFile.resolve(typed, folders: bundled)
                return nil
            } catch {
                return error.message
            }
        }
        #expect(
            message("\(folder)/topologies/Two.yaml")?.hasSuffix("/Topologies/TWO.yaml or \(folder)/Topologies/two.yaml")
                == true)
        #expect(message("pubsubb") == "there is no topology file 'pubsubb', did you mean 'PubSub'?")
        #expect(
            message("\(folder)/topologies/pubsab.yaml")
                == "there is no topology file '\(folder)/topologies/pubsab.yaml', did you mean 'PubSub.yaml'?")
        #expect(message("") == "the name of a topology file is empty")
        #expect(TopologyFile.bundled(in: bundled[0]) == ["PubSub", "TWO", "two"])
    }
}
