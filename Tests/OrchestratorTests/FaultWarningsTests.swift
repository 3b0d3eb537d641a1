import ClusterModel
import Testing

@testable import FaultInjection
@testable import Orchestrator

@Suite struct FaultWarningsTests {
    private func fault(_ link: LinkSelector?, only: FaultFilter = .init()) -> ActiveFault {
        ActiveFault(
            id: 1, name: "drop",
            spec: FaultSpec(
                .drop(Share(0.3)), link: link, only: only, location: SourceLocation(file: "t.yaml", line: 16)))
    }

    private func texts(_ faults: ActiveFault...) -> [String] {
        var warnings = FaultWarnings()
        for fault in faults { warnings.add(fault) }
        return warnings.texts
    }

    private let there = LinkSelector.oneWay(.named("order-service"), .named("broker"))

    @Test func whereOnlyAnswersPassedTheOtherWayWasMeant() {
        let fault = fault(there)
        for _ in 0..<20 { fault.pass(.ack) }
        #expect(
            texts(fault) == [
                "the fault 'drop 30%' on order-service -> broker (line 16) touched nothing: it saw 0 messages of its "
                    + "kinds; 20 acks passed there (did you mean 'broker -> order-service', or 'only: ack'?)"
            ])
    }

    @Test func whatNothingPassedIsSaidSo() {
        #expect(
            texts(fault(nil)) == [
                "the fault 'drop 30%' on all (line 16) touched nothing: no message passed there while it was on"
            ])
    }

    @Test func chanceMayHaveSparedThemAll() {
        let fault = fault(there)
        for _ in 0..<3 { fault.count(.deliver, affected: false) }
        #expect(
            texts(fault) == [
                "the fault 'drop 30%' on order-service -> broker (line 16) saw 3 messages and touched none"
            ])
    }

    /// The rounds of one entry are one fault.
    @Test func oneTouchInAnyRoundIsEnough() {
        let touched = fault(there)
        touched.count(.deliver, affected: true)
        #expect(texts(fault(there), touched).isEmpty)
        #expect(texts(fault(there), fault(there)).count == 1)
    }

    @Test func whatTheRunDidNotLiveToSeeIsNamed() {
        let place = SourceLocation(file: "t.yaml", line: 9)
        let late = FaultSpec(.kill(.named("worker"), signal: "KILL"), at: .seconds(10), location: place)
        let begun = fault(there)
        begun.count(.deliver, affected: true)
        var warnings = FaultWarnings(planned: [late, begun.spec])
        warnings.add(begun)
        #expect(warnings.texts == ["the fault 'kill worker' (line 9) never began: the run ended before 10s"])
    }

    @Test func theDiceTellWhatPassed() {
        let fault = fault(there)
        var dice = MessageDice(
            seed: 7, link: LinkIdentity(client: "order-service", server: "broker"), connection: 1, channel: 1)
        _ = dice.roll(.ack, n: dice.next(.ack), faults: [fault])
        #expect(fault.others == [.ack: 1] && fault.counts.isEmpty)
    }

    @Test func theNoteNamesWhoKeepsTheRunUp() {
        #expect(
            Cluster.waitingText(["consumer"], limit: nil)
                == "nothing more is scheduled: waiting for consumer to end (Ctrl-C or orch down ends the run)")
        #expect(Cluster.waitingText([], limit: .seconds(30)).contains("the run ends 30s after its start (--for)"))
    }

    @Test func whatProcessesSayIsReadBeforeWhatLinksSaw() {
        let names = ["links-1.events", "orchestrator.events", "links-1.1.events", "worker.1.events"]
        #expect(names.map { RunFolder.isOfCauses("/run/\($0)") } == [true, true, false, false])
    }
}
