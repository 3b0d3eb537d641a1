import Foundation
import Testing

@testable import OrchTestKit

/// How the program is found.
@Suite struct ProgramTests {
    @Test func theVariableComesBeforeThePath() throws {
        #expect(try OrchProgram.find(in: ["ORCH": "/bin/sh", "PATH": "/nowhere"]) == "/bin/sh")
    }

    @Test func aVariableThatNamesNoProgramIsAnError() {
        for path in ["/nowhere/orch", "/", "/etc/passwd", ""] {
            let failure = #expect(throws: OrchFailure.self) { try OrchProgram.find(in: ["ORCH": path]) }
            #expect(failure?.message.contains("ORCH is '\(path)'") == true)
        }
    }

    @Test func aFolderOfThePathHasIt() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("orch-path-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        // A folder of that name is none.
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("a/orch"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("b"), withIntermediateDirectories: true)
        let path = "\(folder.path)/a:\(folder.path)/b"
        let failure = #expect(throws: OrchFailure.self) { try OrchProgram.find(in: ["PATH": path]) }
        #expect(failure?.message == "there is no orch on PATH: install it, or set ORCH to its path")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/b/orch", withDestinationPath: "/bin/sh")
        #expect(try OrchProgram.find(in: ["PATH": path]) == "\(folder.path)/b/orch")
    }

    @Test func luaTextsStayThemselves() {
        #expect(Lua.text("a\"b\\c\n") == #""a\"b\\c\x0a""#)
    }
}
