import ArgumentParser
import ClusterModel

/// `NAME=VALUE` on a command line.
struct ParameterArgument: ExpressibleByArgument {
    var name: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}

extension [ParameterArgument] {
    /// By name. - Throws: `OrchError` (`usage`) where a name is given twice.
    func byName() throws(OrchError) -> [String: String] {
        var values: [String: String] = [:]
        for parameter in self {
            guard values.updateValue(parameter.value, forKey: parameter.name) == nil else {
                throw OrchError(.usage, "--param \(parameter.name) is given twice")
            }
        }
        return values
    }
}
