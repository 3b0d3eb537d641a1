import ClusterModel
import Protobuf

/// An entry of `services:` → a service.
struct ServiceBuilder {
    private let draft: ServiceSection.Draft
    /// Of the entry's key.
    private let span: Span
    private let reading: Reading
    /// The key without its package.
    private let shortName: String
    private let package: String

    init(_ draft: ServiceSection.Draft, at span: Span, _ reading: Reading) {
        self.draft = draft
        self.span = span
        self.reading = reading
        let parts = draft.name.split(separator: ".")
        shortName = parts.last.map(String.init) ?? ""
        let written = parts.dropLast().joined(separator: ".")
        package = written.isEmpty ? draft.package ?? "" : written
        if let other = draft.package, !written.isEmpty, other != written {
            reading.error(
                "'\(draft.name)' is in package '\(written)', not in '\(other)'",
                at: reading.place(reading.path / "package"))
        }
    }

    /// As much as can be made of it; `nil` where there are no types at all.
    func service() -> Service? {
        let schema = draft.proto.map { imported(from: $0) } ?? declared()
        guard let schema, let definition = schema.services.first else { return nil }
        return Service(
            name: definition.name, schema: schema, handlers: handlers(for: definition), semantics: draft.semantics,
            retry: draft.retry.applied(to: RetryPolicy(), draft.semantics),
            duplicates: draft.duplicates.policy(under: draft.semantics), limits: draft.limits,
            proto: draft.proto.map { ProtoSource(file: $0, folders: draft.protoPath) }, location: reading.location(span)
        )
    }

    // MARK: Types in the entry itself

    private func declared() -> ProtoSchema? {
        var builder = SchemaBuilder(package: package, reading: reading)
        for message in draft.messages { builder.declare(message: message.name, message.members, at: message.span) }
        for item in draft.enums { builder.declare(enumeration: item.name, item.values, at: item.span) }
        func names(_ method: MethodKey.Draft) -> (request: String, response: String) {
            let name = draft.messagePrefix + TypeText.camelCase(method.name)
            return ("\(name)Request", "\(name)Response")
        }
        for method in draft.methods {
            builder.declare(method.request, as: names(method).request, at: method.span)
            builder.declare(method.response, as: names(method).response, at: method.span)
        }
        builder.makeMessages()
        let methods = draft.methods.map { method in
            MethodDefinition(
                name: method.name, input: builder.name(of: method.request, as: names(method).request) ?? "",
                output: builder.name(of: method.response, as: names(method).response) ?? "",
                clientStreaming: [.client, .both].contains(method.stream),
                serverStreaming: [.server, .both].contains(method.stream))
        }
        builder.declare(service: shortName, methods, at: span, places: draft.methods.map(\.span))
        // What follows from an error is no news.
        if !reading.isBroken(reading.path) { builder.validate(at: span) }
        return builder.schema
    }

    // MARK: Types in a .proto file

    private func imported(from file: String) -> ProtoSchema? {
        let place = reading.place(reading.path / "proto")
        for method in draft.methods {
            for key in method.typeKeys {
                reading.error("'\(key.name)' beside 'proto': the types come from '\(file)'", at: key.span)
            }
        }
        do throws(ValueProblem) {
            let bytes = try ProtoCompiler.descriptorSet(
                of: resolved(file), folders: draft.protoPath.map(resolved))
            let schema: ProtoSchema
            do throws(DescriptorError) {
                schema = try ProtoSchema(descriptorSet: bytes)
            } catch {
                throw ValueProblem("'\(file)': \(error)")
            }
            let problems = SchemaValidator.problems(in: schema)
            if let first = problems.first {
                let more = problems.count > 1 ? ", and \(problems.count - 1) more" : ""
                throw ValueProblem("'\(file)': '\(first.symbol)' \(first.message)\(more)")
            }
            return choose(from: schema, file)
        } catch {
            reading.error(error.message, at: place, advice: error.advice)
            return nil
        }
    }

    private func resolved(_ path: String) -> String {
        let file = reading.source?.file ?? ""
        guard !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return path }
        return "\(file[...slash])\(path)"
    }

    /// The schema with the one service that is meant.
    private func choose(from schema: ProtoSchema, _ file: String) -> ProtoSchema? {
        let names = schema.services.map(\.name)
        func short(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }
        func found(_ wanted: String) -> String? {
            if names.contains(wanted) { return wanted }
            let matches = names.filter { short($0) == wanted }
            return matches.count == 1 ? matches[0] : nil
        }
        let span =
            draft.serviceName == nil ? reading.place(reading.path / "proto") : reading.place(reading.path / "service")
        let wanted = draft.serviceName ?? draft.name
        guard let name = found(wanted) ?? (draft.serviceName == nil && names.count == 1 ? names.first : nil) else {
            let near = Suggestion.phrase(wanted, among: names + names.map(short))
            reading.error(
                names.isEmpty
                    ? "'\(file)' has no service" : "'\(file)' has no service '\(shortened(wanted))'\(near)",
                at: span, advice: near.isEmpty && !names.isEmpty ? "it has \(names.prefix(12).listed("and"))" : nil)
            return nil
        }
        guard draft.name == name || draft.name == short(name) else {
            reading.error(
                "the service is called '\(name)': expected that, or '\(short(name))', as its name here", at: self.span)
            return nil
        }
        var schema = schema
        schema.services = schema.services.filter { $0.name == name }
        return schema
    }

    // MARK: Handlers

    private func handlers(for definition: ServiceDefinition) -> [ServiceHandler] {
        var first: [String: Span] = [:]
        var handlers: [ServiceHandler] = []
        let names = definition.methods.map(\.name)
        for method in draft.methods where !names.contains(method.name) {
            missingMethod(method.name, definition, at: method.span)
        }
        for handler in draft.methods.compactMap(\.handler) + draft.handlers {
            if !names.contains(handler.method) {
                if draft.handlers.contains(where: { $0.method == handler.method }) {
                    missingMethod(handler.method, definition, at: handler.methodSpan)
                }
                continue
            }
            if let first = first.updateValue(handler.methodSpan, forKey: handler.method) {
                reading.error(
                    "a second handler for '\(handler.method)'", at: handler.methodSpan,
                    related: (first, "the first is here"))
                continue
            }
            HandlerCheck.check(handler, reading)
            handlers.append(
                ServiceHandler(
                    method: handler.method, source: handler.source,
                    location: reading.location(handler.place(ofLine: 1, reading))))
        }
        return handlers
    }

    private func missingMethod(_ name: String, _ definition: ServiceDefinition, at span: Span) {
        let names = definition.methods.map(\.name)
        let near = Suggestion.phrase(name, among: names)
        reading.error(
            "'\(definition.name)' has no method '\(shortened(name))'\(near)", at: span,
            advice: near.isEmpty && !names.isEmpty ? "it has \(names.prefix(12).listed("and"))" : nil)
    }
}
