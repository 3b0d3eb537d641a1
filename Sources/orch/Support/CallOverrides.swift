import ArgumentParser
import ClusterModel
import RPC
import TopologyDSL

/// How a call from the command line is made, where it is not as its service declares.
struct CallOverrides: ParsableArguments {
    @Option(help: "How long one attempt waits.") var timeout: String?
    @Option(help: "Transmissions of one call at most.") var attempts: Int?
    @Option(help: "maybe, at-least-once or at-most-once, in place of what the service declares.") var semantics: String?
    @Option(help: "gRPC metadata: name=value.") var metadata: [String] = []

    func options(for service: Service) throws -> CallOptions {
        var options = CallOptions(semantics: service.semantics, retry: service.retry)
        if let word = semantics {
            guard let semantics = CallSemantics(rawValue: word) else {
                throw ValidationError("'\(word)' is not maybe, at-least-once or at-most-once")
            }
            options.semantics = semantics
        }
        if let text = timeout {
            do throws(ValueProblem) {
                options.retry.timeout = try Units.duration(text)
            } catch {
                throw ValidationError("--timeout: \(error)")
            }
        }
        if let attempts {
            guard attempts > 0 else { throw ValidationError("--attempts is at least 1") }
            options.retry.attempts = attempts
        }
        for word in metadata {
            guard let sign = word.firstIndex(of: "=") else { throw ValidationError("'\(word)' is not name=value") }
            do throws(MetadataError) {
                try options.metadata.add(String(word[..<sign]), String(word[word.index(after: sign)...]))
            } catch {
                throw ValidationError("--metadata \(word): \(error)")
            }
        }
        return options
    }
}
