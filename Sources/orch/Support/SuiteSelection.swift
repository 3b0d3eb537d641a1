import ClusterModel
import Suites
import TopologyDSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes the cases of a suite out of files: which of them, with which parameters, with which seed.
struct SuiteSelection {
    var tags: [String] = []
    var filter = ""
    var takesSlow = false
    var seed: UInt64?
    var matrix: SuiteMatrix

    struct Selected {
        var cases: [SuiteCase] = []
        /// What is wrong with a case's file, by the case's place.
        var invalid: [Int: [SuiteProblem]] = [:]
        /// Tagged `slow`, and not asked for.
        var leftOut = 0
    }

    /// - Throws: `OrchError` (`usage`) where nothing is left, or the matrix fits no topology.
    func select(_ found: [TopologyFinder.Found]) throws(OrchError) -> Selected {
        var selected = Selected()
        var names: Set<String> = []
        for file in found {
            let loaded = load(file.path)
            let name = loaded.topology?.name ?? baseName(file.path)
            guard matches(name, file.path) else { continue }
            guard let topology = loaded.topology else {
                add(SuiteCase(name: name, path: file.path), errors(of: loaded), to: &selected)
                continue
            }
            guard tags.isEmpty || !tags.filter(topology.tags.contains).isEmpty else { continue }
            if topology.tags.contains("slow"), !takesSlow, !file.isNamed, !tags.contains("slow") {
                selected.leftOut += 1
                continue
            }
            names.formUnion(topology.params.map(\.name))
            let first = seed ?? topology.seed ?? UInt64.random(in: 1...999_999)
            for choice in try matrix.combinations(of: topology.params) {
                let variant = choice.isEmpty ? loaded : load(file.path, choice)
                let test = SuiteCase(
                    name: name, path: file.path, parameters: choice, seed: first,
                    runsAlone: variant.topology?.runsAlone ?? false)
                add(test, variant.topology == nil ? errors(of: variant) : nil, to: &selected)
            }
            guard selected.cases.count <= SuiteMatrix.limit else {
                throw OrchError(.usage, "more than \(SuiteMatrix.limit) topologies", advice: "choose fewer")
            }
        }
        if let stranger = matrix.strangers(among: names).first, !selected.cases.isEmpty {
            throw OrchError(
                .usage, "--matrix \(stranger): no topology of the suite has such a parameter",
                advice: names.isEmpty ? "declare it: params: { \(stranger): [A, B] }" : "there are \(list(names))")
        }
        guard !selected.cases.isEmpty else {
            throw OrchError(
                .usage, "there is no topology to run",
                cause: found.isEmpty
                    ? "no YAML file with 'nodes' at its top level was found"
                    : "\(found.count) were found, none of them is selected",
                advice: selected.leftOut > 0 ? "\(selected.leftOut) are tagged slow: --slow runs them" : nil)
        }
        return selected
    }

    private func list(_ names: Set<String>) -> String { names.sorted().joined(separator: ", ") }

    private func load(_ path: String, _ choice: [SuiteCase.Assignment] = []) -> TopologyFile.Loaded {
        TopologyFile.load(
            path: path, environment: ProcessInfo.processInfo.environment,
            parameters: Dictionary(choice.map { ($0.name, $0.value) }) { $1 })
    }

    private func matches(_ name: String, _ path: String) -> Bool {
        let wanted = filter.lowercased()
        return wanted.isEmpty || name.lowercased().contains(wanted) || path.lowercased().contains(wanted)
    }

    private func errors(of loaded: TopologyFile.Loaded) -> [SuiteProblem] {
        loaded.diagnostics.filter { $0.severity == .error }.map { problem in
            SuiteProblem(
                file: problem.location.file, line: problem.location.line, column: problem.location.column,
                message: problem.message + (problem.advice.map { "; \($0)" } ?? ""))
        }
    }

    private func add(_ test: SuiteCase, _ problems: [SuiteProblem]?, to selected: inout Selected) {
        if let problems { selected.invalid[selected.cases.count] = problems }
        selected.cases.append(test)
    }

    private func baseName(_ path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return last.hasSuffix(".yaml")
            ? String(last.dropLast(5)) : last.hasSuffix(".yml") ? String(last.dropLast(4)) : last
    }
}
