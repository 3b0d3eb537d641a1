import Scripting
import Testing

@Suite struct ErrorTests {
    @Test func mistakesInTheTextHaveALine() throws {
        #expect(ScriptEngine.check("return 1", name: "x") == nil)
        #expect(ScriptEngine.check("", name: "x") == nil)
        let problem = ScriptEngine.check("local x = 1\nlocal y = = 2", name: "services.Calc: suma")
        #expect(problem == ScriptProblem(line: 2, message: "unexpected symbol near '='"))
        #expect(ScriptEngine.check("x = ", name: "a:1: b")?.line == 1)
        #expect(ScriptEngine.check("goto nowhere", name: "x")?.message.contains("no visible label") == true)
        #expect(ScriptEngine.check("x", name: String(repeating: "é", count: 200))?.line == 1)
        let engine = ScriptEngine()
        #expect(throws: ScriptProblem(line: 3, message: "'end' expected (to close 'while' at line 2) near <eof>")) {
            try engine.compile("\nwhile true do\n", name: "loop")
        }
    }

    @Test(arguments: [
        "end return function() ", "return 1 end, function() return 2", "end", "--[[", "\u{1b}Lua", "\u{1b}LuaT\0\u{19}",
        "return [[",
    ]) func aTextCannotLeaveItsFunction(source: String) throws {
        #expect(ScriptEngine.check(source, name: "x") != nil)
        #expect(throws: ScriptProblem.self) { try ScriptEngine().compile(source, name: "x") }
    }

    @Test func oddTextsCompile() throws {
        let engine = ScriptEngine()
        #expect(try engine.run("return 1 -- a comment at the end") == .values([1]))
        #expect(try engine.run("return ...") == .values([]))
        #expect(try engine.run("return 2;") == .values([2]))
        #expect(try engine.run("local _ENV = {y = 5} return y") == .values([5]))
        #expect(throws: ScriptProblem.self) {
            try engine.compile(String(repeating: " ", count: ScriptEngine.maximumSource + 1), name: "long")
        }
        #expect(throws: ScriptProblem.self) {
            try engine.compile(String(repeating: "(", count: 100_000), name: "deep")
        }
        #expect(ScriptEngine.isName("request") && !ScriptEngine.isName("end") && !ScriptEngine.isName("1a"))
        #expect(!ScriptEngine.isName("a) os.exit(") && !ScriptEngine.isName(""))
    }

    @Test func textsCarryPlaceAndTraceback() throws {
        let ended = try run("local function inner()\n  error('broken')\nend\nlocal x = 1\ninner()\nreturn x")
        guard case .failed(.failed(let message, let traceback)) = ended else {
            Issue.record("\(ended)")
            return
        }
        #expect(message == "test:2: broken")
        #expect(
            traceback.split(separator: "\n") == ["built in: in global 'error'", "test:2: in local 'inner'", "test:5"])
        #expect(try run("local t = nil\nreturn t.x").message == "test:2: attempt to index a nil value (local 't')")
    }

    @Test func valuesAreRaised() throws {
        let ended = try run("raise('NOT_FOUND', 'no such account', {id = 7})")
        guard case .failed(.raised(let value, let traceback)) = ended else {
            Issue.record("\(ended)")
            return
        }
        #expect(value == .fields(["details": .fields(["id": 7]), "message": "no such account", "status": "NOT_FOUND"]))
        #expect(traceback.contains("test:1"))
        #expect(try run("local ok, e = pcall(raise, 5) return e.status, e.message") == .values([5, nil]))
        #expect(try run("error({1, 2})").error == .raised([1, 2], traceback: "built in: in global 'error'\ntest:1\n"))
        guard case .failed(.raised(.null, _)) = try run("error()") else {
            Issue.record("nil is a value too")
            return
        }
        #expect(try run("local t = {} t.t = t error(t)").message.contains("cannot be read"))
        #expect(try run("error(function() end)").message.contains("cannot be read"))
    }

    @Test func closersRunWhenATaskFails() throws {
        var log: [String] = []
        let engine = ScriptEngine(functions: [
            .immediate("log") { log.append($0.arguments[0].text ?? "") }, .waiting("sleep"),
        ])
        let ended = try engine.run(
            "local c <close> = setmetatable({}, {__close = function(_, e) log(e) end}) error('oops', 0)")
        #expect(ended.message == "oops")
        #expect(log == ["oops"])
    }

    @Test func errorsInHandlersEnd() throws {
        #expect(
            try run("return xpcall(error, function(e) error(e) end)") != .values([]))
        #expect(try run("return select('#', xpcall(error, function(e) return e, 1 end, 'x'))") == .values([2]))
        let ended = try run(
            "local function f(n) return xpcall(f, f, n) end return (f(1))", shortLimits)
        #expect(ended == .values([true]) || ended == .values([false]) || ended.isInstructionLimit)
        #expect(try run("local ok = xpcall(function() local x = nil + 1 end, nil)").message.contains("bad argument"))
    }

    @Test func tracebacksAreBounded() throws {
        let ended = try run("local function f(n) if n == 0 then error('deep') end return 1 + f(n - 1) end f(10000)")
        guard case .failed(.failed(_, let traceback)) = ended else { return }
        #expect(traceback.utf8.count < 2048)
        #expect(traceback.contains("more\n"))
        #expect(traceback.hasSuffix("test:1\n"))
    }
}
