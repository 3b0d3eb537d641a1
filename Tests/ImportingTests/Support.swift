import TopologyDSL

@testable import Importing

/// The `n` of `file:n:…` is what tests look at.
func tree(_ text: String, _ path: String = "in.yaml") throws -> YAMLFile {
    try YAMLFile(bytes: Array(text.utf8), path: path)
}

func message(_ body: () throws -> Imported) -> String {
    do {
        let imported = try body()
        return "imported: \(imported.text)"
    } catch let problems as YAMLFile.Problems {
        return problems.diagnostics.rendered()
    } catch {
        return "\(error)"
    }
}
