import Scripting
import Testing

@Suite struct MemoryTests {
    private let limits = ScriptLimits(memory: 64 << 20, taskMemory: 1 << 20, sliceInstructions: 500)

    @Test(arguments: [
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} while true do t[#t + 1] = ('x'):rep(100) .. #t end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do pcall(function() while true do t[#t + 1] = ('y'):rep(1000) .. #t end end) end",
        "local t = {} while true do pcall(function() t[#t + 1] = ('y'):rep(1000) .. #t end) end",
        "local t = {} local co = coroutine.wrap(function() while true do t[#t + 1] = {} coroutine.yield() end end) while true do co() end",
        "local t = {} while true do coroutine.resume(coroutine.create(function() while true do t[#t + 1] = {} end end)) end",
        "local t = {} while true do t[#t + 1] = function() return t end end",
        "local t = {} while true do t[#t + 1] = coroutine.create(type) end",
        "local t = {} while true do xpcall(function() while true do t[#t + 1] = {} end end, function() return {} end) end",
        "local t = {} while true do pcall(function() local c <close> = setmetatable({}, {__close = function() error('swallowed') end}) while true do t[#t + 1] = {} end end) end",
        "local function f() f() return 1 end f()",
        "string.rep('x', 2 << 20)", "return ('x'):rep(1000):rep(1000):upper():lower() .. ('y'):rep(1 << 19)",
        "local t = {} for i = 1, 1 << 40 do t['k' .. i] = true end",
    ]) func hogsFailAlone(source: String) throws {
        let engine = ScriptEngine(limits: limits)
        let hog = try ScriptTask(try engine.compile(source, name: "hog"))
        let innocent = try ScriptTask(
            try engine.compile(
                """
                local t = {}
                for i = 1, 3000 do t[i] = {i, tostring(i)} end  -- about half of the limit
                for round = 1, 20 do
                    for i = 1, 3000 do if t[i][1] ~= i or t[i][2] ~= tostring(i) then error("damaged") end end
                    local garbage = {} for i = 1, 100 do garbage[i] = "g" .. i .. round end
                end
                return #t
                """, name: "innocent"))
        var hogEnded: Ended?
        while true {
            if hogEnded == nil {
                switch hog.resume() {
                case .preempted: #expect(hog.memory <= 1 << 20)
                case .failed(let error): hogEnded = .failed(error)
                default: hogEnded = .values([])
                }
            }
            let outcome = innocent.resume()
            if case .preempted = outcome { continue }
            guard case .finished(let values) = outcome else {
                Issue.record("the innocent failed: \(outcome)")
                break
            }
            #expect(values[0].integer == 3000)
            break
        }
        #expect(try (hogEnded ?? hog.end()).isMemoryLimit)
        hog.cancel()
        innocent.cancel()
        // What deep recursion leaves of its thread's frames is halved each time.
        for _ in 0..<8 { engine.collectGarbage() }
        #expect(engine.memory < 200_000)
    }

    @Test func manyStringsOfOneAreNotChargedToTheOther() throws {
        // The table of all strings grows by doubling, in whatever task adds the last one: by 512 KB or 1 MB here.
        let engine = ScriptEngine(limits: ScriptLimits(taskMemory: 8 << 20), functions: [.waiting("hold")])
        let function = try engine.compile(
            "local t = {} for i = 1, 5000 do t[i] = n .. ' ' .. i end hold() return t", name: "t", parameters: ["n"])
        var tasks: [ScriptTask] = []
        for n in 0..<25 {
            let task = try ScriptTask(function) { try $0.integer(Int64(n)) }
            #expect(try task.end() == .suspended("hold"))
            tasks.append(task)
        }
        // 5,000 strings, as many numbers turned into strings, and a table of 8,192 values.
        #expect(tasks.allSatisfy { $0.memory < 750_000 }, "\(tasks.map(\.memory))")
    }

    @Test func whoMakesABlockGrowHasIt() throws {
        let engine = ScriptEngine(functions: [.waiting("hold")])
        let state = engine.sharedTable()
        let make = try engine.compile(
            "state.list = {} for i = 1, 5000 do state.list[i] = i end hold()", name: "t", parameters: ["state"])
        let grow = try engine.compile(
            "for i = 5001, 9000 do state.list[i] = i end hold()", name: "t", parameters: ["state"])
        let maker = try ScriptTask(make) { try $0.shared(state) }
        #expect(try maker.end() == .suspended("hold"))
        #expect(maker.memory > 8192 * 16)
        let grower = try ScriptTask(grow) { try $0.shared(state) }
        #expect(try grower.end() == .suspended("hold"))
        #expect(maker.memory < 8192 * 16 && grower.memory > 16384 * 16)
    }

    @Test func theEngineHasALimitToo() throws {
        let engine = ScriptEngine(
            limits: ScriptLimits(memory: 512 << 10, taskMemory: 256 << 10, sliceInstructions: 1000),
            functions: [.waiting("hold")])
        let function = try engine.compile("local s = ('x'):rep(100000) hold() return #s", name: "t")
        var tasks: [ScriptTask] = []
        var failed = 0
        for _ in 0..<6 {
            let task = try ScriptTask(function)
            if try task.end().isMemoryLimit { failed += 1 } else { tasks.append(task) }
        }
        #expect(tasks.count == 3 && failed == 3)
        for task in tasks {
            guard case .finished = try task.resume(returning: { _ in }) else {
                Issue.record("one that held its memory failed")
                return
            }
        }
    }

