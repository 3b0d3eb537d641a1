import Assertions
import ClusterModel

/// Calls: the table of executions against outcome, and what was measured.
extension TerminalReport {
    func calls(_ result: AssertionResult) -> [String] {
        var lines: [String] = []
        if let account = result.calls {
            let text = CallText(account: account)
            if account.counts.calls > 0 { lines += table(text, account).map { "    " + $0 } }
            lines += paragraph(text.facts.joined(separator: " · "), indent: 4, .dim)
            lines += text.methods.prefix(8).flatMap { paragraph($0, indent: 4, .dim) }
        }
        if let measure = result.measure, !(result.verdict == .fail && measure.isToldByFailure) {
            lines += measure.lines.flatMap { paragraph($0, indent: 4, .dim) }
        }
        return lines
    }

    private func table(_ text: CallText, _ account: CallAccount) -> [String] {
        let table = text.table
        let rows = text.rows
        let columns = text.columns
        guard table.width + 4 <= width else {
            return rows.flatMap { row -> [String] in
                let cells = zip(columns, row.cells).filter { $0.1 > 0 }.map { "\($0.1) × \($0.0.name)" }
                return cells.isEmpty ? [] : wrapped("\(row.name): \(cells.joined(separator: ", "))", width: width - 4)
            }
        }
        return table.lines { row, column, text in
            guard row >= 0, column > 0 else { return row < 0 ? ink(.dim, text) : text }
            guard rows[row].cells[column - 1] > 0 else { return ink(.dim, text) }
            return ink(style(account.guarantee, rows[row].outcome, columns[column - 1]), text)
        }
    }

    /// Green is what the semantics allow, red what they forbid, yellow what they leave open.
    private func style(
        _ guarantee: CallGuarantee, _ outcome: CallOutcome?, _ column: CallTable.Column
    ) -> Ink.Style {
        switch guarantee.verdict(outcome, column) {
        case .pass: .green
        case .fail: .red
        case .unknown: .yellow
        }
    }
}
