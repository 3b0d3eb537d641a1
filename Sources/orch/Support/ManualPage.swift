#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The manual page, from what the argument parser knows of itself, so that it is never behind the program.
enum ManualPage {
    private struct Dump: Decodable { var command: Command }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool?
        var subcommands: [Command]?
        var arguments: [Argument]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String

            var text: String { kind == "long" ? "--\(name)" : "-\(name)" }
        }

        var kind: String
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var abstract: String?
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool

        var isHelp: Bool { names?.contains { $0.name == "help" || $0.name == "version" } ?? false }

        /// `-o, --output OUTPUT`
        var heading: String {
            let value = (valueName ?? "value").uppercased()
            if kind == "positional" { return isRepeating ? "\(value)…" : value }
            let all = (names ?? []).map(\.text).joined(separator: ", ")
            return kind == "option" ? "\(all) \(value)" : all
        }

        var synopsis: String {
            let value = (valueName ?? "value").uppercased()
            var text: String
            if kind == "positional" {
                text = value
            } else {
                text = names?.last?.text ?? ""
                if kind == "option" { text += " \(value)" }
            }
            if isRepeating { text += "…" }
            return isOptional ? "[\(text)]" : text
        }
    }

    /// - Parameter dump: what `--experimental-dump-help` prints.
    static func text(dump: String, version: String) throws -> String {
        let root = try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command
        var lines = [
            ".\\\" Made by: orch man > docs/man/orch.1",
            ".TH ORCH 1 \"\" \"orch \(version)\" \"User Commands\"", ".SH NAME",
            "orch \\- \(escaped(root.abstract ?? ""))", ".SH SYNOPSIS", ".B orch", ".I command",
            "[\\fIarguments\\fR]", ".SH DESCRIPTION",
        ]
        lines += discussion(root.discussion)
        lines.append(".SH COMMANDS")
        for command in root.subcommands ?? [] { lines += section(command, path: "orch") }
        lines += [
            ".SH EXIT STATUS", ".TP", ".B 0", "All assertions hold, or the command did what it is for.", ".TP", ".B 1",
            "An assertion is violated.", ".TP", ".B 2", "The verdict is unknown.", ".TP", ".B 64", "Wrong usage.",
            ".TP",
            ".B 65", "A bad topology file.", ".TP", ".B 69", "A node, a port or a running cluster could not be had.",
            ".TP", ".B 70", "An internal error.", ".TP", ".B 130", "Interrupted.", ".SH ENVIRONMENT", ".TP",
            ".B NO_COLOR", "If it is set and not empty, output has no colours.", ".SH FILES", ".TP",
            ".I .orch/runs/", "What runs leave behind, in the working folder; \\fIlatest\\fR is the newest.",
            ".SH SEE ALSO", "\\fBrabbitmqctl\\fR(8)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func section(_ command: Command, path: String) -> [String] {
        guard command.shouldDisplay ?? true, command.commandName != "help" else { return [] }
        let name = "\(path) \(command.commandName)"
        let arguments = (command.arguments ?? []).filter { $0.shouldDisplay && !$0.isHelp }
        let children = (command.subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
        var lines = [".SS \(escaped(name))"]
        let synopsis = arguments.map(\.synopsis) + (children.isEmpty ? [] : ["COMMAND"])
        lines += ["\\fB\(escaped(name))\\fR \(escaped(synopsis.joined(separator: " ")))", ".PP"]
        if let abstract = command.abstract { lines.append(escaped(abstract)) }
        lines += discussion(command.discussion).isEmpty ? [] : [".PP"] + discussion(command.discussion)
        for argument in arguments {
            lines += [".TP", "\\fB\(escaped(argument.heading))\\fR"]
            var text = argument.abstract ?? ""
            if let value = argument.defaultValue, argument.kind == "option" { text += " (default: \(value))" }
            lines.append(escaped(text.isEmpty ? "(see above)" : text))
        }
        for child in children { lines += section(child, path: name) }
        return lines
    }

    /// Paragraphs; lines that are indented keep their shape.
    private static func discussion(_ text: String?) -> [String] {
        guard let text, !text.isEmpty else { return [] }
        var lines: [String] = []
        var isShaped = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let wantsShape = line.hasPrefix("  ")
            if wantsShape != isShaped, !line.isEmpty {
                lines.append(wantsShape ? ".nf" : ".fi")
                isShaped = wantsShape
            }
            lines.append(line.isEmpty ? ".PP" : escaped(String(line)))
        }
        if isShaped { lines.append(".fi") }
        return lines
    }

    /// Text as roff: nothing in it is a request.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "\n": result += " "
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&\(result)" : result
    }
}
