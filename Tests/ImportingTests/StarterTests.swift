import ClusterModel
import Testing
import TopologyDSL
import TopologyText

@testable import Importing

@Suite struct StarterTests {
    @Test(arguments: StarterTopology.Pattern.allCases)
    func everyPatternValidatesWithoutAWord(_ pattern: StarterTopology.Pattern) throws {
        for count in [pattern.leastNodes, pattern.defaultNodes, 5, pattern.mostNodes] {
            let starter = StarterTopology(pattern, name: "mine", nodes: count)
            let loaded = TopologyFile.load(text: starter.text, path: "mine.yaml")
            #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics.rendered())")
            let topology = try loaded.get()
            #expect(topology.name == "mine" && topology.seed == 7)
            #expect(!topology.assertions.isEmpty && starter.text.contains("# "))
            #expect(topology.nodes.flatMap(\.instances).count >= count)
            #expect(starter.text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        }
    }

    @Test func onlyProgramNeedsAProgram() throws {
        for pattern in StarterTopology.Pattern.allCases {
            let starter = StarterTopology(pattern, name: "x", nodes: pattern.defaultNodes)
            #expect((starter.program != nil) == (pattern == .program))
        }
        let starter = StarterTopology(.program, name: "x", nodes: 1)
        let program = try #require(starter.program)
        #expect(starter.text.contains(program.name) && program.text.contains("ORCH_BROKER_URL"))
    }
}

@Suite struct WriterTests {
    private func roundTrip(_ value: TopologyValue) throws -> YAMLTree {
        var document = TopologyDocument()
        document.sections = [.init("k", value)]
        return try #require(try tree(TopologyWriter.text(document)).root["k"])
    }

    @Test func textsComeBackAsTexts() throws {
        let characters = [
            "a", "1", " ", ":", "#", "-", "'", "\"", "\\", "{", "}", "[", ",", "&", "*", "!", "|", ">", "%", "@", "`",
            "?", "\n", "\t", "é", "😀", "\u{85}", "\u{2028}", "=", ".", "~", "\u{1}",
        ]
        for first in characters {
            for second in characters {
                for text in [first + second, "x" + first + second, first + second + "x"] {
                    let item = TopologyValue.template(text)
                    #expect(try roundTrip(item).scalar == text, "\(text.debugDescription)")
                    #expect(try roundTrip(.list([item])).items?.first?.scalar == text)
                    let mapping = try roundTrip(.mapping([.init(text, .list([item]))]))
                    #expect(mapping.entries?.first?.key == text)
                }
            }
        }
        for word in [
            "yes", "No", "null", "~", "1e5", "0x1", ".5", "1_000", "12:30", "2026-01-01", "<<", ".inf", "", "true",
        ] {
            let back = try roundTrip(.template(word))
            #expect(back.scalar == word && back.isQuoted, "\(word)")
        }
    }

    @Test func dollarsOfATextMeanNothing() throws {
        #expect(try roundTrip(.text("${A} $(b) $$")).scalar == "$${A} $$(b) $$$$")
        #expect(try roundTrip(.template("${A} $(b) $$")).scalar == "${A} $(b) $$")
    }

    @Test func longThingsAreBrokenAndShortOnesAreNot() throws {
        let short = TopologyValue.mapping([.init("a", .word("1")), .init("b", .list([.text("x")]))])
        var document = TopologyDocument()
        document.header = ["one", "", "two\nlines\u{1}"]
        document.sections = [
            .init(
                "s",
                .mapping([
                    .init("short", short), .init("empty", .mapping([]), comment: ["said"]),
                    .init("long", .list((1...30).map { .text("word\($0)") })),
                    .init("items", .list([.mapping([.init("in", short), .init("of", short, comment: ["why"])])])),
                ]))
        ]
        let text = TopologyWriter.text(document)
        #expect(
            text.hasPrefix(
                "# one\n#\n# two lines \n\ns:\n  short: { a: 1, b: [x] }\n  # said\n  empty: {}\n  long:\n    - word1\n"
            ))
        #expect(text.hasSuffix("  items:\n    - in: { a: 1, b: [x] }\n      # why\n      of: { a: 1, b: [x] }\n"))
        #expect(try tree(text).root["s"]?["items"]?.items?.first?["of"]?["a"]?.number == 1)
    }
}

extension YAMLTree {
    fileprivate var scalar: String? { if case .scalar(let text, _) = content { text } else { nil } }
    fileprivate var isQuoted: Bool { if case .scalar(_, isPlain: false) = content { true } else { false } }
}
