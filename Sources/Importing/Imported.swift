import ClusterModel
import TopologyDSL
import TopologyText

/// What became of another system's file: a topology, and what of the file is not in it.
package struct Imported: Sendable {
    /// A topology file that `orch validate` accepts.
    package var text: String
    /// In the order of the file.
    package var leftOut: [LeftOut]

    /// Checks that the topology is one.
    /// - Parameter file: what was imported; a problem of the result is told at it.
    init(_ document: TopologyDocument, leftOut: LeftOutList, from file: String) throws(YAMLFile.Problems) {
        text = TopologyWriter.text(document)
        self.leftOut = leftOut.items.enumerated().sorted { a, b in
            let (x, y) = (a.element.location, b.element.location)
            return (x.line, x.column, a.offset) < (y.line, y.column, b.offset)
        }.map(\.element)
        let loaded = TopologyFile.load(text: text, path: "the topology made from \(file)", environment: variables)
        let errors = loaded.diagnostics.filter { $0.severity == .error }
        if !errors.isEmpty { throw YAMLFile.Problems(errors) }
    }

    /// Every `${NAME}` of the text, as if it were set: it is the user's to set, when the topology is run.
    private var variables: [String: String] {
        var names: [String: String] = [:]
        var rest = text[...]
        while let found = rest.firstRange(of: "${") {
            rest = rest[found.upperBound...]
            names[String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })] = "1"
        }
        return names
    }
}

/// Something that a topology cannot say, or need not.
package struct LeftOut: Sendable, Equatable {
    /// `x-message-ttl`
    package var what: String
    /// What it stands at: the names of queues, of services.
    package var names: [String]
    package var why: String
    package var location: SourceLocation

    /// `defs.json:12:9: x-message-ttl (orders, invoices and 3 more): the embedded broker has none`
    package var text: String {
        let shown = names.prefix(4).joined(separator: ", ")
        let more = names.count > 4 ? " and \(names.count - 4) more" : ""
        return "\(location): \(what)\(names.isEmpty ? "" : " (\(shown)\(more))"): \(why)"
    }
}

/// Collects what is left out; what is the same at several places is told once, with all their names.
struct LeftOutList {
    let file: YAMLFile
    private(set) var items: [LeftOut] = []
    private var positions: [Key: Int] = [:]
    private var named: Set<Name> = []

    private struct Name: Hashable {
        var position: Int
        var name: String
    }

    private struct Key: Hashable {
        var what: String
        var why: String
    }

    init(_ file: YAMLFile) { self.file = file }

    mutating func add(_ what: String, of name: String? = nil, _ why: String, at tree: YAMLTree) {
        let key = Key(what: what, why: why)
        if let position = positions[key] {
            if let name, named.insert(Name(position: position, name: name)).inserted {
                items[position].names.append(name)
            }
            return
        }
        if let name { named.insert(Name(position: items.count, name: name)) }
        positions[key] = items.count
        items.append(LeftOut(what: what, names: name.map { [$0] } ?? [], why: why, location: file.location(of: tree)))
    }
}

/// Names for nodes, from names that may have any letters.
struct NodeNames {
    private var taken: Set<String> = []

    /// Letters, digits, `-` and `_`, at most 60, each name once.
    mutating func make(_ text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars {
            let isSound =
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) || scalar == "_"
            if isSound { name.unicodeScalars.append(scalar) } else if name.last != "-" { name += "-" }
        }
        name = String(name.drop { $0 == "-" }.prefix(50))
        while name.last == "-" { name.removeLast() }
        if name.isEmpty { name = "node" }
        if name == "all" || name == "outside" { name += "-node" }
        var result = name
        var number = 2
        while !taken.insert(result).inserted {
            result = "\(name)-\(number)"
            number += 1
        }
        return result
    }
}
