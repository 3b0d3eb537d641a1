import Assertions
import ClusterModel
import Foundation

/// Reads the histories that Porcupine is tested with (see `Histories/README.md`).
enum HistoryFiles {
    typealias Register = ConcurrentOperation<RegisterModel.Input, RegisterModel.Output>
    typealias KeyValue = ConcurrentOperation<KeyValueModel.Input, String>

    /// The etcd histories that are linearizable, of 000 to 102 without 095.
    static let linearizable: Set<Int> = [
        2, 5, 7, 18, 25, 31, 38, 45, 48, 49, 51, 53, 56, 67, 75, 76, 80, 87, 92, 98, 100, 101, 102,
    ]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Histories").path

    static func lines(_ path: String) throws -> [Substring] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    }

    /// `INFO  jepsen.util - 3	:invoke	:cas	[1 4]`; `:info` stays open, and a read that timed out tells nothing.
    static func register(_ path: String) throws -> [Register] {
        var operations: [Register?] = []
        var running: [Substring: Int] = [:]
        for (time, line) in try lines(path).enumerated() {
            let words = line.split { " \t[]".contains($0) }
            guard words.count >= 6, words[1] == "jepsen.util" else { continue }
            let (process, type, operation) = (words[3], words[4], words[5])
            let values = words.dropFirst(6).map { Int64($0).map(ArgumentValue.int) ?? .null }
            if type == ":invoke" {
                running[process] = operations.count
                let input: RegisterModel.Input =
                    switch operation {
                    case ":read": .read
                    case ":write": .write(values[0])
                    default: .compareAndSwap(expected: values[0], new: values[1])
                    }
                operations.append(Register(call: Int64(time), end: nil, input: input, output: nil))
            } else if type != ":info", let index = running.removeValue(forKey: process) {
                if words.last == ":timed-out" {
                    operations[index] = nil
                    continue
                }
                let output: RegisterModel.Output =
                    switch operation {
                    case ":read": .value(values[0])
                    case ":write": .written
                    default: .swapped(type == ":ok")
                    }
                operations[index]?.end = Int64(time)
                operations[index]?.output = output
            }
        }
        return operations.compactMap { $0 }
    }

    /// `{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}`, by key.
    static func keyValue(_ path: String) throws -> [String: [KeyValue]] {
        var operations: [String: [KeyValue]] = [:]
        var running: [Substring: (key: String, index: Int)] = [:]
        for (time, line) in try lines(path).enumerated() {
            let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
            let words = quoted[0].split { " ,".contains($0) }
            let (process, type, function, key) = (words[1], words[3], words[5], String(quoted[1]))
            let value = quoted.count > 3 ? String(quoted[3]) : ""
            if type == ":invoke" {
                let input: KeyValueModel.Input =
                    switch function {
                    case ":get": .get
                    case ":put": .put(value)
                    default: .append(value)
                    }
                running[process] = (key, operations[key, default: []].count)
                operations[key, default: []].append(
                    KeyValue(call: Int64(time), end: nil, input: input, output: nil))
            } else if let (key, index) = running.removeValue(forKey: process) {
                operations[key]![index].end = Int64(time)
                operations[key]![index].output = function == ":get" ? value : ""
            }
        }
        return operations
    }
}

/// One key of a key-value store: a text, empty at first.
struct KeyValueModel: SequentialModel {
    enum Input: Hashable, Sendable {
        case get
        case put(String)
        case append(String)
    }

    var initial: String { "" }

    func step(_ state: String, _ input: Input, _ output: String?) -> String? {
        switch input {
        case .get: output == nil || output == state ? state : nil
        case .put(let text): text
        case .append(let text): state + text
        }
    }

    func isReadOnly(_ input: Input, _ output: String?) -> Bool { input == .get }
    func bytes(_ state: String) -> Int { state.utf8.count + 32 }
}
