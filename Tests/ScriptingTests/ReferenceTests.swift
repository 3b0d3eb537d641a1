import CLua
import Scripting
import Testing

/// Runs a chunk that returns a text in Lua with its own libraries.
private func reference(_ source: String) -> String {
    guard let state = luaL_newstate() else { return "no memory" }
    defer { lua_close(state) }
    luaL_openlibs(state)
    let loaded = luaL_loadbufferx(state, source, source.utf8.count, "=test", "t")
    let status = loaded == 0 ? lua_pcallk(state, 0, 1, 0, 0, nil) : loaded
    var size = 0
    guard let bytes = lua_tolstring(state, -1, &size) else { return "no text" }
    let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size), as: UTF8.self)
    return status == 0 ? text : "failed: \(text)"
}

/// The libraries that are ours against Lua's own, on calls made up by dice.
@Suite struct ReferenceTests {
    private let prelude = """
        local out = {}
        local function show(v)
            if type(v) ~= "table" then return math.type(v) == "float" and ("f" .. v) or tostring(v) end
            local parts = {}
            for i = 1, 12 do parts[i] = tostring(rawget(v, i)) end
            return "{" .. table.concat(parts, ",") .. "}"
        end
        local function try(f, ...)
            local r = table.pack(pcall(f, ...))
            for i = 1, r.n do r[i] = show(r[i]) end
            out[#out + 1] = table.concat(r, ";", 1, r.n)
        end

        """

