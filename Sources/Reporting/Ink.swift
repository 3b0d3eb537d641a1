import Assertions

/// ANSI colours, or none.
struct Ink {
    let isOn: Bool

    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case boldRed = "1;31"
        case boldGreen = "1;32"
        case boldYellow = "1;33"
    }

    func callAsFunction(_ style: Style, _ text: String) -> String {
        isOn && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    func verdict(_ verdict: Verdict, _ text: String) -> String {
        switch verdict {
        case .pass: self(.boldGreen, text)
        case .fail: self(.boldRed, text)
        case .unknown: self(.boldYellow, text)
        }
    }

    static func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .pass: "✔"
        case .fail: "✘"
        case .unknown: "?"
        }
    }
}
