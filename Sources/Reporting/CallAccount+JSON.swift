import Assertions
import ClusterModel

/// Calls in the JSON report, shaped as `docs/verdicts.md` says.
extension CallAccount {
    func write(to json: inout JSONText) {
        json.object { json in
            Self.write(counts, table, to: &json)
            guard !methods.isEmpty else { return }
            json.key("methods")
            json.list(methods) { json, method in
                json.object { json in
                    json.key("method")
                    json.value(method.name)
                    Self.write(method.counts, method.table, to: &json)
                }
            }
        }
    }

    private static func write(_ counts: CallCounts, _ table: CallTable, to json: inout JSONText) {
        json.key("counts")
        json.object { json in
            for (name, value) in counts.named {
                json.key(name)
                json.value(value)
            }
        }
        if !counts.bounds.isEmpty {
            json.key("bounds")
            json.object { json in
                for (name, least, most) in counts.bounds {
                    json.key(name)
                    json.list([least, most]) { $0.value($1) }
                }
            }
        }
        json.key("table")
        json.object { json in
            for outcome in CallOutcome.allCases { write(table, outcome, outcome.rawValue, to: &json) }
            if !table.isEmpty(nil) { write(table, nil, "in_flight", to: &json) }
        }
    }

    private static func write(_ table: CallTable, _ outcome: CallOutcome?, _ name: String, to json: inout JSONText) {
        json.key(name)
        json.object { json in
            for column in CallTable.Column.allCases where column != .undecided || table[outcome, column] > 0 {
                json.key(column.name)
                json.value(table[outcome, column])
            }
        }
    }
}

extension CallMeasure {
    /// A key with its value, in the object of the assertion.
    func write(to json: inout JSONText) {
        switch self {
        case .latency(let account): account.write("latency", to: &json)
        case .freshness(let account): account.write("freshness", to: &json)
        case .members(let account): account.write(to: &json)
        case .lookups(let accounts):
            json.key("lookups")
            json.list(accounts) { $1.write(to: &$0) }
        case .throughput(let account):
            json.key("throughput")
            json.object { json in
                json.key("per_second")
                json.value(account.perSecond)
                json.key("succeeded")
                json.value(account.succeeded)
                json.key("elapsed_s")
                json.value(account.elapsed.inSeconds)
            }
        case .availability(let account):
            json.key("availability")
            json.object { json in
                json.key("share")
                json.value(account.share, decimals: 6)
                json.key("succeeded")
                json.value(account.succeeded)
                json.key("calls")
                json.value(account.calls)
            }
        case .times(let account): account.write(to: &json)
        case .recovery(let accounts):
            json.key("recovery")
            json.list(accounts) { json, account in
                json.object { json in
                    json.key("fault")
                    json.value(account.fault)
                    json.key("ended_ms")
                    json.value(Double(account.ended) / 1e6)
                    if let after = account.after {
                        json.key("after_ms")
                        json.value(Double(after.nanoseconds) / 1e6)
                    }
                    json.key("verdict")
                    json.value(account.verdict.rawValue)
                    if !account.reason.isEmpty {
                        json.key("reason")
                        json.value(account.reason)
                    }
                }
            }
        }
    }
}

extension LatencyAccount {
    fileprivate func write(_ key: String, to json: inout JSONText) {
        json.key(key)
        json.object { json in
            json.key("measured")
            json.value(measured)
            json.key("left_out")
            json.value(leftOut)
            for value in values { value.write(to: &json) }
        }
    }
}

extension LatencyAccount.Value {
    /// `"p99_ms":12.3`.
    func write(to json: inout JSONText) {
        json.key("\(name)_ms")
        json.value(Double(duration.nanoseconds) / 1e6)
    }
}
