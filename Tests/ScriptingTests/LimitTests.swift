import Scripting
import Testing

/// Code that never ends by itself, wherever it hides.
private let endless = [
    "while true do end",
    "goto a ::b:: goto a ::a:: goto b",
    "for i = 1, math.huge do end",
    "local function f() return f() end f()",
    "while true do pcall(error) end",
    "while true do pcall(function() while true do end end) end",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "local function f() pcall(f) f() end f()",
    "table.sort({3, 2, 1}, function() xpcall(function() while true do end end, function() while true do end end) end)",
    "table.sort({3, 2, 1}, function() local c <close> = setmetatable({}, {__close = function() while true do end end}) while true do end end)",
    "table.sort({3, 2, 1}, function() while true do end end)",
    "string.gsub('x', 'x', function() while true do end end)",
    "return setmetatable({}, {__index = function() while true do end end}).x",
    "return tostring(setmetatable({}, {__tostring = function() while true do end end}))",
    "return string.format('%s', setmetatable({}, {__tostring = function() while true do end end}))",
    "return table.concat(setmetatable({}, {__len = function() while true do end end}))",
    "return #setmetatable({}, {__len = function() while true do end end})",
    "for k in pairs(setmetatable({}, {__pairs = function() while true do end end})) do end",
    "local c <close> = setmetatable({}, {__close = function() while true do end end})",
    "local c <close> = setmetatable({}, {__close = function() while true do end end}) error('x')",
    "while true do local c <close> = setmetatable({}, {__close = function() while true do end end}) error('x') end",
    "while true do pcall(function() local c <close> = setmetatable({}, {__close = function() error('y') end}) while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
    "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "local co = coroutine.create(function() local c <close> = setmetatable({}, {__close = function() while true do end end}) coroutine.yield() end) coroutine.resume(co) while true do coroutine.close(co) end",
    "while true do coroutine.wrap(function() for i = 1, 10 do end end)() end",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
    "table.sort({3, 2, 1}, coroutine.wrap(function() while true do coroutine.yield() end end)) while true do end",
    "table.sort({3, 2, 1}, coroutine.wrap(function() while true do end end))",
    "table.move({}, 1, math.maxinteger - 1, 2)",
    "table.move(setmetatable({}, {__index = type}), 1, 1 << 40, 1, setmetatable({}, {__newindex = rawlen}))",
    "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)",
    "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)",
    "table.concat(setmetatable({''}, {__index = setmetatable({}, {__index = function() return '' end})}), '', 1, 1 << 60)",
    "while true do table.unpack({}, 1, 5000) end",
    "while true do select('#', table.unpack({}, 1, 200)) end",
    "while true do ('x'):rep(100):find(('.-'):rep(20) .. 'y') end",
    "while true do pcall(string.find, ('a'):rep(1000), ('a*'):rep(50) .. 'b') end",
    "local s = ('x'):rep(1 << 20) while true do local t = s .. 'y' end",
    "local s = ('x'):rep(1 << 20) while true do s:upper() end",
    "local s = ('x'):rep(1 << 20) while true do s:find('y', 1, true) end",
    "local s = ('x'):rep(1 << 20) while true do pcall(tonumber, s) end",
    "local s = ('x'):rep(1 << 20) while true do utf8.len(s) end",
    "local s = ('x'):rep(1 << 20) .. 'y' while true do s:match('x*()z') end",
    "while true do random(5) end",
    "while true do local t = {} end",
    "while true do local t = {} for i = 1, 100 do t[i] = {} end end",
    "while true do pcall(raise, 1) end",
    "while true do host() end",
    "local t = setmetatable({}, {__close = host}) while true do local c <close> = t end",
    "while true do for w in ('a b c'):gmatch('%a') do end end",
    "local mt = {} mt.__index = function(t, k) return setmetatable({}, mt)[k] end return setmetatable({}, mt).x",
]

@Suite struct LimitTests {
    @Test(arguments: endless) func endlessCodeEnds(source: String) throws {
        let engine = ScriptEngine(limits: shortLimits, functions: [.immediate("host") { _ in }])
        let function = try engine.compile(source, name: "test")
        let task = try ScriptTask(function, random: SplitMix(state: 1))
        var slices = 0
        let ended = try task.end(slices: &slices)
        // Endless recursion may run into the stack's bounds first, as an error that says so.
        let isRecursion = source.contains("f()") || source.contains("mt)[k]")
        #expect(ended.isInstructionLimit || isRecursion && (ended.isMemoryLimit || ended.message.contains("overflow")))
        // The engine and others go on.
        #expect(try engine.run("return 1") == .values([1]))
    }

