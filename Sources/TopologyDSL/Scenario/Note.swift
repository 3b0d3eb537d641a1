import ClusterModel

extension ScenarioForm {
    /// `note: now it breaks`
    static let note = ScenarioForm("note", takes: .words, "A line for whoever watches the run.") { text, _ in
        .note(text)
    }
}
