import ClusterModel
import Foundation
import Testing

@testable import Assertions

/// The histories that Porcupine is tested with, and their known answers.
@Suite struct PorcupineTests {
    private static let all = ProcessInfo.processInfo.environment["ORCH_HISTORIES"]

    private struct Key: JudgedObject {
        var verdict: Verdict
        var isExplained = false
    }

    private func isLinearizable(_ operations: [HistoryFiles.Register], _ name: String) throws -> Bool? {
        let answer = Linearizer.check(RegisterModel(), operations)
        switch answer.verdict {
        case .legal(let order):
            #expect(try BruteForce(model: RegisterModel(), operations: operations).accepts(order), "\(name)")
            return true
        case .illegal(let contradiction):
            #expect(contradiction.isShortest && contradiction.order != nil, "\(name)")
            #expect(contradiction.prefix.contains(contradiction.operation), "\(name)")
            return false
        case .unknown: return nil
        }
    }

    private func verdict(ofKeyValue path: String) throws -> Verdict {
        let keys = try HistoryFiles.keyValue(path).sorted { $0.key < $1.key }.map(\.value)
        let findings = ParallelJudging().findings(keys.map(\.count)) { key, memory, isOver in
            let answer = Linearizer.check(KeyValueModel(), keys[key], memory: memory, isOver: isOver)
            switch answer.verdict {
            case .legal: return Key(verdict: .pass, isExplained: true)
            case .illegal(let contradiction): return Key(verdict: .fail, isExplained: contradiction.isShortest)
            case .unknown: return Key(verdict: .unknown)
            }
        }
        #expect(findings.contains { $0.isExplained })
        return Verdict.combined(findings.map(\.verdict))
    }

    private func check(etcd folder: String) throws -> Int {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("etcd_") }
            .sorted()
        var judged = 0
        var time = Duration.zero
        for name in names {
            let operations = try HistoryFiles.register("\(folder)/\(name)")
            // etcd_095 is empty, and has no answer.
            guard let number = Int(name.dropFirst(5).prefix(3)), !operations.isEmpty else { continue }
            var answer: Bool?
            time += try ContinuousClock().measure { answer = try isLinearizable(operations, name) }
            #expect(answer == HistoryFiles.linearizable.contains(number), "\(name)")
            judged += 1
        }
        print("\(judged) etcd histories: \(time)")
        return judged
    }

    @Test func etcd() throws { #expect(try check(etcd: HistoryFiles.folder) == 11) }

    @Test(arguments: [("kv-c10-ok", Verdict.pass), ("kv-c10-bad", .fail), ("kv-c01-bad", .fail)])
    func keyValue(name: String, verdict: Verdict) throws {
        #expect(try self.verdict(ofKeyValue: "\(HistoryFiles.folder)/\(name).txt") == verdict)
    }

    @Test(.enabled(if: all != nil)) func wholeSet() throws {
        let folder = try #require(Self.all)
        #expect(try check(etcd: "\(folder)/jepsen") == 102)
        for name in ["c01-ok", "c01-bad", "c10-ok", "c10-bad", "c50-ok", "c50-bad"] {
            let verdict = try verdict(ofKeyValue: "\(folder)/kv/\(name).txt")
            #expect(verdict == (name.hasSuffix("ok") ? .pass : .fail), "\(name)")
        }
    }
}