    private func compare(_ calls: [String]) throws {
        let source = prelude + calls.joined(separator: "\n") + "\nreturn table.concat(out, '\\n')"
        let ended = try run(source, ScriptLimits(taskInstructions: 100_000_000))
        guard case .values(let values) = ended, case .string(let bytes)? = values.first else {
            Issue.record("\(ended)")
            return
        }
        let ours = String(decoding: bytes, as: UTF8.self)
        let theirs = reference(source)
        let (left, right) = (ours.split(separator: "\n"), theirs.split(separator: "\n"))
        #expect(left.count == right.count && left.count == calls.count, "\(ours.prefix(300)) \(theirs.prefix(300))")
        for index in left.indices where index < right.count {
            // Names of functions in messages depend on where Lua finds them.
            let isNamed = right[index].contains("bad argument")
            #expect(
                left[index] == right[index] || isNamed && left[index].contains("bad argument"),
                "\(calls[index])\nours:   \(left[index])\ntheirs: \(right[index])")
        }
    }

    @Test(arguments: 0..<8) func patternsMatchAsLuas(seed: UInt64) throws {
        var dice = SplitMix(state: seed)
        let pieces = [
            "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%p", "%u", "%l", "%x", "%c", "%g", "%A", "%W", "%S", "[abc]",
            "[^a]",
            "[a-c]", "[%d_]", "[]]", "[^]b]", "[a-]", "[-a]", "[%a-z]", "(", ")", "()", "%1", "%2", "%b()", "%bab",
            "%f[%w]",
            "%f[^%w]", "^", "$", "%%", "%.", "%", "[", "]", "[a", "%f", "%b", "%b(", "-", "*", "+", "?", " ", "_",
            "\\0", "\\xff",
            "(a*)", "(b-)", "(.)", "%9", "%0", "[%", "[^", "[a-%d]",
        ]
        let letters = ["a", "b", "c", "a", "b", "1", "2", " ", "(", ")", "_", "A", ".", "\\0", "\\xff", "-", "]"]
        let replacements = [
            "'<%0>'", "'%1'", "'%2%1'", "'%%'", "'%'", "'%a'", "{a = 1, b = 'x', c = false}", "string.upper",
            "function(...) return select('#', ...) end", "function() end", "function() return {} end", "5", "'x'",
            "nil",
        ]
        func text(_ parts: [String], _ most: Int) -> String {
            "'" + (0..<Int.random(in: 0...most, using: &dice)).map { _ in parts.randomElement(using: &dice)! }.joined()
                + "'"
        }
        var calls: [String] = []
        for _ in 0..<1500 {
            var pattern = text(pieces, 5)
            if Bool.random(using: &dice) {  // quantified items more often
                pattern =
                    "'"
                    + (0..<3).map { _ in
                        pieces[Int.random(in: 0..<28, using: &dice)] + ["", "", "*", "+", "-", "?"].randomElement(
                            using: &dice)!
                    }.joined() + "'"
            }
            let subject = text(letters, 12)
            let start = Int.random(in: -15...15, using: &dice)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: calls.append("try(string.find, \(subject), \(pattern), \(start))")
            case 1: calls.append("try(string.find, \(subject), \(pattern), \(start), true)")
            case 2: calls.append("try(string.match, \(subject), \(pattern), \(start))")
            case 3:
                calls.append(
                    "try(function() local o = {} for x, y in string.gmatch(\(subject), \(pattern)\(Bool.random(using: &dice) ? ", \(start)" : "")) do o[#o + 1] = tostring(x) .. tostring(y) end return table.concat(o, '/') end)"
                )
            default:
                let most = Bool.random(using: &dice) ? "" : ", \(Int.random(in: -1...4, using: &dice))"
                calls.append(
                    "try(string.gsub, \(subject), \(pattern), \(replacements.randomElement(using: &dice)!)\(most))")
            }
        }
        try compare(calls)
    }

    @Test(arguments: 0..<4) func tablesBehaveAsLuas(seed: UInt64) throws {
        var dice = SplitMix(state: seed)
        let edges = ["math.maxinteger", "math.mininteger", "0", "1", "-1", "2^53", "1.5", "'3'", "'x'", "nil", "{}"]
        func index() -> String {
            Int.random(in: 0..<8, using: &dice) == 0
                ? edges.randomElement(using: &dice)! : "\(Int.random(in: -2...9, using: &dice))"
        }
        func table(_ numbers: Bool = false) -> String {
            let kinds = numbers ? ["1", "5", "3", "2.5", "-4"] : ["1", "'a'", "2.5", "'b'", "true"]
            return "{"
                + (0..<Int.random(in: 0...8, using: &dice)).map { _ in kinds.randomElement(using: &dice)! }.joined(
                    separator: ",") + "}"
        }
        var calls: [String] = []
        for _ in 0..<600 {
            let body =
                switch Int.random(in: 0..<9, using: &dice) {
                case 0: "table.insert(t, 'n') return t"
                case 1: "table.insert(t, \(index()), 'n') return t"
                case 2: "return t, table.remove(t)"
                case 3: "local r = table.remove(t, \(index())) return r, t"
                case 4:
                    "local t = \(table(true)) table.sort(t, function(a, b) return a \(Bool.random(using: &dice) ? "<" : ">") b end) return t"
                case 5:
                    "return table.concat(\(table(Bool.random(using: &dice))), ',', \(Int.random(in: -1...5, using: &dice)), \(Int.random(in: -1...9, using: &dice)))"
                case 6:
                    "return table.unpack(t, \(Int.random(in: -1...5, using: &dice)), \(Int.random(in: -1...9, using: &dice)))"
                // Lua's own would loop for years from the least integer.
                case 7:
                    "return table.move(t, \(Int.random(in: -2...5, using: &dice)), \(Int.random(in: -2...9, using: &dice)), \(index())\(Bool.random(using: &dice) ? ", {7}" : ""))"
                default: "local p = table.pack(table.unpack(t)) return p, p.n"
                }
            calls.append("try(function() local t = \(table()) \(body) end)")
        }
        calls += [
            "try(function() local t = {} for i = 1, 500 do t[i] = i * 7919 % 503 end table.sort(t) for i = 2, 500 do assert(t[i - 1] <= t[i]) end return t end)",
            "try(function() local t = {'b', 'a', 'c'} table.sort(t) return t end)",
            "try(table.sort, {1, 'a'})", "try(table.sort, {1, 2}, 5)", "try(table.concat, {1, {}, 3})",
            "try(table.insert, {}, 1, 2, 3)",
            "try(function() return table.unpack(setmetatable({}, {__index = function(_, k) return k end}), 1, 3) end)",
            "try(function() return table.concat(setmetatable({}, {__index = function(_, k) return k end, __len = function() return 4 end})) end)",
            "try(string.rep, 'ab', 3)", "try(string.rep, 'ab', 3, ', ')", "try(string.rep, 'ab', 0)",
            "try(string.rep, '', 5, 'x')",
            "try(string.rep, 'x', 1, 'long')", "try(function() return #string.rep('abc', 1000, '--') end)",
            "try(function() return string.rep('abc', 100, '-') == table.concat({string.rep('abc-', 99), 'abc'}) end)",
            "try(pcall)", "try(pcall, error, 1, 2)", "try(xpcall, error, function(e) return e, 2 end, 'x')",
            "try(xpcall, type)",
            "try(select, -1, 1, 2)", "try(setmetatable, 1, {})", "try(rawset, {}, nil, 1)", "try(rawset, 1, 1, 1)",
        ]
        try compare(calls)
    }

    @Test func coroutinesBehaveAsLuas() throws {
        let source = """
            local out = {}
            local function add(...) for i = 1, select("#", ...) do out[#out + 1] = tostring((select(i, ...))) end end
            local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) error("e" .. c, 0) end)
            add(coroutine.status(co), coroutine.resume(co, 1, 2))
            add(coroutine.status(co), coroutine.resume(co, 5))
            add(coroutine.status(co), coroutine.resume(co))
            local _, main = coroutine.running()
            add(main, coroutine.isyieldable())
            coroutine.wrap(function()
                local _, main = coroutine.running()
                add(main, coroutine.isyieldable())
            end)()
            local outer outer = coroutine.create(function()
                coroutine.wrap(function() add(coroutine.status(outer)) add(pcall(coroutine.close, outer)) end)()
            end)
            coroutine.resume(outer)
            add(pcall(coroutine.yield))
            local closing = coroutine.create(function()
                local c <close> = setmetatable({}, {__close = function(_, e) add("closed", e) end})
                coroutine.yield()
            end)
            coroutine.resume(closing)
            add(coroutine.close(closing), coroutine.status(closing))
            local failing = coroutine.create(function()
                local c <close> = setmetatable({}, {__close = function() error("late", 0) end})
                coroutine.yield()
            end)
            coroutine.resume(failing)
            add(coroutine.close(failing))
            add(pcall(coroutine.wrap(function() error({}) end)) == false)
            add(pcall(coroutine.wrap(function() local c <close> = setmetatable({}, {__close = function() add("shut") end}) error("w", 0) end)))
            add((pcall(coroutine.resume, 1)), (pcall(coroutine.wrap, 1)))
            local gen = coroutine.wrap(function() for i = 1, 2 do coroutine.yield(i) end end)
            for i in gen do add(i) end
            add(pcall(gen))
            local self self = coroutine.wrap(function() return pcall(self) end)
            add(self())
            return table.concat(out, "|")
            """
        let expected = reference(source)
        #expect(expected.hasPrefix("suspended|true|3|suspended|false|e5|dead|"))
        for slice in [1, 10_000] {
            let text = try run(source, ScriptLimits(sliceInstructions: slice)).text ?? ""
            for (ours, theirs) in zip(text.split(separator: "|"), expected.split(separator: "|")) {
                #expect(ours == theirs)
            }
            #expect(text.count == expected.count)
        }
    }
}
