/// A text that is filled in when it is used: `line $(seq)` once for each message, `--url=$(broker.url)` once for each
/// process. Parsed once into pieces; expanding one appends bytes and allocates nothing of its own.
///
/// `$$` is a dollar sign, so `$$(x)` comes out as `$(x)`. A dollar before anything else stands for itself.
package struct Template: Sendable, Hashable {
    package enum Piece: Sendable, Hashable {
        case literal([UInt8])
        /// The message's number in its workload, from 1.
        case sequence
        /// The process's name, `worker-2`.
        case node
        /// The process's number among its node's replicas, from 1.
        case replica
        /// A version 4 UUID drawn from the generator.
        case uuid
        /// Milliseconds since 1970.
        case now
        /// A whole number from the range, drawn from the generator.
        case random(ClosedRange<Int64>)
        /// The port on which a program that serves is to listen; nothing in any other process.
        case ownPort
        /// The folder for the process's own files.
        case data
        /// What another node offers: `$(broker.url)`.
        case endpoint(node: String, Endpoint)
    }

    /// A node's endpoint, as the process that asks must use it: always through that process's own link.
    package enum Endpoint: String, Sendable, Hashable, CaseIterable {
        /// `amqp://guest:guest@127.0.0.1:40123/`
        case url
        /// `127.0.0.1:40123`
        case address
        case host
        case port
    }

    /// What went wrong in a template's text.
    package enum Problem: Error, Sendable, Equatable {
        /// No `)` after the `$(` at this character (from 0).
        case unclosed(at: Int)
        /// Nobody knows this name. The text is all that stands between the parentheses.
        case unknown(String)
        /// `$(random …)` without two whole numbers, the smaller one first.
        case badRange(String)
        /// A node has no such endpoint.
        case unknownEndpoint(node: String, String)
    }

    /// The names that stand alone; `random` takes two numbers, and `NODE.url` and the like are endpoints.
    package static let names = ["seq", "node", "replica", "uuid", "now", "random", "port", "data"]

    package let pieces: [Piece]

    /// - Throws: `Problem`, for the first thing that is wrong.
    package init(_ text: String) throws(Problem) {
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == UInt8(ascii: "$"), next == UInt8(ascii: "$") {
                literal.append(byte)
                index += 2
            } else if byte == UInt8(ascii: "$"), next == UInt8(ascii: "(") {
                guard let close = bytes[index...].firstIndex(of: UInt8(ascii: ")")) else {
                    throw .unclosed(at: String(decoding: bytes[..<index], as: UTF8.self).count)
                }
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = []
                pieces.append(try Self.piece(String(decoding: bytes[(index + 2)..<close], as: UTF8.self)))
                index = close + 1
            } else {
                literal.append(byte)
                index += 1
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    private static func piece(_ name: String) throws(Problem) -> Piece {
        let words = name.split(separator: " ")
        switch (words.first, words.count) {
        case ("seq", 1): return .sequence
        case ("node", 1): return .node
        case ("replica", 1): return .replica
        case ("uuid", 1): return .uuid
        case ("now", 1): return .now
        case ("port", 1): return .ownPort
        case ("data", 1): return .data
        case ("random", _):
            guard words.count == 3, let low = Int64(words[1]), let high = Int64(words[2]), low <= high else {
                throw .badRange(name)
            }
            return .random(low...high)
        default: break
        }
        guard words.count == 1, let dot = name.lastIndex(of: "."), dot != name.startIndex else {
            throw .unknown(name)
        }
        let property = String(name[name.index(after: dot)...])
        guard let endpoint = Endpoint(rawValue: property) else {
            throw .unknownEndpoint(node: String(name[..<dot]), property)
        }
        return .endpoint(node: String(name[..<dot]), endpoint)
    }

    /// Whether it comes out the same each time; `constant` is then the text.
    package var isConstant: Bool { constant != nil }

    package var constant: String? {
        switch pieces.count {
        case 0: return ""
        case 1:
            guard case .literal(let bytes) = pieces[0] else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        default: return nil
        }
    }

    /// The nodes whose endpoints it names.
    package var endpoints: [(node: String, endpoint: Endpoint)] {
        pieces.compactMap { if case .endpoint(let node, let endpoint) = $0 { (node, endpoint) } else { nil } }
    }

    /// What the pieces stand for, for one process. `sequence` moves on with each message; the generator's state makes
    /// the values of `$(uuid)` and `$(random …)` a function of its seed and of the number of expansions before.
    package struct Values {
        package var sequence: Int
        package var node: String
        package var replica: Int
        package var generator: SeededGenerator
        /// Milliseconds since 1970; asked only where a template says `$(now)`.
        package var now: () -> Int64
        package var port: Int?
        package var data: String?
        /// An endpoint's text; `nil` comes out as nothing (the topology's checks keep this from happening).
        package var endpoint: (_ node: String, Endpoint) -> String?

        package init(
            sequence: Int = 1, node: String, replica: Int, generator: SeededGenerator, now: @escaping () -> Int64,
            port: Int? = nil, data: String? = nil,
            endpoint: @escaping (_ node: String, Endpoint) -> String? = { _, _ in nil }
        ) {
            self.sequence = sequence
            self.node = node
            self.replica = replica
            self.generator = generator
            self.now = now
            self.port = port
            self.data = data
            self.endpoint = endpoint
        }
    }

    /// Appends the text as UTF-8.
    package func expand(into output: inout [UInt8], _ values: inout Values) {
        for piece in pieces {
            switch piece {
            case .literal(let bytes): output.append(contentsOf: bytes)
            case .sequence: append(Int64(values.sequence), to: &output)
            case .node: output.append(contentsOf: values.node.utf8)
            case .replica: append(Int64(values.replica), to: &output)
            case .uuid: appendUUID(to: &output, &values.generator)
            case .now: append(values.now(), to: &output)
            case .ownPort: if let port = values.port { append(Int64(port), to: &output) }
            case .data: if let data = values.data { output.append(contentsOf: data.utf8) }
            case .random(let range): append(Int64.random(in: range, using: &values.generator), to: &output)
            case .endpoint(let node, let endpoint):
                if let text = values.endpoint(node, endpoint) { output.append(contentsOf: text.utf8) }
            }
        }
    }

    package func text(_ values: inout Values) -> String {
        if let constant { return constant }
        var bytes: [UInt8] = []
        expand(into: &bytes, &values)
        return String(decoding: bytes, as: UTF8.self)
    }
}

private func append(_ number: Int64, to output: inout [UInt8]) {
    if number < 0 { output.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = output.count
    repeat {
        output.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
    } while rest > 0
    output[start...].reverse()
}

/// RFC 9562 §5.4.
private func appendUUID(to output: inout [UInt8], _ generator: inout SeededGenerator) {
    let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    for nibble in 0..<32 {
        if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 { output.append(UInt8(ascii: "-")) }
        let half = nibble < 16 ? high : low
        let digit = UInt8(truncatingIfNeeded: half >> UInt64((15 - nibble % 16) * 4)) & 0xF
        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}