    @Test func aLoopGivesWayBeforeItFails() throws {
        let engine = ScriptEngine(limits: ScriptLimits(taskInstructions: 100_000, sliceInstructions: 1000))
        for source in [
            "while true do end", "while true do pcall(error) end", "while true do local s = ('x'):rep(500) end",
        ] {
            let task = try ScriptTask(try engine.compile(source, name: "test"))
            var slices = 0
            #expect(try task.end(slices: &slices).isInstructionLimit)
            #expect(slices > 50)
            #expect((100_000...102_000).contains(task.instructions))
        }
    }

    @Test func aLimitSaysWhere() throws {
        let ended = try run("local function spin()\n while true do end\nend\n\nspin()", shortLimits)
        #expect(ended == .failed(.instructionLimit(traceback: "test:2: in local 'spin'\ntest:5\n")))
    }

    @Test func nothingRunsAfterALimit() throws {
        var calls = 0
        let limits = ScriptLimits(taskMemory: 100_000, taskInstructions: 200_000)
        let engine = ScriptEngine(limits: limits, functions: [.immediate("hit") { _ in calls += 1 }])
        for body in ["while true do end", "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end"] {
            let ended = try engine.run(
                """
                local function f()
                    local a <close> = setmetatable({}, {__close = hit})
                    local b <close> = setmetatable({}, {__close = function() hit() end})
                    local c <close> = setmetatable({}, {__close = function() error("instead") end})
                    local d <close> = setmetatable({}, {__close = hit})
                    \(body)
                end
                xpcall(f, function() hit() end)
                pcall(pcall, coroutine.wrap(function() f() end))
                hit()
                """)
            #expect(ended.isInstructionLimit || ended.isMemoryLimit)
        }
        #expect(calls == 0)
    }

    /// Raising an error through every `pcall` of a deep stack would take minutes here.
    @Test func aDeepStackIsLeftAtOnce() throws {
        let limits = ScriptLimits(memory: 256 << 20, taskMemory: 48 << 20, taskInstructions: 100_000_000)
        #expect(try run("local function f() pcall(f) f() end f()", limits).isMemoryLimit)
    }

    @Test func slicesWithoutWorkCountToo() throws {
        let engine = ScriptEngine(limits: ScriptLimits(taskInstructions: 10_000), functions: [.waiting("sleep")])
        let task = try ScriptTask(try engine.compile("while true do sleep() end", name: "test"))
        var outcome = task.resume()
        var sleeps = 0
        while case .suspended = outcome, sleeps < 10_000 {
            sleeps += 1
            outcome = try task.resume(returning: { _ in })
        }
        guard case .failed(.instructionLimit) = outcome else {
            Issue.record("slept \(sleeps) times")
            return
        }
    }

    @Test(arguments: [
        "string.rep('x', 1 << 40)", "string.rep('x', -1 >> 1)", "('xy'):rep(1 << 62)", "('x'):rep(1 << 30, 'abc')",
        "string.format('%1000d', 1)", "string.format('%.1000f', 1)", "string.format('%099999999999d', 1)",
        "table.unpack({}, 1, 1 << 40)", "table.unpack({}, math.mininteger, math.maxinteger)",
        "table.unpack({}, -1 << 62, 1 << 62)", "string.byte(('x'):rep(1 << 20), 1, -1)",
        "table.move({}, 1, math.maxinteger, 2)", "utf8.char(-1)", "utf8.codepoint('\\xff')",
        "string.char(256)", "local s = 'x' while true do s = s .. s end", "string.pack('!17i1', 1)",
        "table.concat({}, ('x'):rep(100), 1, 1 << 60)", "local t = {} for i = 1, 1 << 40 do t[i] = i end",
        "table.sort(setmetatable({}, {__len = function() return 1 << 40 end}))",
        "table.sort(setmetatable({}, {__len = function() return 1 << 30 end, __index = rawlen}))",
        "local t = {} while true do t = {t} end", "local t = {} while true do t[#t + 1] = {} end",
        "local function f() return f() .. 'x' end f()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x.y",
        "local s = ('x'):rep(1 << 20) return s:gsub('x', s)",
        "local f = coroutine.wrap(function() error() end) f() f()",
        "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1 << 16) end return table.concat(t)",
        "local function f(...) return f(1, ...) end f()", "string.unpack('s', ('\\xff'):rep(8))",
        "return string.pack('s', ('x'):rep(3 << 20)) .. 'x'",
        "local t = {} while true do t[#t + 1] = coroutine.create(type) end",
        "local function f(n) coroutine.wrap(f)(n + 1) end f(0)",
        "local function f() return pcall(f) end local a = {f()} error(a[1])",
        "local function f(s) return (s:gsub('.', f)) end f('x')",
        "local t = {} t = setmetatable(t, {__index = t}) return t.x.x",
        "local function f() table.sort({1, 2}, f) end f()", "return tostring(-nil)",
        "local mt = {} mt.__eq = function(a, b) return a == b end return setmetatable({}, mt) == setmetatable({}, mt)",
        "local mt = {} mt.__concat = function(a, b) return a .. b end return setmetatable({}, mt) .. 1",
        "local co co = coroutine.wrap(function() co() end) co()",
    ]) func bombsAreErrorsOfTheirTaskOnly(source: String) throws {
        let engine = ScriptEngine(limits: shortLimits)
        let ended = try engine.run(source)
        #expect(ended.error != nil)
        #expect(engine.memory < 12 << 20)
        #expect(try engine.run("return 1") == .values([1]))
        engine.collectGarbage()
        #expect(engine.memory < 1 << 20)
    }

