import Scripting
import Testing

@Suite struct ValueTests {
    @Test func everyKindReturns() throws {
        let ended = try run(
            """
            return nil, true, -3, 0.5, "a\\0b", {1, "x"}, {b = 1, a = {}, [2] = 2, [true] = 3, [1.5] = 4}, 1 // 0.0
            """)
        #expect(
            ended
                == .values([
                    nil, true, -3, 0.5, .string([97, 0, 98]), [1, "x"],
                    .table([
                        ScriptEntry(true, 3), ScriptEntry(1.5, 4), ScriptEntry(2, 2), ScriptEntry("a", .table([])),
                        ScriptEntry("b", 1),
                    ]), .number(.infinity),
                ]))
    }

    @Test func whatGoesInComesOut() throws {
        let value = ScriptValue.fields([
            "list": [1, 2.5, "three", nil, false], "deep": [[[["x"]]]],
            "map": .table([ScriptEntry(-1, "a"), ScriptEntry(7, "b")]), "bytes": .string(Array(0...255)),
        ])
        let engine = ScriptEngine()
        let function = try engine.compile("return v", name: "test", parameters: ["v"])
        let ended = try ScriptTask(function) { try $0.value(value) }.end()
        // A nil within a list leaves a hole: what comes out is a table, sorted.
        let out = ScriptValue.fields([
            "bytes": .string(Array(0...255)), "deep": [[[["x"]]]],
            "list": .table([
                ScriptEntry(1, 1), ScriptEntry(2, 2.5), ScriptEntry(3, "three"), ScriptEntry(5, false),
            ]), "map": .table([ScriptEntry(-1, "a"), ScriptEntry(7, "b")]),
        ])
        #expect(ended == .values([out]))
    }

    @Test func fieldsAreReadInOneOrder() throws {
        let names = (0..<50).map { "field\($0 * 7919 % 101)" }
        let source = "return {" + names.map { "\($0) = 1" }.joined(separator: ",") + "}"
        guard case .values(let values) = try run(source), case .table(let entries) = values[0] else {
            Issue.record("no table")
            return
        }
        #expect(entries.compactMap(\.key.text) == names.sorted())
    }

    @Test func anEmptyTableIsBoth() throws {
        guard case .values(let values) = try run("return {}, {1}, {a = 1}") else { return }
        #expect(values[0] == .table([]))
        #expect(values.map(\.elements) == [[], [1], nil])
        #expect(values[2][field: "a"] == 1)
    }

    @Test(arguments: [
        ("local t = {} t.t = {t} return t", "contains itself"),
        ("local t = {} for i = 1, 40 do t = {t} end return t", "too deep"),
        ("return {print or function() end}", "function"),
        ("return {coroutine.create(function() end)}", "thread"),
        ("return {[{}] = 1}", "as a key"),
        ("local t = {} for i = 1, 40 do t = {t, t} end return {t}", "too"),
    ]) func whatCannotLeaveIsAnError(source: String, problem: String) throws {
        let error = #expect(throws: ScriptError.self) { try run(source) }
        #expect("\(error!)".contains(problem))
    }

    @Test func copiesAreBounded() throws {
        let engine = ScriptEngine()
        let task = try ScriptTask(try engine.compile("return {('x'):rep(100)}, 1", name: "test"))
        guard case .finished(let values) = task.resume() else { return }
        #expect(
            try values[0].value(ScriptCopyLimits(depth: 1, values: 3, bytes: 100)) == [
                .text(String(repeating: "x", count: 100))
            ])
        #expect(throws: ScriptError.self) { try values[0].value(ScriptCopyLimits(bytes: 99)) }
        #expect(throws: ScriptError.self) { try values[0].value(ScriptCopyLimits(values: 2)) }
        #expect(throws: ScriptError.self) { try values[0].value(ScriptCopyLimits(depth: 0)) }
        #expect(values.count == 2 && values[1].integer == 1 && values[2].kind == .null)
    }

    @Test func whatCannotEnterIsAnError() throws {
        let engine = ScriptEngine()
        let function = try engine.compile("return v", name: "test", parameters: ["v"])
        var deep: ScriptValue = 1
        for _ in 0..<33 { deep = [deep] }
        #expect(throws: ScriptError.self) { _ = try ScriptTask(function) { try $0.value(deep) } }
        #expect(throws: ScriptError.self) {
            _ = try ScriptTask(function) { writer in for _ in 0..<17 { try writer.null() } }
        }
        #expect(throws: ScriptError.self) {
            _ = try ScriptTask(function) { writer in
                try writer.table { table in
                    try table.append {
                        try $0.integer(1)
                        try $0.integer(2)
                    }
                }
            }
        }
        // Nil and NaN are no keys.
        let odd = ScriptValue.table([ScriptEntry(nil, 1), ScriptEntry(.number(.nan), 2), ScriptEntry("a", 3)])
        #expect(try ScriptTask(function) { try $0.value(odd) }.end() == .values([.fields(["a": 3])]))
        // What failed before left nothing behind.
        #expect(try ScriptTask(function) { try $0.integer(5) }.end() == .values([5]))
    }

    @Test func readsAndWritesInPlace() throws {
        let engine = ScriptEngine()
        let (a, b) = (engine.name("a"), engine.name("b"))
        let function = try engine.compile(
            "return {a = r.a + 1, b = r.b .. '!', list = {r.list[1], r.list[2].x}, f = 2.0}", name: "test",
            parameters: ["r"])
        let task = try ScriptTask(function) { writer in
            try writer.table(fields: 3) { table in
                try table.set(a) { try $0.integer(41) }
                try table.set(b) { try $0.string("hé") }
                try table.set("list") { list in
                    try list.table(elements: 2) { list in
                        try list.append { try $0.bool(true) }
                        try list.append { try $0.table { try $0.set("x") { try $0.number(0.25) } } }
                    }
                }
            }
        }
        guard case .finished(let results) = task.resume() else { return }
        let result = results[0]
        #expect(try result.field(a) { $0.integer } == 42)
        #expect(try result.field("b") { $0.text } == "hé!")
        #expect(try result.field("absent") { $0.kind } == .null)
        #expect(try result.field("f") { $0.integer } == 2)
        #expect(try result.field("list") { list in try list.element(2) { $0.number } } == 0.25)
        #expect(try result.field("list") { $0.count } == 2)
        // A field of what is no table is nil, not a crash.
        #expect(try result.field(a) { number in try number.field(b) { $0.kind } } == .null)
        var keys: Set<String> = []
        try result.forEachEntry { key, _ in keys.insert(key.text ?? "") }
        #expect(keys == ["a", "b", "list", "f"])
    }
}
