import ArgumentParser
import ClusterModel

/// `orch doctor`
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at what this machine has, and what is missing for what.",
        discussion: """
            ✓ is there, ✗ is missing and orch needs it, – is missing and something else would need it. Exit codes: 0 all \
            that orch itself needs is there, 69 it is not.
            """)

    @Flag(help: "Print a list of objects with name, state (ok, missing, absent), found, needed_for and install.")
    var json = false

    func run() throws {
        let findings = Examination.all()
        let terminal = Terminal.standardOutput
        if json {
            terminal.print(try JSONOutput.text(findings))
        } else {
            print(findings, terminal)
        }
        if findings.contains(where: { $0.state == .missing }) { throw ExitCode(OrchError.Code.unavailable.rawValue) }
    }

    private func print(_ findings: [Examination.Finding], _ terminal: Terminal) {
        let width = findings.map(\.name.count).max() ?? 0
        for finding in findings {
            let mark =
                switch finding.state {
                case .ok: terminal.styled("✓", .green)
                case .missing: terminal.styled("✗", .red, .bold)
                case .absent: terminal.styled("–", .yellow)
                }
            let name = finding.name + String(repeating: " ", count: width - finding.name.count)
            terminal.print("\(mark) \(terminal.styled(name, .bold))  \(finding.found); for \(finding.neededFor)")
            if finding.state != .ok, let install = finding.install {
                terminal.print(String(repeating: " ", count: width + 4) + terminal.styled(install, .cyan))
            }
        }
    }
}
