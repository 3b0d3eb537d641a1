import ArgumentParser
import ClusterModel
import Protobuf

/// The request of a call, as it is typed: `name=value` for each field, or JSON.
enum CallRequest {
    /// - Returns: one message, or several where the client streams and each word is a JSON text.
    static func messages(_ words: [String], for type: MethodType) throws -> [[UInt8]] {
        let isJSON = words.first?.first == "{" || words.first?.first == "["
        do {
            if isJSON {
                guard type.clientStreaming || words.count == 1 else {
                    throw ValidationError("\(type.service).\(type.name) takes one request")
                }
                return try words.map { try Message(type.input, json: $0, root: "request").encoded }
            }
            var fields = Untyped.Table()
            for word in words {
                guard let sign = word.firstIndex(of: "=") else {
                    throw ValidationError("'\(word)' is neither name=value nor JSON")
                }
                let text = String(word[word.index(after: sign)...])
                let isNested = text.hasPrefix("{") || text.hasPrefix("[")
                fields.append(String(word[..<sign]), isNested ? try Untyped(json: text) : .string(text))
            }
            return [try Message(type.input, .table(fields), rules: .template, root: "request").encoded]
        } catch let error as ValueError {
            throw OrchError(.usage, "\(error)")
        }
    }
}
