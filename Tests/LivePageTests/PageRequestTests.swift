import ClusterModel
import Testing

@testable import LivePage

@Suite struct PageRequestTests {
    private let token = PageToken()

    private func ask(
        _ method: String, _ target: String, host: String? = "127.0.0.1:8080", origin: String? = nil,
        header: String? = nil
    ) -> Result<PageRequest, PageRequest.Refusal> {
        do throws(PageRequest.Refusal) {
            return .success(
                try PageRequest(
                    .init(method: method, target: target, host: host, origin: origin, token: header), port: 8_080,
                    token: token))
        } catch {
            return .failure(error)
        }
    }

    private func status(_ result: Result<PageRequest, PageRequest.Refusal>) -> Int {
        switch result {
        case .success: 200
        case .failure(let refusal): refusal.status
        }
    }

    @Test func whoHasTheTokenIsServed() {
        #expect(ask("GET", "/?token=\(token.text)") == .success(.page))
        #expect(ask("GET", "/events?x=1&token=\(token.text)", host: "LOCALHOST:8080") == .success(.events))
        let origin = "http://127.0.0.1:8080"
        #expect(ask("POST", "/commands", origin: origin, header: token.text) == .success(.command(checkOnly: false)))
        #expect(ask("POST", "/check", header: token.text) == .success(.command(checkOnly: true)))
    }

    @Test func aCommandWantsTheTokenInAHeader() {
        #expect(status(ask("POST", "/commands?token=\(token.text)")) == 403)
        #expect(status(ask("GET", "/", header: token.text)) == 403)
    }

    @Test(arguments: [nil, "127.0.0.1", "127.0.0.1:80", "evil.example:8080", "127.0.0.1:8080.evil.example", ""])
    func onlyTheAddressThatWasPrintedIsAnswered(_ host: String?) {
        #expect(status(ask("GET", "/?token=\(token.text)", host: host)) == 403)
    }

    @Test(arguments: ["http://evil.example", "https://127.0.0.1:8080", "http://127.0.0.1:81", "null"])
    func otherSitesMayNotAsk(_ origin: String) {
        #expect(status(ask("POST", "/commands", origin: origin, header: token.text)) == 403)
    }

    @Test func whatIsNotThereIsRefused() {
        #expect(status(ask("GET", "/nothing?token=\(token.text)")) == 404)
        #expect(status(ask("GET", "/nothing")) == 403, "nobody without the token learns what there is")
        #expect(status(ask("GET", "/commands?token=\(token.text)")) == 405)
        #expect(status(ask("POST", "/", header: token.text)) == 405)
        #expect(status(ask("DELETE", "/?token=\(token.text)")) == 405)
    }

    @Test func aTokenMatchesItselfOnly() {
        let text = token.text
        #expect(text.count == 32 && token.matches(text))
        for guess in [nil, "", String(text.dropLast()), text + "0", text + "\0", PageToken().text] {
            #expect(!token.matches(guess), "\(guess ?? "nothing")")
        }
        #expect(PageToken().text != PageToken().text)
    }
}

@Suite struct CommandWordsTests {
    @Test func aCommandIsCutAsAShellCutsIt() throws {
        #expect(
            try CommandWords.split("orch fault drop 30%  --link 'producer -> broker' --only key=\"a b\"")
                == ["orch", "fault", "drop", "30%", "--link", "producer -> broker", "--only", "key=a b"])
        #expect(try CommandWords.split(" a\\ b '' \"\\\"\\x\" ") == ["a b", "", "\"\\x"])
    }

    @Test(arguments: ["a", "", "it's", "$HOME `x` | & ; <", "a\"b\\c", "key=a.*", "2 of worker", "ä 😀 ~"])
    func whatIsQuotedForAShellComesBack(_ word: String) throws {
        #expect(try CommandWords.split("x \(ShellText.quoted(word)) y") == ["x", word, "y"])
    }

    @Test(arguments: [
        "a | b", "a; b", "a && b", "$(rm x)", "a > b", "\"$x\"", "\"`x`\"", "a\nb", "'open", "\"open", "end\\", "a*",
    ])
    func whatAShellWouldDoMoreWithIsRefused(_ text: String) {
        #expect(throws: OrchError.self) { try CommandWords.split(text) }
    }
}
