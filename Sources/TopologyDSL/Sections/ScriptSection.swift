import ClusterModel
import Scripting

/// `script:`
enum ScriptSection {
    private static let expected = "a Lua file's name, or Lua after |"
    private static let sizeLimit = ScriptEngine.maximumSource

    static let format = Format<ScenarioScript>(expected, schema: ["type": "string", "examples": ["chaos.lua"]]) {
        node, reading in
        guard let text = node.template(expected, reading).map(singleDollars) else { return nil }
        let file = reading.source?.file ?? ""
        if text.contains("\n") { return inline(text, node, file, reading) }
        guard !text.isEmpty else {
            reading.error("expected \(expected), found an empty text", at: node.span)
            return nil
        }
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        let path = text.hasPrefix("/") ? text : folder + text
        do throws(ValueProblem) {
            let script = try read(path)
            return ScenarioScript(
                name: script.name, source: script.source, location: reading.location(node.span))
        } catch {
            reading.error(error.message, at: node.span, advice: error.advice)
            return nil
        }
    }

    private static func inline(_ text: String, _ node: YAMLNode, _ file: String, _ reading: Reading) -> ScenarioScript?
    {
        let location = reading.location(node.span)
        let firstLine = location.line + 1
        let script = ScenarioScript(name: baseName(file), source: text, firstLine: firstLine, location: location)
        if let problem = ScriptEngine.check(text, name: script.name) {
            var place = node.span
            if let source = reading.source, let line = problem.line {
                // What is missing at the end is missed on the last line.
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
                place = source.lineSpan(ofLine: firstLine + min(line, max(lines - 1, 1)) - 1)
            }
            reading.error("Lua: \(problem.message)", at: place)
            return nil
        }
        return script
    }

    /// A file with a script.
    /// - Throws: what is wrong with it, with its line.
    static func read(_ path: String) throws(ValueProblem) -> ScenarioScript {
        switch FileContents.read(path, limit: sizeLimit, what: "a script") {
        case .failure(let problem): throw ValueProblem("'\(path)': \(problem.message)", advice: problem.advice)
        case .success(let bytes):
            guard let source = String(validating: bytes, as: UTF8.self) else {
                throw ValueProblem("'\(path)' is not valid UTF-8")
            }
            if let problem = ScriptEngine.check(source, name: baseName(path)) {
                throw ValueProblem("\(path):\(problem.line ?? 1): Lua: \(problem.message)")
            }
            return ScenarioScript(name: baseName(path), source: source)
        }
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
