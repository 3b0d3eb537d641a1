import Protobuf
import Testing

@testable import Objects

@Suite struct ReferenceScanTests {
    private func found(_ value: Untyped) throws -> [String] {
        try ReferenceScan.references(in: value).map(\.description).sorted()
    }

    @Test func whereverTheyAre() throws {
        let value: Untyped = [
            "account": "orch://Account/a",
            "list": ["orch://Account/b", ["deep": [["orch://Account/a", "orch://Queue/q"]]], 7, nil, true],
            "orch://Account/key": 1.5,
        ]
        #expect(
            try found(value) == ["orch://Account/a", "orch://Account/b", "orch://Account/key", "orch://Queue/q"])
        #expect(
            try ReferenceScan.references(inTexts: ["orch://Account/a", "no"])
                == [ObjectReference(type: "Account", object: "a")])
    }

    @Test func onlyAsAWhole() throws {
        let texts = [
            "see orch://Account/a", "orch://Account/a ", " orch://Account/a", "orch://Account/a,orch://Account/b",
            "orch://Account", "ORCH://Account/a", "o", "", "orch://Account/a\n",
        ]
        #expect(try found(.list(texts.map { .string($0) })) == [])
        #expect(try found(.bytes(Array("orch://Account/a".utf8))) == [])
    }

    @Test func tooManyAreAnError() throws {
        func list(_ count: Int) -> [Untyped] { (0..<count).map { .string("orch://Account/\($0)") } }
        #expect(try ReferenceScan.references(in: list(5), limit: 5).count == 5)
        #expect(throws: ReferenceScan.TooMany()) { try ReferenceScan.references(in: list(6), limit: 5) }
        #expect(throws: ReferenceScan.TooMany()) {
            try ReferenceScan.references(inTexts: ["orch://A/a", "orch://A/b"], limit: 1)
        }
        #expect(try ReferenceScan.references(in: [[1, 2, 3]], values: 4) == [])
        #expect(throws: ReferenceScan.TooMany()) { try ReferenceScan.references(in: [[1, 2, 3, 4]], values: 4) }
    }

    @Test func depthIsNoDanger() throws {
        var value: Untyped = "orch://Account/a"
        for _ in 0..<2_000 { value = [value] }
        #expect(try found(value) == ["orch://Account/a"])
    }
}
