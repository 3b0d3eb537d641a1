import NIOCore

/// What waits for one browser. It never holds more than one state, the newest, and a bounded number of log lines and of
/// commands: a browser that is slow sees fewer states, and not every line.
package struct Spectator: Sendable {
    private var state: ByteBuffer?
    private var lines: [LogTail.Line] = []
    private var lostLines = 0
    private var commands: [CommandEntry] = []
    private var end: ByteBuffer?

    package static let lineLimit = 500
    package static let commandLimit = 100

    package init() {}

    /// Octets of what waits, lines and commands by their texts.
    package var size: Int {
        (state?.readableBytes ?? 0) + (end?.readableBytes ?? 0) + lines.reduce(0) { $0 + $1.text.utf8.count }
            + commands.reduce(0) { $0 + $1.command.utf8.count + $1.text.utf8.count }
    }

    /// - Parameter state: JSON.
    package mutating func show(state: ByteBuffer) { self.state = state }

    package mutating func show(lines new: [LogTail.Line]) {
        lines += new
        let excess = lines.count - Self.lineLimit
        guard excess > 0 else { return }
        lines.removeFirst(excess)
        lostLines += excess
    }

    package mutating func show(command: CommandEntry) {
        commands.removeAll { $0.number == command.number }
        commands.append(command)
        if commands.count > Self.commandLimit { commands.removeFirst() }
    }

    /// - Parameter end: JSON. The last thing that it is told.
    package mutating func show(end: ByteBuffer) { self.end = end }

    /// All that waits, as server-sent events; `nil` where nothing does.
    package mutating func take() -> ByteBuffer? {
        var buffer = ByteBuffer()
        for command in commands { Self.write("command", PageJSON.encode(command), into: &buffer) }
        if !lines.isEmpty || lostLines > 0 {
            Self.write("lines", PageJSON.encode(Lines(lost: lostLines, lines: lines)), into: &buffer)
        }
        if let state { Self.write("state", state, into: &buffer) }
        if let end { Self.write("end", end, into: &buffer) }
        self = Spectator()
        return buffer.readableBytes == 0 ? nil : buffer
    }

    private struct Lines: Encodable {
        var lost: Int
        var lines: [LogTail.Line]
    }

    /// - Parameter data: JSON on one line.
    private static func write(_ event: String, _ data: ByteBuffer, into buffer: inout ByteBuffer) {
        buffer.writeString("event: \(event)\ndata: ")
        buffer.writeImmutableBuffer(data)
        buffer.writeStaticString("\n\n")
    }
}

/// A command that was given on the page, and what came of it.
package struct CommandEntry: Sendable, Encodable, Equatable {
    package enum Outcome: String, Sendable, Encodable { case running, done, failed }

    package var number: Int
    package var command: String
    package var outcome: Outcome
    /// What the command printed, or its error.
    package var text: String

    package init(number: Int, command: String, outcome: Outcome, text: String) {
        self.number = number
        self.command = command
        self.outcome = outcome
        self.text = text
    }
}
