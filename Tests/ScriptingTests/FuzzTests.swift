import Scripting
import Testing

/// Random texts, made of the pieces that scripts are made of. Whatever they do, the engine survives them and keeps its
/// limits.
@Suite struct FuzzTests {
    private static let names = [
        "a", "b", "c", "t", "f", "s", "string", "table", "math", "coroutine", "utf8", "pcall", "xpcall", "error",
        "setmetatable",
        "getmetatable", "rawset", "rawget", "next", "pairs", "ipairs", "select", "tostring", "tonumber", "type",
        "raise",
        "random", "host", "wait", "_ENV", "_G", "co",
    ]
    private static let fields = [
        "x", "rep", "sub", "gsub", "find", "match", "gmatch", "format", "byte", "char", "pack", "unpack", "concat",
        "insert",
        "remove", "sort", "move", "wrap", "create", "resume", "yield", "close", "status", "running", "isyieldable",
        "__index",
        "__newindex", "__close", "__gc", "__len", "__call", "__eq", "__lt", "__concat", "__tostring", "__pairs",
        "__metatable",
        "__mode", "floor", "maxinteger", "huge", "codepoint", "len", "upper",
    ]

    private struct Author {
        var dice: SplitMix
        var depth = 0

        mutating func pick(_ items: [String]) -> String { items.randomElement(using: &dice)! }
        mutating func roll(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &dice) }

        mutating func expression() -> String {
            depth += 1
            defer { depth -= 1 }
            switch depth > 4 ? roll(6) : roll(16) {
            case 0, 1: return pick(FuzzTests.names)
            case 2: return pick(["0", "1", "-1", "3", "2.5", "1 << 62", "math.huge", "0/0", "100000"])
            case 3: return pick(["'x'", "'%a*'", "'a.-b'", "('y'):rep(1000)", "'[^%s]+'", "''", "'%d %s %q'"])
            case 4: return pick(["nil", "true", "false", "...", "{}"])
            case 5: return pick(FuzzTests.names) + "." + pick(FuzzTests.fields)
            case 6, 7, 8: return pick(FuzzTests.names) + "." + pick(FuzzTests.fields) + "(" + arguments() + ")"
            case 9: return pick(FuzzTests.names) + "(" + arguments() + ")"
            case 10: return "function(...) " + block() + " end"
            case 11: return "{" + pick(FuzzTests.fields) + " = " + expression() + ", " + arguments() + "}"
            case 12:
                return "(" + expression() + pick([" + ", " .. ", " == ", " < ", " and ", " or ", " // ", " & ", " % "])
                    + expression() + ")"
            case 13: return pick(["#", "-", "not ", "~"]) + "(" + expression() + ")"
            case 14: return "(" + expression() + "):" + pick(FuzzTests.fields) + "(" + arguments() + ")"
            default:
                return "setmetatable({" + arguments() + "}, {" + pick(FuzzTests.fields) + " = " + expression() + "})"
            }
        }

        mutating func arguments() -> String { (0..<roll(4)).map { _ in expression() }.joined(separator: ", ") }

        mutating func block() -> String {
            depth += 1
            defer { depth -= 1 }
            return (0..<(depth > 4 ? 1 : 1 + roll(4))).map { _ in statement() }.joined(separator: " ")
        }

        mutating func statement() -> String {
            switch depth > 4 ? roll(4) : roll(14) {
            case 0, 1: return pick(["a", "b", "c", "t", "f", "s", "co"]) + " = " + expression() + ";"
            case 2: return pick(FuzzTests.names) + "." + pick(FuzzTests.fields) + " = " + expression() + ";"
            case 3, 4: return "pcall(" + pick(FuzzTests.names) + ", " + expression() + ");"
            case 5: return "pcall(function(...) " + block() + " end, " + expression() + ");"
            case 6: return "for i = 1, " + pick(["3", "10", "math.huge"]) + " do " + block() + " end"
            case 7: return "while " + expression() + " do " + block() + " end"
            case 8: return "if " + expression() + " then " + block() + " else " + block() + " end"
            case 9: return "do local x <close> = setmetatable({}, {__close = " + expression() + "}) " + block() + " end"
            case 10:
                return "co = coroutine.wrap(function(...) " + block() + " coroutine.yield(" + arguments() + ") "
                    + block() + " end) pcall(co);"
            case 11:
                return "t = {" + arguments() + "} pcall(table.sort, t, function(...) " + block() + " return "
                    + expression() + " end);"
            case 12: return "for k, v in pairs(" + expression() + ") do " + block() + " end"
            default:
                return "pcall(string.gsub, 'a b c', '%a', function(...) " + block() + " return " + expression()
                    + " end);"
            }
        }
    }

    @Test(arguments: 0..<6) func randomScriptsHarmNobody(seed: UInt64) throws {
        let limits = ScriptLimits(
            memory: 16 << 20, taskMemory: 1 << 20, taskInstructions: 20_000, sliceInstructions: 700,
            patternSteps: 10_000)
        let engine = ScriptEngine(
            limits: limits,
            functions: [
                .immediate("host") { call in
                    guard call.arguments.count > 0 else { return }
                    try call.results.value(
                        call.arguments[0].value(ScriptCopyLimits(depth: 5, values: 100, bytes: 10_000)))
                }, .waiting("wait"),
            ])
        var author = Author(dice: SplitMix(state: seed &* 1_000_003))
        var outcomes: [String: Int] = [:]
        for round in 0..<400 {
            let source = author.block()
            guard let function = try? engine.compile(source, name: "fuzz", parameters: ["t", "s"]) else {
                outcomes["text", default: 0] += 1
                continue
            }
            let task = try ScriptTask(function, random: SplitMix(state: 1)) { writer in
                try writer.value([1, [2]])
                try writer.string("abc")
            }
            var outcome = task.resume()
            var resumes = 0
            while resumes < 3000 {
                resumes += 1
                if case .preempted = outcome {
                    outcome = task.resume()
                } else if case .suspended(let request) = outcome {
                    let raises = request.arguments.count % 2 == 1
                    outcome =
                        raises ? task.resume(raising: "raised") : try task.resume(returning: { try $0.integer(1) })
                } else {
                    break
                }
            }
            switch outcome {
            case .finished(let values):
                _ = try? values.values(ScriptCopyLimits(values: 1000))
                outcomes["finished", default: 0] += 1
            case .failed(.instructionLimit): outcomes["instructions", default: 0] += 1
            case .failed(.memoryLimit): outcomes["memory", default: 0] += 1
            case .failed: outcomes["failed", default: 0] += 1
            default: Issue.record("never ends: \(source)")
            }
            #expect(task.memory <= 2 << 20)
            if round % 20 == 0 {
                let intact = try engine.run(
                    "return ('ab'):rep(2), math.floor(1.5), select('#', table.unpack({1, 2})), string.x, a")
                #expect(intact == .values(["abab", 1, 2, nil, nil]))
            }
        }
        #expect(outcomes["finished", default: 0] > 20 && outcomes["failed", default: 0] > 20, "\(outcomes)")
        for _ in 0..<8 { engine.collectGarbage() }
        #expect(engine.memory < 1 << 20)
    }

    @Test func randomBytesAreNoScripts() {
        var dice = SplitMix(state: 9)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...60, using: &dice)).map { _ in UInt8.random(in: 0...255, using: &dice) }
            _ = ScriptEngine.check(String(decoding: bytes, as: UTF8.self), name: "x")
        }
    }
}
