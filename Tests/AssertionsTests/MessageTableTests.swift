import Testing

@testable import Assertions

@Suite struct MessageTableTests {
    /// Ids of all shapes, each by two publishers: what was added is found, and reads as it was.
    @Test func idsAreFoundAndReadBack() {
        var table = MessageTable()
        let ids = [
            "producer.1.1", "producer.1.2", "producer.1.1000", "producer.1.999999", "producer.2.1", "a", "1", "17",
            "a1",
            "a-01", "a-0", "a-1", ".1", "-", "order/7", "order/007", "9f3c-4d5e", "x.18446744073709551615",
            "x.999999999999999999", "x.1234567890123456789", "ä.5", "ä5", "日本.12", "",
        ].filter { !$0.isEmpty }
        var names: [(MessageTable.Name, String)] = []
        for publisher in [Int32(-1), 3] {
            for (index, id) in ids.enumerated() {
                let message = Int32(index) + 100 * publisher
                #expect(id.withBytes { table.known(publisher, $0) } == -1)
                names.append((id.withBytes { table.add(abs(message), publisher, $0) }, id))
                #expect(id.withBytes { table.known(publisher, $0) } == abs(message))
            }
        }
        for (name, id) in names { #expect(table.text(name) == id) }
        #expect("producer.1.3".withBytes { table.known(3, $0) } == -1)
        #expect("producer.1.1".withBytes { table.known(4, $0) } == -1)
        #expect(table.text(MessageTable.Name()) == "")
    }

    @Test func numbersNearAndFar() {
        var table = NumberTable()
        let keys: [UInt64] = [0, 5, 1_029, 3_000, 1 << 40, 2_000, .max]
        for (value, key) in keys.enumerated() { table[key] = Int32(value) }
        #expect(keys.map { table[$0] } == Array(0..<7))
        #expect([1, 4, 1_028, 2_999, 3_001, 1 << 41].map { table[$0] } == Array(repeating: -1, count: 6))
        table[3_000] = 42
        #expect(table[3_000] == 42)
        var stamps = StampTable()
        let seen: [Int64] = [1, 1 << 28, -5, 4_406_772_235_650_465_793, .min]
        for (value, stamp) in seen.enumerated() { stamps[stamp] = Int32(value) }
        for (value, stamp) in seen.enumerated() { #expect(stamps[stamp] == Int32(value)) }
        #expect(stamps[2] == -1)
    }
}
