import History

/// Tells of invocations for people: `client-2: deposit(amount=5) → 15 [at 1.204 s … 1.209 s]`.
struct InvocationWriter {
    let simulator: any ObjectSimulator
    /// What times count from.
    let origin: Int64
    /// Invocations in one part of a sentence, at most.
    private static let longest = 5
    /// Invocations of an example, at most.
    private static let steps = 20

    func text(_ operation: ObjectOperation) -> String { "\(operation.caller): \(bare(operation)) \(when(operation))" }

    /// Without caller and time.
    func bare(_ operation: ObjectOperation) -> String {
        let arguments = simulator.arguments(of: operation.method, operation.arguments)?.shown
        let call = "\(operation.method)(\(arguments ?? "\(operation.arguments.count) bytes"))"
        switch operation.outcome {
        case .open: return "\(call) → ?"
        case .unseen: return "\(call) → not recorded"
        case .exception(let name): return "\(call) → raised \(name)"
        case .result(let bytes):
            guard let fields = simulator.result(of: operation.method, bytes) else {
                return "\(call) → \(bytes.count) bytes"
            }
            if fields.isEmpty { return "\(call) → ok" }
            return "\(call) → " + (fields.count == 1 ? fields.first!.value.shown : "{\(fields.shown)}")
        }
    }

    private func when(_ operation: ObjectOperation) -> String {
        let start = operation.start.subtractingSaturated(origin)
        guard let end = operation.end?.subtractingSaturated(origin) else { return "[from \(seconds(start, 3)) on]" }
        // Short ones need more digits to be told apart.
        let digits = end - start < 2_000_000 ? 6 : 3
        return "[at \(seconds(start, digits)) … \(seconds(end, digits))]"
    }

    private func seconds(_ nanoseconds: Int64, _ digits: Int) -> String {
        let unit: Int64 = digits == 3 ? 1_000_000 : 1_000
        let value = (nanoseconds.magnitude / UInt64(unit))
        let perSecond = UInt64(1_000_000_000 / unit)
        let fraction = String(value % perSecond)
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(nanoseconds < 0 ? "-" : "")\(value / perSecond).\(zeros)\(fraction) s"
    }

    // MARK: - A contradiction

    func explanation(_ contradiction: Contradiction, _ operations: [ObjectOperation]) -> String {
        var words = "no order explains \(text(operations[contradiction.operation]))"
        let concurrent = contradiction.concurrent.map { operations[$0] }
        words += concurrent.isEmpty ? ", which ran alone" : ". It ran at the same time as "
        words += concurrent.prefix(Self.longest).map { text($0) }.joined(separator: ", ")
        words += more(concurrent.count)
        if let order = contradiction.order {
            if order.isEmpty {
                words += ". Nothing had returned before"
            } else {
                let last = order.suffix(Self.longest).map { bare(operations[$0]) }.joined(separator: ", ")
                let left = order.count - Self.longest
                words += ". What had returned before has an order: " + (left > 0 ? "… (\(left) more), " : "") + last
            }
        }
        if !contradiction.isShortest {
            words += ". (Time or memory ended before the shortest prefix without an order was found)"
        }
        return words
    }

    private func more(_ count: Int) -> String { count > Self.longest ? " and \(count - Self.longest) more" : "" }

    /// The shortest prefix without an order, by call: of a long one its end, and what runs as long.
    func example(_ contradiction: Contradiction, _ operations: [ObjectOperation]) -> Example {
        let last = operations[contradiction.operation]
        let prefix = contradiction.prefix
        let shown = Set(
            [contradiction.operation] + contradiction.concurrent.suffix(Self.steps / 2) + prefix.suffix(Self.steps / 2))
        var path: [Example.Step] = []
        if prefix.count > shown.count {
            path.append(
                .init(
                    time: operations[prefix[0]].start.subtractingSaturated(origin),
                    text: "(\(counted(prefix.count - shown.count, "earlier invocation")) left out)"))
        }
        for index in prefix where shown.contains(index) {
            let note = index == contradiction.operation ? " — explained by no order" : ""
            path.append(
                .init(
                    time: operations[index].start.subtractingSaturated(origin), text: text(operations[index]) + note))
        }
        return Example(kind: .unexplained, message: last.call, path: path)
    }
}
