import Foundation
import Testing
import TopologySamples

@testable import TopologyDSL

/// What readers copy from the pages must be read as it stands there.
@Suite struct SnippetTests {
    /// Pages with their fenced YAML that is a whole topology: `nodes` with a broker, or with anything that needs none.
    static let snippets: [String] = {
        let docs = repository + "/docs"
        let pages =
            ((try? FileManager.default.contentsOfDirectory(atPath: docs)) ?? []).filter { $0.hasSuffix(".md") }.sorted()
        return ([repository + "/README.md"] + pages.map { "\(docs)/\($0)" }).flatMap { page in
            contents(of: page).components(separatedBy: "```yaml\n").dropFirst()
                .compactMap { $0.components(separatedBy: "```").first }
                .filter { $0.contains("\nnodes:\n") && $0.contains("broker: { broker: {} }") && !$0.contains("…") }
        }
    }()

    @Test func thereAreSome() { #expect(Self.snippets.count >= 5) }

    @Test(arguments: snippets) func isATopology(text: String) {
        let loaded = TopologyFile.load(text: text, path: "page.yaml")
        // A page may name files beside it.
        let errors = loaded.diagnostics.filter { $0.severity == .error && !$0.message.contains("there is no ") }
        #expect(errors.isEmpty, "\(loaded.diagnostics.rendered())\n\(text)")
    }
}
