import Scripting
import Testing

@Suite struct SandboxTests {
    @Test func dangerousNamesAreAbsent() throws {
        for name in [
            "load", "loadstring", "loadfile", "dofile", "require", "package", "io", "os", "debug", "collectgarbage",
            "print", "warn", "string.dump", "math.randomseed", "_G._G.io", "getfenv", "newproxy", "module",
            "rawget(_G, 'string')", "rawget(string, 'dump')", "coroutine.transfer", "jit", "bit32", "utf8.dump",
        ] {
            #expect(try run("return \(name)") == .values([nil]), "\(name)")
        }
        #expect(try run("return _VERSION, #_VERSION") == .values(["Lua 5.4", 7]))
    }

    @Test func usefulNamesAreThere() throws {
        let names = """
            _G _VERSION assert coroutine error getmetatable ipairs math next pairs pcall raise random rawequal rawget \
            rawlen rawset select setmetatable string table tonumber tostring type utf8 xpcall
            """.split(separator: " ")
        for name in names { #expect(try run("return type(\(name))") != .values(["nil"]), "\(name)") }
        #expect(
            try run("local n, last = 0 for k in pairs(_G) do n = n + 1 last = k end return n, last")
                == .values([1, "_G"]))
    }

    @Test(arguments: [
        "string.rep = nil", "string.x = 1", "math.pi = 3", "table.insert = type", "coroutine.wrap = nil",
        "utf8.len = 1",
        "rawset(string, 'rep', type)", "rawset(math, 'x', 1)", "table.insert(string, 1)",
        "table.move({1}, 1, 1, 1, string)",
        "setmetatable(string, {})", "setmetatable(string, nil)", "setmetatable(_ENV, {})", "setmetatable(_G, nil)",
        "setmetatable('', {})", "getmetatable('').__index = {}", "getmetatable('x').__index.rep = nil",
        "getmetatable(string).__index.rep = nil", "getmetatable(_G).__index.x = 1", "table.sort(string) string[1] = 1",
        "store.get = type", "rawset(store, 'get', type)", "table.remove(setmetatable({}, {__len = 1}))",
    ]) func librariesCannotBeChanged(source: String) throws {
        let engine = ScriptEngine(functions: [.immediate("store.get") { try $0.results.integer(7) }])
        _ = try engine.run(source)
        _ = try engine.run("pcall(function() \(source) end)")
        #expect(try engine.run(source).error != nil)
        let intact = """
            return ('ab'):rep(2), string.rep('x', 1), math.pi > 3.1, table.concat({1, 2}), utf8.len('é'), string.x,
                math.x, store.get(), coroutine.wrap(function() return 3 end)(), #string, string[1]
            """
        #expect(try engine.run(intact) == .values(["abab", "x", true, "12", 1, nil, nil, 7, 3, 0, nil]))
    }

    @Test func metatablesOfOthersAreHidden() throws {
        #expect(
            try run("return getmetatable(''), getmetatable(string), getmetatable(_G)")
                == .values([false, false, false]))
        #expect(
            try run("return getmetatable(1), getmetatable(print), getmetatable(coroutine.create(type))")
                == .values([nil, nil, nil]))
        #expect(
            try run("local t = setmetatable({}, {__metatable = 'mine'}) return getmetatable(t)") == .values(["mine"]))
        #expect(try run("setmetatable(setmetatable({}, {__metatable = 1}), {})").message.contains("protected"))
        #expect(
            try run("local t = {} return rawset(t, 1, 2) == t, t[1], rawget(t, 1), rawlen(t)")
                == .values([true, 2, 2, 1]))
    }

    @Test func finalizersNeverRun() throws {
        var calls = 0
        let engine = ScriptEngine(functions: [.immediate("hit") { _ in calls += 1 }])
        #expect(try engine.run("setmetatable({}, {__gc = hit})").message.contains("__gc is not available"))
        #expect(try engine.run("setmetatable({}, {__mode = 'k'})").message.contains("__mode is not available"))
        _ = try engine.run(
            """
            local mt = {}
            for i = 1, 10 do setmetatable({}, mt) end
            mt.__gc = function() hit() while true do end end
            for i = 1, 10 do pcall(setmetatable, {}, mt) end
            local hidden = setmetatable({}, {__index = function() return hit end})
            pcall(setmetatable, {}, hidden)
            """)
        for _ in 0..<3 { engine.collectGarbage() }
        #expect(calls == 0)
        #expect(try engine.run("return 1") == .values([1]))
    }

    @Test func aTaskCannotReachAnother() throws {
        let engine = ScriptEngine(functions: [.waiting("wait")])
        let first = try ScriptTask(
            try engine.compile("secret = {1} local t = secret wait() return #t, secret == t", name: "a"))
        #expect(try first.end() == .suspended("wait"))
        #expect(
            try engine.run("return secret, _G.secret, _ENV.secret, rawget(_G, 'secret')")
                == .values([nil, nil, nil, nil]))
        #expect(try engine.run("secret = 5 return secret") == .values([5]))
        guard case .finished(let values) = try first.resume(returning: { _ in }) else {
            Issue.record("not finished")
            return
        }
        #expect(try values.values() == [1, true])
    }
}
