/// A type's own methods, run one after the other.
struct MethodsModel: SequentialModel {
    struct Input: Hashable {
        var method: String
        var arguments: [UInt8]
    }

    enum Output: Hashable {
        case result([UInt8])
        case exception(String)
    }

    let simulator: any ObjectSimulator
    let type: String
    let initial: [UInt8]

    func step(_ state: [UInt8], _ input: Input, _ output: Output?) throws(ModelFailure) -> [UInt8]? {
        guard let step = simulator.run(input.method, arguments: input.arguments, on: state) else {
            throw ModelFailure("\(type).\(input.method) cannot be run by itself")
        }
        let fits =
            switch (output, step.outcome) {
            case (nil, _): true
            case (.result(let seen)?, .result(let expected)): isSame(seen, expected, input.method)
            case (.exception(let seen)?, .exception(let expected)): seen == expected
            case (.result?, _), (.exception?, _): false
            }
        return fits ? step.state : nil
    }

    /// The fields of a message may be written in any order.
    private func isSame(_ seen: [UInt8], _ expected: [UInt8], _ method: String) -> Bool {
        if seen == expected { return true }
        guard let fields = simulator.result(of: method, seen) else { return false }
        return fields == simulator.result(of: method, expected)
    }

    func bytes(_ state: [UInt8]) -> Int { state.count + 32 }
}
