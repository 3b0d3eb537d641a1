import NIOCore

/// The answer to a call, as it is given, and kept for its duplicates.
package struct SavedReply: Sendable, Equatable {
    /// `Calculator/suma`: for evidence, when it is found again after a restart.
    package var method: String
    /// One at most: what a streaming method sends is not kept.
    package var message: ByteBuffer?
    package var status: GRPCStatus
    /// The handler's own.
    package var headers: Metadata
    package var trailers: Metadata
    /// Of a failure.
    package var outcome: DeclaredOutcome?
    package var reason: String?

    package init(
        method: String, message: ByteBuffer? = nil, status: GRPCStatus = .ok, headers: Metadata = Metadata(),
        trailers: Metadata = Metadata(), outcome: DeclaredOutcome? = nil, reason: String? = nil
    ) {
        self.method = method
        self.message = message
        self.status = status
        self.headers = headers
        self.trailers = trailers
        self.outcome = outcome
        self.reason = reason
    }

    /// What it takes in memory, roughly.
    package var size: Int {
        256 + (message?.readableBytes ?? 0) + status.message.utf8.count + (status.details?.count ?? 0) + headers.size
            + trailers.size
    }
}

/// How it lies in a durable store: lengths and octets, in this order. Read back only by the version that wrote it; the
/// store's schema has a version of its own.
extension SavedReply {
    package var encoded: [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeText(method)
        buffer.writeInteger(status.code.rawValue)
        buffer.writeText(status.message)
        buffer.writeOctets(status.details.map { ByteBuffer(bytes: $0) })
        buffer.writeText(outcome?.rawValue ?? "")
        buffer.writeText(reason ?? "")
        buffer.writeEntries(headers)
        buffer.writeEntries(trailers)
        buffer.writeOctets(message)
        return Array(buffer.readableBytesView)
    }

    /// Nil if these are no reply.
    package init?(encoded bytes: UnsafeRawBufferPointer) {
        var buffer = ByteBuffer(bytes: bytes)
        guard let method = buffer.readText(), let code = buffer.readInteger(as: UInt8.self),
            let text = buffer.readText(), let details = buffer.readOctets(), let outcome = buffer.readText(),
            let reason = buffer.readText(), let headers = buffer.readEntries(), let trailers = buffer.readEntries(),
            let message = buffer.readOctets(), buffer.readableBytes == 0
        else { return nil }
        self.init(
            method: method, message: message,
            status: GRPCStatus(GRPCCode(rawValue: code), text, details: details.map { Array($0.readableBytesView) }),
            headers: headers, trailers: trailers, outcome: DeclaredOutcome(rawValue: outcome),
            reason: reason.isEmpty ? nil : reason)
    }
}

extension ByteBuffer {
    fileprivate mutating func writeText(_ text: String) {
        writeInteger(UInt32(text.utf8.count))
        writeString(text)
    }

    fileprivate mutating func readText() -> String? {
        readInteger(as: UInt32.self).flatMap { readString(length: Int($0)) }
    }

    /// A first octet tells nothing from an empty one.
    fileprivate mutating func writeOctets(_ octets: ByteBuffer?) {
        writeInteger(octets == nil ? 0 : 1, as: UInt8.self)
        guard var octets else { return }
        writeInteger(UInt32(octets.readableBytes))
        writeBuffer(&octets)
    }

    /// The outer nil: there is nothing to read.
    fileprivate mutating func readOctets() -> ByteBuffer?? {
        guard let flag = readInteger(as: UInt8.self) else { return nil }
        if flag == 0 { return .some(nil) }
        return readInteger(as: UInt32.self).flatMap { readSlice(length: Int($0)) }.map { .some($0) }
    }

    fileprivate mutating func writeEntries(_ metadata: Metadata) {
        writeInteger(UInt32(metadata.count))
        for entry in metadata.entries {
            writeText(entry.name)
            writeText(entry.value)
        }
    }

    fileprivate mutating func readEntries() -> Metadata? {
        guard let count = readInteger(as: UInt32.self) else { return nil }
        var metadata = Metadata()
        for _ in 0..<count {
            guard let name = readText(), let value = readText() else { return nil }
            metadata.append(received: name, value)
        }
        return metadata
    }
}
