import AMQP
import RPC
import Testing

@testable import NodeRuntime

@Suite struct CallMessageTests {
    /// Values that happen to be base64 stay the texts that they are.
    @Test func metadataTravelsAsHeaders() throws {
        var metadata = Metadata()
        for (name, value) in [
            ("x-orch-reply", "executed"), ("x-orch-attempt", "12"), ("x-orch-acknowledged", "1234"), ("a", "b c"),
        ] {
            try metadata.add(name, value)
        }
        try metadata.add("trace-bin", binary: [0, 1, 255])
        let headers = CallMessage.headers(metadata)
        #expect(headers["x-orch-attempt"] == .longString("12"))
        #expect(headers["trace-bin"] == .byteArray([0, 1, 255]))
        let back = CallMessage.metadata(headers)
        for (name, value) in metadata { #expect(back[name] == value, "\(name)") }
        #expect(back.binary("trace-bin") == [0, 1, 255])
        #expect(back.count == metadata.count)
    }

    @Test func whatCannotBeMetadataIsLeftOut() {
        let metadata = CallMessage.metadata([
            "Answer": .int32(42), "bad name": .longString("x"), "list": .array([]), "grpc-timeout": .longString("1S"),
        ])
        #expect(metadata["answer"] == "42")
        #expect(metadata.count == 1)
    }
}
