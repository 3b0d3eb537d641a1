import Scripting
import Testing

@Suite struct TaskTests {
    @Test func slicesLetOthersRun() throws {
        let engine = ScriptEngine(limits: ScriptLimits(sliceInstructions: 1000))
        let function = try engine.compile(
            "local s = 0 for i = 1, n do s = s + i end return s", name: "t", parameters: ["n"])
        let tasks = try (1...3).map { n in try ScriptTask(function) { try $0.integer(Int64(n * 2000)) } }
        var ended: [Int] = []
        var turns = 0
        while ended.count < 3 {
            for (index, task) in tasks.enumerated() where !ended.contains(index) {
                turns += 1
                switch task.resume() {
                case .finished(let values):
                    let n = Int64((index + 1) * 2000)
                    #expect(values[0].integer == n * (n + 1) / 2)
                    ended.append(index)
                case .preempted: break
                default: Issue.record("failed")
                }
            }
        }
        #expect(ended == [0, 1, 2])
        #expect(turns > 12)
    }

    @Test func slicesAreInvisible() throws {
        // Every construct that an interruption at any instruction might break.
        let source = """
            local out = {}
            local function add(...) out[#out + 1] = table.concat({...}, ",") end
            local mt = {__index = function(t, k) return k .. "!" end, __add = function(a, b) return 7 end,
                __lt = function(a, b) return true end, __eq = function() return true end,
                __concat = function(a, b) return "cat" end, __len = function() return 9 end,
                __call = function(self, x) return x * 2 end, __unm = function() return 3 end,
                __newindex = function(t, k, v) rawset(t, k, v .. "?") end}
            local a, b = setmetatable({}, mt), setmetatable({}, mt)
            a.x = "set"
            add(a.foo, a + b, tostring(a < b), tostring(a == b), a .. b, #a, a(4), -a, a.x)
            local function varargs(...) local n = select("#", ...) return n, ... end
            add(varargs(1, "two", 3))
            local gen = coroutine.wrap(function(x)
                for i = 1, 3 do x = x + coroutine.yield(x * i) end
                return "end"
            end)
            add(gen(1), gen(10), gen(100), gen(1000))
            local co = coroutine.create(function() local inner = coroutine.wrap(function()
                coroutine.yield(1) error({code = 5}) end) inner() inner() end)
            local ok, e = coroutine.resume(co)
            add(tostring(ok), e.code, coroutine.status(co))
            add(tostring(pcall(error, "x", 0)), select(2, pcall(function() local t = nil; return t.x end)))
            add(xpcall(function() error("deep", 0) end, function(m) return m .. "er" end) and "no" or "yes")
            do
                local c <close> = setmetatable({}, {__close = function() add("closed") end})
                local d <const> = 5
                goto skip
                add("never")
                ::skip::
            end
            for k, v in pairs({10, 20}) do add(k, v) end
            for w in ("one two"):gmatch("%a+") do add(w) end
            add((("abc"):gsub("%w", function(c) return c:byte() end)))
            local t = {5, 3, 9, 1} table.sort(t, function(x, y) return x > y end) add(table.unpack(t))
            local i = 0 repeat local j = i; i = i + 1 until j >= 3 add(i)
            add(string.format("%5.1f|%q", 3.14159, "a\\n"), math.max(1, 5, 2), 7 // 2, 7 % -3, 1 << 4, ~5)
            return table.concat(out, ";")
            """
        let whole = try run(source, ScriptLimits(sliceInstructions: 1_000_000))
        let expected = "foo!,7,true,true,cat,9,8,3,set?;3,1,two,3;1,22,333,end;false,5,dead;"
        #expect(whole.text?.prefix(expected.count) == expected[...])
        for slice in [1, 2, 3, 7, 50] {
            let engine = ScriptEngine(limits: ScriptLimits(sliceInstructions: slice))
            let task = try ScriptTask(try engine.compile(source, name: "test"))
            var slices = 0
            #expect(try task.end(slices: &slices) == whole)
            if slice == 1 { #expect(slices > 300) }
        }
    }

    @Test func waitsAndGoesOn() throws {
        let engine = ScriptEngine(functions: [.waiting("call"), .waiting("time.sleep")])
        let function = try engine.compile(
            "time.sleep(n) local a, b = call('x', {y = n}) return a + b, select('#', call())", name: "t",
            parameters: ["n"])
        let task = try ScriptTask(function) { try $0.integer(3) }
        guard case .suspended(let sleep) = task.resume() else { throw ScriptError.unconvertible("") }
        #expect(sleep.function == "time.sleep" && sleep.arguments.count == 1 && sleep.arguments[0].integer == 3)
        guard case .suspended(let call) = try task.resume(returning: { _ in }) else {
            throw ScriptError.unconvertible("")
        }
        #expect(try call.function == "call" && call.arguments.values() == ["x", .fields(["y": 3])])
        guard
            case .suspended(let last) = try task.resume(returning: {
                try $0.integer(4)
                try $0.number(0.5)
            })
        else { throw ScriptError.unconvertible("") }
        #expect(last.arguments.count == 0)
        guard case .finished(let values) = try task.resume(returning: { _ in }) else {
            throw ScriptError.unconvertible("")
        }
        #expect(try values.values() == [4.5, 0])
    }

    @Test func waitsInsideCoroutinesAndProtectedCalls() throws {
        let engine = ScriptEngine(limits: ScriptLimits(sliceInstructions: 3), functions: [.waiting("call")])
        let function = try engine.compile(
            """
            local seen = {}
            local inner = coroutine.wrap(function(a)
                local ok, got = pcall(function() return call(a) + coroutine.yield("mid") end)
                seen[#seen + 1] = got
                coroutine.yield("last")
                local ok, e = pcall(call, "raise")
                seen[#seen + 1] = e.code
            end)
            local outer = coroutine.create(function() return inner(1), inner(10), inner() end)
            local ok, a, b = coroutine.resume(outer)
            return ok, a, b, seen[1], seen[2], coroutine.status(outer)
            """, name: "t")
        let task = try ScriptTask(function)
        #expect(try task.end() == .suspended("call"))
        var outcome = try task.resume(returning: { try $0.integer(5) })
        while case .preempted = outcome { outcome = task.resume() }
        guard case .suspended(let request) = outcome else { throw ScriptError.unconvertible("\(outcome)") }
        #expect(request.arguments[0].text == "raise")
        outcome = task.resume(raising: .fields(["code": 12]))
        while case .preempted = outcome { outcome = task.resume() }
        guard case .finished(let values) = outcome else { throw ScriptError.unconvertible("\(outcome)") }
        #expect(try values.values() == [true, "mid", "last", 15, 12, "dead"])
    }

    @Test func cannotWaitWhereLuaCannotYield() throws {
        let engine = ScriptEngine(functions: [.waiting("sleep")])
        for source in [
            "table.sort({2, 1}, function() sleep() end)", "string.gsub('x', 'x', sleep)",
            "string.gsub('x', 'x', coroutine.wrap(function() sleep() end))",
            "return tostring(setmetatable({}, {__tostring = function() sleep() end}))",
        ] {
            #expect(try engine.run(source).message.contains("cannot wait here"))
        }
    }

    @Test func anAnswerRaisesWithItsPlace() throws {
        let engine = ScriptEngine(functions: [.waiting("call")])
        let task = try ScriptTask(try engine.compile("\n\ncall()", name: "handler"))
        _ = task.resume()
        guard case .failed(.failed(let message, let traceback)) = task.resume(raising: "no route") else { return }
        #expect(message == "handler:3: no route")
        #expect(traceback.contains("handler:3"))
    }

    @Test func cancelledTasksRunNoMore() throws {
        var calls = 0
        let engine = ScriptEngine(
            limits: ScriptLimits(sliceInstructions: 100),
            functions: [.waiting("sleep"), .immediate("hit") { _ in calls += 1 }])
        let function = try engine.compile(
            """
            local c <close> = setmetatable({}, {__close = hit})
            if wait then sleep() end
            while true do end
            """, name: "t", parameters: ["wait"])
        for wait in [true, false] {
            let task = try ScriptTask(function) { try $0.bool(wait) }
            _ = task.resume()
            task.cancel()
            task.cancel()
            #expect(task.memory == 0)
        }
        _ = try ScriptTask(function)  // never started
        engine.collectGarbage()
        #expect(calls == 0)
        #expect(try engine.run("return 1") == .values([1]))
    }

    @Test func tasksDoNotShareGlobals() throws {
        let engine = ScriptEngine()
        #expect(try engine.run("x = 1 function f() return x end return f() + _G.x + _ENV.x") == .values([3]))
        #expect(try engine.run("return x, f, _G.x") == .values([nil, nil, nil]))
    }

    @Test func sharedTablesAreShared() throws {
        let engine = ScriptEngine(functions: [.waiting("hold")])
        let state = engine.sharedTable()
        let function = try engine.compile(
            "state.n = (state.n or 0) + 1 return state.n", name: "t", parameters: ["state"])
        for n in 1...3 {
            #expect(try ScriptTask(function) { try $0.shared(state) }.end() == .values([.integer(Int64(n))]))
        }
        // A coroutine left there by another task, even by one that waits, cannot be run.
        let leave = try engine.compile(
            "s.co = coroutine.create(function() end) s.me = coroutine.running() hold()", name: "t", parameters: ["s"])
        let waiting = try ScriptTask(leave) { try $0.shared(state) }
        #expect(try waiting.end() == .suspended("hold"))
        for call in ["resume(s.co)", "resume(s.me)", "close(s.co)", "close(s.me)", "status(s.co)", "isyieldable(s.me)"]
        {
            let use = try engine.compile("return coroutine." + call, name: "t", parameters: ["s"])
            #expect(try ScriptTask(use) { try $0.shared(state) }.end().message.contains("another task"))
        }
        waiting.cancel()
        let wrapped = try engine.compile("s.f = coroutine.wrap(type)", name: "t", parameters: ["s"])
        _ = try ScriptTask(wrapped) { try $0.shared(state) }.end()
        let use = try engine.compile("return s.f()", name: "t", parameters: ["s"])
        #expect(try ScriptTask(use) { try $0.shared(state) }.end().message.contains("another task"))
    }

    @Test func randomNumbersComeFromTheTask() throws {
        let source = "return math.random(1, 6), random(100), random() < 1, random(0), math.random(-5, -5)"
        let engine = ScriptEngine()
        let first = try engine.run(source, seed: 7)
        #expect(try engine.run(source, seed: 7) == first)
        #expect(try engine.run(source, seed: 8) != first)
        #expect(try engine.run("return random()").message.contains("no random numbers"))
        #expect(try engine.run("return random(2, 1)", seed: 1).message.contains("interval is empty"))
        let counts = try engine.run(
            """
            local c = {0, 0, 0, 0, 0, 0}
            for i = 1, 6000 do local d = random(6) c[d] = c[d] + 1 end
            for i = 1, 6 do if c[i] < 850 or c[i] > 1150 then return "skewed: " .. c[i] end end
            for i = 1, 1000 do
                local r = random(math.mininteger, math.maxinteger)
                local f = random()
                if f < 0 or f >= 1 then return "outside" end
            end
            return "fair"
            """, seed: 3)
        #expect(counts.text == "fair")
    }

    @Test func hostFunctionsMayMakeTasks() throws {
        var made: [ScriptTask] = []
        var child: ScriptFunction?
        let engine = ScriptEngine(
            limits: ScriptLimits(taskMemory: 100_000),
            functions: [
                .immediate("spawn") { _ in
                    if let child { made.append(try ScriptTask(child) { try $0.integer(5) }) }
                }
            ])
        child = try engine.compile("return n * 2", name: "child", parameters: ["n"])
        let parent = try ScriptTask(
            try engine.compile("spawn() local t = {} while true do t[#t + 1] = {} end", name: "t"))
        #expect(try parent.end().isMemoryLimit)  // what it allocates afterwards is still its own
        #expect(try made[0].end() == .values([10]))
    }

    @Test func hostFunctionsSeeTheirTask() throws {
        final class Log { var lines: [String] = [] }
        let engine = ScriptEngine(functions: [
            .immediate("log") { call in
                guard let log = call.task.context as? Log else { return }
                log.lines.append(call.arguments[0].text ?? "?")
            },
            .immediate("store.get") { call in
                try call.results.integer(Int64(call.arguments.count))
                try call.results.value(.fields(["deep": [[[1]]]]))
            },
            .immediate("store.fail") { _ in throw ScriptRaise(.fields(["code": 3])) },
            .immediate("store.broken") { call in
                try call.results.table { try $0.append { _ in throw ScriptError.unconvertible("half way") } }
            },
            .immediate("math.host") { try $0.results.bool(true) },
        ])
        let logs = [Log(), Log()]
        let function = try engine.compile("log(word) log(word .. '!')", name: "t", parameters: ["word"])
        for (index, log) in logs.enumerated() {
            _ = try ScriptTask(function, context: log) { try $0.string("w\(index)") }.end()
        }
        #expect(logs.map(\.lines) == [["w0", "w0!"], ["w1", "w1!"]])
        #expect(
            try engine.run(
                "local n, t = store.get(1, nil, nil) return n, t.deep[1][1][1], math.host(), math.floor(1.5)")
                == .values([3, 1, true, 1]))
        #expect(try engine.run("local ok, e = pcall(store.fail) return e.code") == .values([3]))
        #expect(try engine.run("\nstore.broken()").message == "test:2: unconvertible(\"half way\")")
        #expect(try engine.run("store.get = 1").message.contains("read-only"))
    }
}
