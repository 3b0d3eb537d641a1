import ClusterModel

/// Which values of which parameters a suite goes through.
package struct SuiteMatrix: Sendable, Equatable {
    /// More runs than this are refused.
    package static let limit = 10_000

    /// One `--matrix NAME=A,B`.
    package struct Axis: Sendable, Equatable {
        package var name: String
        package var values: [String]

        /// - Returns: `nil` where there is no name or a value is empty.
        package init?(_ text: String) {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
            name = String(text[..<equals])
            values = text[text.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
            guard values.allSatisfy({ !$0.isEmpty }) else { return nil }
        }
    }

    package var axes: [Axis]
    /// Whether the values that a file lists are gone through for parameters without an axis.
    package var takesAll: Bool

    /// - Throws: `OrchError` (`usage`) where two axes have one name.
    package init(axes: [Axis] = [], takesAll: Bool = false) throws(OrchError) {
        self.axes = axes
        self.takesAll = takesAll
        for (index, axis) in axes.enumerated() where axes[..<index].contains(where: { $0.name == axis.name }) {
            throw OrchError(
                .usage, "--matrix \(axis.name) is given twice", advice: "--matrix \(axis.name)=A,B takes several values"
            )
        }
    }

    /// Every combination for a topology, the last parameter changing fastest; one empty combination where nothing is to
    /// be chosen. Axes that the topology does not declare do not concern it.
    /// - Throws: `OrchError` (`usage`) beyond `limit`.
    package func combinations(of parameters: [Parameter]) throws(OrchError) -> [[SuiteCase.Assignment]] {
        var all: [[SuiteCase.Assignment]] = [[]]
        for parameter in parameters {
            let axis = axes.first { $0.name == parameter.name }
            guard let values = axis?.values ?? (takesAll ? parameter.values : nil) else { continue }
            guard all.count * values.count <= Self.limit else {
                throw OrchError(
                    .usage, "the matrix has more than \(Self.limit) combinations", advice: "choose fewer values")
            }
            all = all.flatMap { start in values.map { start + [.init(parameter.name, $0)] } }
        }
        return all
    }

    /// Axes that no topology has.
    package func strangers(among names: Set<String>) -> [String] { axes.map(\.name).filter { !names.contains($0) } }
}