    @Test func patternsHaveABudget() throws {
        // Each would take longer than anyone can wait: exponential, or a product of long lengths.
        for source in [
            "return ('a'):rep(50):find(('a*'):rep(20) .. 'b')",
            "return ('a'):rep(100):match(('.-'):rep(30) .. 'b')",
            "return ('a'):rep(100):gsub(('(a*)'):rep(20) .. 'b', '')",
            "for w in ('a'):rep(100):gmatch(('a?'):rep(30) .. ('a-'):rep(10) .. 'b') do end",
            "return ('a'):rep(100000):find('[' .. ('b'):rep(100000) .. ']')",
            "return ('('):rep(100000):find('%b()')",
            "return ('a'):rep(100000):find('.-b')",
            "return ('a'):rep(400000):find('^(a*)%1b')",
            "return ('a'):rep(20000):find('^[' .. ('b'):rep(10000) .. 'a]*c')",
            "return ('a'):rep(100000):find('%f[' .. ('b'):rep(100000) .. ']')",
        ] {
            let engine = ScriptEngine(limits: ScriptLimits(taskInstructions: 5_000_000, patternSteps: 10_000))
            #expect(try engine.run(source).message.contains("pattern too complex"), "\(source)")
            #expect(
                try engine.run("return select(2, pcall(function() \(source) end)):match('too complex')")
                    == .values(["too complex"]))
        }
        // Plain searches are linear, patterns that match as they go are within the budget.
        let engine = ScriptEngine(limits: ScriptLimits(patternSteps: 1000))
        #expect(
            try engine.run("return (('a'):rep(1 << 20) .. 'b'):find('b', 1, true)") == .values([1_048_577, 1_048_577]))
        #expect(
            try engine.run("return (('a'):rep(1 << 20)):find(('a'):rep(1 << 19) .. 'b', 1, true)") == .values([nil]))
        #expect(try engine.run("return select(2, ('ab '):rep(100000):gsub('%a+', 'x'))") == .values([100_000]))
    }

    @Test func workInsideLibrariesCounts() throws {
        // Few instructions, much work: what counts is the work.
        for (source, least) in [
            ("local s = ('x'):rep(1 << 20)", 16_000), ("local s = table.concat({('x'):rep(1 << 19), 'y'})", 16_000),
            ("table.sort(setmetatable({}, {__len = function() return 1000 end, __index = rawlen}))", 10_000),
            ("local a = {table.unpack({}, 1, 10000)}", 10_000),
            (
                "local co = coroutine.wrap(function() while true do coroutine.yield() end end) for i = 1, 1000 do co() end",
                50_000
            ),
            ("local s = ('x'):rep(100000):match('.-y')", 100_000), ("table.move({}, 1, 50000, 2)", 49_000),
            ("local s = ('x'):rep(100000) for i = 1, 10 do s:upper() end", 60_000),
        ] {
            let engine = ScriptEngine()
            let task = try ScriptTask(try engine.compile("pcall(function() \(source) end)", name: "t"))
            _ = try task.end()
            #expect(task.instructions >= least, "\(source): \(task.instructions)")
        }
    }
}
