import Objects
import Testing

@Suite("References")
struct ReferenceTests {
    @Test func printAndParse() {
        let reference = ObjectReference(type: "Account", object: "acc-1")
        #expect(reference.description == "orch://Account/acc-1")
        #expect(ObjectReference("orch://Account/acc-1") == reference)
    }

    @Test(arguments: [
        "", "orch://", "orch://Account", "orch://Account/", "orch:///acc-1", "orch://a/b/c", "http://Account/acc-1",
        "orch://Account/acc 1", "orch://Account/ä", "orch://Account/" + String(repeating: "x", count: 201),
        "orch://Account/acc-1?at=host-b",
    ])
    func othersAreNoReferences(_ text: String) { #expect(ObjectReference(text) == nil) }
}
