import ClusterModel
import Scripting
import Testing

@testable import NodeRuntime

@Suite struct StoredValueTests {
    private static let values: [ScriptValue] = [
        .null, true, false, 0, -1, .integer(.min), .integer(.max), .number(0.1), .number(-.infinity), "", "text",
        .string([0, 255, 10]), [1, "two", [3]], .table([]),
        .fields(["name": "x", "deep": .fields(["list": [true, .null]])]), .table([ScriptEntry(7, "seven")]),
    ]

    @Test(arguments: values) func comesBackAsItWas(value: ScriptValue) throws {
        #expect(try StoredValue.decode(StoredValue.encode(value)) == value)
    }

    @Test func damageIsAnErrorAndNoCrash() throws {
        var generator = SeededGenerator(seed: 3, "damage")
        let whole = StoredValue.encode(.list(Self.values))
        for length in 0..<whole.count {
            #expect(throws: StoredValue.Damaged.self) { try StoredValue.decode(Array(whole.prefix(length))) }
        }
        #expect(throws: StoredValue.Damaged.self) { try StoredValue.decode(whole + [0]) }
        for _ in 0..<5_000 {
            var bytes = whole
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = try? StoredValue.decode(bytes)
        }
    }

    @Test func nestingIsBounded() {
        let bytes = [UInt8](repeating: 0, count: 0) + (0..<100_000).flatMap { _ in [6, 1, 0, 0, 0] as [UInt8] } + [0]
        #expect(throws: StoredValue.Damaged.self) { try StoredValue.decode(bytes) }
    }
}