    @Test func garbageIsCollectedAtTheLimit() throws {
        // Ten times the limit in all, never more than half of it at a time.
        let ended = try run(
            "local s for i = 1, 100 do s = nil s = ('x'):rep(250000 + i):upper() end return #s", limits)
        #expect(ended == .values([250_100]))
        let parts = try run(
            """
            for i = 1, 50 do
                local t = {} for j = 1, 100 do t[j] = ('x'):rep(1000) end
                local s = table.concat(t) .. i
                s = s:gsub('x', 'y') s = s:lower() s = s:reverse()
                if #string.format('%s%s', s, i) < 100000 then error('short') end
            end
            return 'done'
            """, limits)
        #expect(parts.text == "done")
    }

    /// Something of everything that allocates, with a host function in it.
    private let everything = """
        local t = {}
        for i = 1, 20 do t[i] = {n = i, s = 'k' .. i} end
        table.sort(t, function(a, b) return a.s < b.s end)
        local s = ('x'):rep(300) .. table.concat({1, 2, 3}, ('-'):rep(300))
        s = s:gsub('%d', function(d) return d .. d end):upper()
        local parts = {} for w in s:gmatch('[^-]+') do parts[#parts + 1] = w end
        local co = coroutine.wrap(function(a) local b = coroutine.yield({a}) return host(b, {b}) end)
        local x = co(1) local h = co('two')
        local ok, e = pcall(function() local c <close> = setmetatable({}, {__close = function() t = {t} end}) error({x}) end)
        local ok2, e2 = xpcall(function() return nil .. 'x' end, function(m) return m .. '!' end)
        local ok3 = coroutine.resume(coroutine.create(function() error('in there') end))
        local f = string.format('%q %5.2f %s', s, 1.5, {}) .. string.pack('s', s)
        local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
        return deep(200), h.list[2], #parts, select('#', table.unpack(t[1])), e2, table.move(t[1], 1, 5, 3), utf8.char(8364)
        """

    private final class Visits { var (entered, left) = (0, 0) }

    private func engine(_ limits: ScriptLimits, _ visits: Visits = Visits()) -> ScriptEngine {
        ScriptEngine(
            limits: limits,
            functions: [
                .immediate("host") { call in
                    visits.entered += 1
                    defer { visits.left += 1 }
                    let text = call.arguments[0].text ?? ""
                    try call.results.value(
                        .fields(["list": [1, .text(text), .text(String(repeating: "z", count: 500))]]))
                }
            ])
    }

    @Test func everyAllocationMayBeRefused() throws {
        let visits = Visits()
        let engine = engine(ScriptLimits(), visits)
        let function = try engine.compile(everything, name: "t")
        var refused = 0
        var finished = false
        for count in 0..<5000 where !finished {
            let task = try ScriptTask(function)
            engine.refuseAllocations(after: count)
            let ended = try task.end()
            engine.refuseAllocations(after: nil)
            switch ended {
            case .values: finished = true
            case .failed(.memoryLimit): refused += 1
            // Lua's own buffers say it in words.
            case .failed(.failed(let message, _)) where message.contains("not enough memory"): refused += 1
            default: Issue.record("at \(count): \(ended)")
            }
            task.cancel()
            if count % 50 == 0 { #expect(try engine.run("return ('x'):rep(3)").text == "xxx") }
        }
        #expect(finished && refused > 150)
        // No error has jumped over a Swift function.
        #expect(visits.entered > 100 && visits.left == visits.entered)
        engine.collectGarbage()
        #expect(engine.memory < 200_000)
    }

    @Test func everyMemoryLimitHolds() throws {
        var outcomes: [Bool] = []
        for limit in stride(from: 0, to: 150_000, by: 249) {
            let engine = engine(ScriptLimits(taskMemory: limit))
            let task = try ScriptTask(try engine.compile(everything, name: "t"))
            let ended = try? task.end()
            switch ended {
            case .values: outcomes.append(true)
            case .failed(.memoryLimit): outcomes.append(false)
            case .failed(.failed(let message, _)) where message.contains("not enough memory"): outcomes.append(false)
            case nil: outcomes.append(true)
            default: Issue.record("at \(limit): \(String(describing: ended))")
            }
        }
        #expect(outcomes.first == false && outcomes.last == true)
    }

    @Test func compilingIsBoundedToo() throws {
        let engine = ScriptEngine(limits: ScriptLimits(memory: 200_000))
        let source = "return {" + (0..<20000).map { "{\($0)}" }.joined(separator: ",") + "}"
        #expect(throws: ScriptProblem.self) { try engine.compile(source, name: "big") }
        #expect(try engine.run("return 1") == .values([1]))
    }

    @Test func tasksLeaveNothingBehind() throws {
        let engine = ScriptEngine(functions: [.waiting("wait")])
        let function = try engine.compile(
            "if mode == 1 then error('x') elseif mode == 2 then wait() end x = {1, 2, 3} return x", name: "t",
            parameters: ["mode"])
        engine.collectGarbage()
        let before = engine.memory
        for round in 0..<3000 {
            _ = try ScriptTask(function) { try $0.integer(Int64(round % 3)) }.end()
        }
        engine.collectGarbage()
        #expect(engine.memory < before + 5_000)
    }
}
