import ClusterModel
import Testing

@testable import Assertions

/// What each guarantee allows, cell by cell; written out, not computed.
@Suite struct CallRulesTests {
    /// p pass, f fail, ? unknown; for 0, 1, 2 and 3 executions.
    private static let table: [(CallGuarantee, CallOutcome?, String)] = [
        (.maybe, .success, "fppp"), (.maybe, .error, "fppp"), (.maybe, .notExecuted, "pfff"),
        (.maybe, .unknown, "pppp"), (.maybe, nil, "????"),
        (.atLeastOnce, .success, "fppp"), (.atLeastOnce, .error, "fppp"), (.atLeastOnce, .notExecuted, "pfff"),
        (.atLeastOnce, .unknown, "pppp"), (.atLeastOnce, nil, "????"),
        (.atMostOnce, .success, "fpff"), (.atMostOnce, .error, "fpff"), (.atMostOnce, .notExecuted, "pfff"),
        (.atMostOnce, .unknown, "ppff"), (.atMostOnce, nil, "??ff"),
        (.exactlyOnce, .success, "fpff"), (.exactlyOnce, .error, "fpff"), (.exactlyOnce, .notExecuted, "ffff"),
        (.exactlyOnce, .unknown, "f?ff"), (.exactlyOnce, nil, "??ff"),
    ]

    private static func letter(_ verdict: Verdict) -> Character {
        switch verdict {
        case .pass: "p"
        case .fail: "f"
        case .unknown: "?"
        }
    }

    @Test func everyCell() {
        #expect(Self.table.count == CallGuarantee.allCases.count * 5)
        for (guarantee, outcome, expected) in Self.table {
            let seen = String((0...3).map { Self.letter(guarantee.verdict(outcome, ExecutionBounds($0, $0))) })
            #expect(seen == expected, "\(guarantee) \(outcome?.rawValue ?? "in flight")")
            // The columns of the table say the same.
            let columns: [CallTable.Column] = [.none, .one, .two, .more]
            #expect(String(columns.map { Self.letter(guarantee.verdict(outcome, $0)) }) == expected)
        }
    }

    /// Bounds pass where all that they hold passes, and fail where all of it fails.
    @Test func boundsAreJudgedByAllThatTheyHold() {
        for guarantee in CallGuarantee.allCases {
            for outcome in CallOutcome.allCases as [CallOutcome?] + [nil] {
                for least in 0...3 {
                    for most in least...3 {
                        let all = Set((least...most).map { guarantee.verdict(outcome, ExecutionBounds($0, $0)) })
                        let expected = all.count == 1 ? all.first! : .unknown
                        #expect(guarantee.verdict(outcome, ExecutionBounds(least, most)) == expected)
                    }
                }
            }
        }
    }

    @Test func columns() {
        func column(_ least: Int, _ most: Int) -> CallTable.Column { .init(ExecutionBounds(least, most)) }
        #expect(column(0, 0) == .none && column(1, 1) == .one && column(2, 2) == .two)
        #expect(column(3, 3) == .more && column(3, 9) == .more && column(7, 7) == .more)
        #expect(column(0, 1) == .undecided && column(2, 3) == .undecided)
        #expect(CallGuarantee.maybe.verdict(.unknown, .undecided) == .pass)
        #expect(CallGuarantee.atMostOnce.verdict(.unknown, .undecided) == .unknown)
        #expect(CallGuarantee.exactlyOnce.verdict(.notExecuted, .undecided) == .fail)
    }

    @Test(
        arguments: [
            ("teller-2/1/42", "teller-2/1", 42), ("a/b", "a/b", 0), ("a/007", "a/007", 0), ("a/0", "a/0", 0),
            ("", "", 0), ("a/", "a/", 0), ("/1", "", 1), ("a/12x", "a/12x", 0), ("a/-1", "a/-1", 0),
            ("a/9999999999999999999", "a", 9_999_999_999_999_999_999),
            ("a/99999999999999999999", "a/99999999999999999999", 0),
        ] as [(String, String, UInt64)])
    func idsAreSplit(_ id: String, _ client: String, _ sequence: UInt64) {
        let parts = CallKey.split(id)
        #expect(parts.client == client && parts.sequence == sequence)
        var ledger = CallLedger()
        let number = ledger.clients.number(String(parts.client))
        ledger.calls.append(CallFact(client: number, sequence: parts.sequence))
        #expect(ledger.name(of: 0) == id)
    }

    @Test func statusesHaveNames() {
        #expect(GRPCStatus.name(0) == "OK")
        #expect(GRPCStatus.name(4) == "DEADLINE_EXCEEDED")
        #expect(GRPCStatus.name(13) == "INTERNAL")
        #expect(GRPCStatus.name(16) == "UNAUTHENTICATED")
        #expect(GRPCStatus.name(99) == "status 99")
        #expect(GRPCStatus.name(503) == "HTTP 503")
    }
}
