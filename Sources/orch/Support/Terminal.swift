import ClusterModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where output goes, and what can be shown there.
struct Terminal: Sendable {
    static let standardInput = Terminal(descriptor: STDIN_FILENO)
    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    /// Nothing that is shown goes there: for texts that others show.
    static let none = Terminal(descriptor: -1)

    let descriptor: Int32
    let isInteractive: Bool
    /// Colours are for terminals, unless `NO_COLOR` is set (no-color.org).
    let hasColor: Bool

    init(descriptor: Int32) {
        self.descriptor = descriptor
        let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        isInteractive = isatty(descriptor) == 1 && !dumb
        hasColor = isInteractive && (getenv("NO_COLOR").map { String(cString: $0).isEmpty } ?? true)
    }

    /// Columns; 100 where nobody knows.
    var width: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    var height: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    func print(_ text: String, terminator: String = "\n") { write(text + terminator) }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress!
                #if canImport(Glibc)
                    let count = Glibc.write(descriptor, start, rest.count)
                #elseif canImport(Musl)
                    let count = Musl.write(descriptor, start, rest.count)
                #else
                    let count = Darwin.write(descriptor, start, rest.count)
                #endif
                if count < 0 {
                    if errno == EINTR || errno == EAGAIN { continue }
                    return
                }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// A program's line as it may be shown between ours: colours stay and end with the line; what moves the cursor, wipes
    /// the screen or sets a title goes, and of a line drawn over itself the last state remains.
    static func tamed(_ line: String) -> String {
        var result = ""
        var hasStyle = false
        var scalars = line.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\r":
                if !scalars.isEmpty { result = "" }
            case "\t": result += "    "
            case "\u{1B}":
                if scalars.first == "[" {
                    let sequence = scalars.dropFirst().prefix { !("@"..."~").contains($0) }
                    let end = scalars.dropFirst(1 + sequence.count).first
                    scalars = scalars.dropFirst(2 + sequence.count)
                    if end == "m" {
                        result += "\u{1B}[" + String(String.UnicodeScalarView(sequence)) + "m"
                        hasStyle = true
                    }
                } else if scalars.first == "]" {
                    scalars = scalars.drop { $0 != "\u{7}" && $0 != "\u{1B}" }.dropFirst()
                } else {
                    scalars = scalars.dropFirst()
                }
            case ..<" ", "\u{7F}"..."\u{9F}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return hasStyle ? result + "\u{1B}[0m" : result
    }

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case magenta = "35"
        case cyan = "36"
    }

    func styled(_ text: String, _ styles: Style...) -> String {
        guard hasColor, !text.isEmpty else { return text }
        return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }

    func styled(_ error: OrchError) -> String {
        var text = ""
        if let location = error.location { text += styled("\(location): ", .bold) }
        text += styled("error: ", .red, .bold) + error.message
        if let cause = error.cause { text += "\n  " + styled("cause: ", .dim) + cause }
        if let line = error.lastLine { text += "\n  " + styled("last line: ", .dim) + line }
        if let advice = error.advice { text += "\n  " + styled("help: ", .cyan) + advice }
        return text
    }
}
