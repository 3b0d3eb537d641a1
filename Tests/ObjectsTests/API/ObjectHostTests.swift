import ClusterModel
import NIOCore
import Objects
import Protobuf
import RPC
import Testing

/// Hosts over sockets, and what is sent to them by hand.
@HostLoop @Suite("Object hosts", .timeLimit(.minutes(1))) struct ObjectHostTests {
    private nonisolated func deposit(
        _ amount: UInt8, _ sequence: UInt64? = nil, attempt: UInt32 = 1, object: String? = "acc-1"
    ) -> HostBench.Request {
        HostBench.Request(
            path: "/Account/deposit", object: object, call: sequence.map { CallID(origin: "teller-1/7", sequence: $0) },
            attempt: attempt, message: Bank.amount(amount))
    }

    @Test func aFullMailboxRefusesAsNotExecuted() async throws {
        try await HostBench.run(["host-a"], types: Bank.types(mailbox: 2), Bank.objects) { bench in
            let behaviour = bench["host-a"].behaviour
            behaviour.isHeld = true
            // One runs, two wait, and one is too many.
            var begun: [HostBench.Transmission] = []
            for sequence in UInt64(1)...4 { begun.append(try await bench.begin(deposit(1, sequence), to: "host-a")) }
            let last = await bench.first(of: begun)
            let refused = await bench.end(of: begun[last])
            #expect(refused.reason == "overloaded" && !refused.isExecuted && refused.code == .resourceExhausted)
            #expect(behaviour.count == 1)
            behaviour.release()
            var balances: Set<[UInt8]> = []
            for (index, transmission) in begun.enumerated() where index != last {
                balances.insert(await bench.end(of: transmission).message)
            }
            #expect(balances == [Bank.amount(1), Bank.amount(2), Bank.amount(3)])
            // The same call again is a new one: nothing of it was done.
            let again = try await bench.send(deposit(1, UInt64(last + 1), attempt: 2), to: "host-a")
            #expect(again.origin == .executed && again.message == Bank.amount(4))
        }
    }

    @Test func duplicatesGetTheSavedReplyWhereverTheObjectIs() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            let first = try await bench.send(deposit(10, 1), to: "host-a")
            #expect(first.origin == .executed && first.message == Bank.amount(10))
            try await bench.migrate("acc-1", to: "host-b")
            let moved = try await bench.send(deposit(10, 1, attempt: 2), to: "host-a")
            #expect(moved.reason == "moved" && !moved.isExecuted && moved.owner == "host-b")
            let saved = try await bench.send(deposit(10, 1, attempt: 2), to: "host-b")
            #expect(saved.origin == .saved && saved.message == Bank.amount(10))
            let second = try await bench.send(deposit(10, 2), to: "host-b")
            #expect(second.origin == .executed && second.message == Bank.amount(20))
            // And back: what either host had executed is known.
            try await bench.migrate("acc-1", to: "host-a")
            for (sequence, balance) in [(UInt64(1), UInt8(10)), (2, 20)] {
                let again = try await bench.send(deposit(10, sequence, attempt: 3), to: "host-a")
                #expect(again.origin == .saved && again.message == Bank.amount(balance))
            }
            #expect(bench["host-a"].behaviour.count == 1 && bench["host-b"].behaviour.count == 1)
        }
    }

    /// A copy of a call that has been executed gets its reply when that is on disk, and no sooner than the call itself:
    /// whoever heard of it earlier could see it undone by a crash.
    @Test func nobodyHearsOfWhatIsNotOnDisk() async throws {
        var types = Bank.types()
        types[0].durable = true
        let disk = GatedDisk()
        try await HostBench.run(["host-a"], types: types, disk: disk, Bank.objects) { bench in
            disk.hold()
            let first = try await bench.begin(deposit(10, 1), to: "host-a")
            let copy = try await bench.begin(deposit(10, 1, attempt: 2), to: "host-a")
            // Answered after both have been looked at: they came before it, on the same connection.
            let ledger = HostBench.Request(path: "/Ledger/audit", object: "ledger-1")
            #expect(try await bench.send(ledger, to: "host-a").message == Bank.amount(7))
            #expect(bench["host-a"].behaviour.count == 2)
            #expect(first.answer == nil && copy.answer == nil)
            disk.release()
            // Those that were begun together may arrive in any order.
            let answers = [await bench.end(of: first), await bench.end(of: copy)]
            #expect(Set(answers.map(\.origin)) == [.executed, .saved])
            #expect(answers.allSatisfy { $0.message == Bank.amount(10) })
        }
    }

    /// The directory has ended the source's session when the swap comes: the source claims its object again.
    @Test func aSourceWhoseSessionEndedBeforeTheSwapServesAgain() async throws {
        var types = Bank.types()
        types[0].durable = true
        try await HostBench.run(types: types, disk: GatedDisk(), Bank.objects) { bench in
            let host = bench["host-a"].host
            host.failpoint = { point, _, goOn in
                guard point == .swapping else { return goOn() }
                Task { @HostLoop in
                    await bench.supersede("host-a")
                    goOn()
                }
            }
            let result = await withCheckedContinuation { (done: CheckedContinuation<MigrationResult?, Never>) in
                host.migrate("acc-1", to: "host-b") { done.resume(returning: $0) }
            }
            guard case .failed? = result else { throw BenchFailure(description: String(describing: result)) }
            #expect(host.has("acc-1"))
            let answer = try await bench.send(deposit(10, 1), to: "host-a")
            #expect(answer.origin == .executed && answer.message == Bank.amount(10))
        }
    }

    private nonisolated func transfer(_ state: String = #"{"balance":1}"#, epoch: UInt64 = 1) -> ObjectTransfer {
        var transfer = ObjectTransfer()
        transfer.object = "acc-1"
        transfer.type = "Account"
        transfer.epoch = epoch
        transfer.incarnation = "host-a-1"
        transfer.source = "host-a"
        transfer.isNamed = true
        transfer.state = Array(state.utf8)
        transfer.digest = transfer.contentDigest
        return transfer
    }

    @Test func aDamagedCopyIsNotTaken() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            @HostLoop func prepare(_ change: (inout ObjectTransfer) -> Void) async throws -> TransferAnswer {
                var copy = transfer()
                change(&copy)
                return try await bench.ask("host-b", "Prepare", copy)
            }
            /// As whoever means harm would: the digest fits.
            @HostLoop func forge(_ change: (inout ObjectTransfer) -> Void) async throws -> TransferAnswer {
                try await prepare { copy in
                    change(&copy)
                    copy.digest = copy.contentDigest
                }
            }
            let damaged = "the copy arrived damaged"
            let wrong = try await prepare { $0.state = Array(#"{"balance":2}"#.utf8) }
            #expect(wrong.session == 0 && wrong.reason == damaged)
            var reply = TransferredReply()
            reply.origin = "teller-1/7"
            reply.sequence = 1
            reply.reply = [1, 2, 3]
            let garbage = try await forge { $0.replies = [reply] }
            #expect(garbage.session == 0 && garbage.reason == damaged)
            reply.attempt = 1
            reply.reason = "because"
            #expect(try await forge { $0.replies = [reply] }.reason == damaged)
            reply.attempt = 0
            reply.reply = SavedReply(method: "Account/deposit").encoded
            reply.size = -1
            #expect(try await forge { $0.replies = [reply] }.reason == damaged)
            var client = TransferredClient()
            client.origin = "teller-1/7"
            client.ranges = [1]
            #expect(try await forge { $0.clients = [client] }.reason == damaged)
            #expect(try await forge { $0.state = Array("{".utf8) }.reason.hasPrefix("the state does not fit: "))
            #expect(try await forge { $0.type = "Wallet" }.reason == "host-b hosts no type Wallet")
            // What is whole is taken.
            #expect(try await prepare { _ in }.session != 0)
            #expect(!bench["host-b"].host.has("acc-1"))
        }
    }

    @Test func whatWasNeverSwappedIsNeverServed() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            @HostLoop func tell(_ kind: OwnershipNotice.Kind, _ object: String, _ epoch: UInt64) async throws {
                var notice = OwnershipNotice()
                notice.kind = kind
                notice.object = object
                notice.owner = "host-b"
                notice.epoch = epoch
                let _: Acknowledgement = try await bench.ask("host-b", "Tell", notice)
            }
            #expect(try await bench.send(deposit(10, 1), to: "host-a").code == .ok)
            // Nothing was prepared.
            try await tell(.activate, "acc-1", 2)
            try await tell(.discard, "acc-1", 1)
            try await tell(.announce, "acc-1", .max)
            #expect(!bench["host-b"].host.has("acc-1"))
            // It was, and the directory knows of no swap.
            for epoch in [1, UInt64.max] {
                let copy = transfer(#"{"balance":99}"#, epoch: epoch)
                let answer: TransferAnswer = try await bench.ask("host-b", "Prepare", copy)
                #expect(answer.session != 0)
                try await tell(.activate, "acc-1", epoch &+ 1)
                try await tell(.activate, "acc-1", 0)
                #expect(!bench["host-b"].host.has("acc-1"))
            }
            try await tell(.discard, "acc-1", .max)
            let account: Bank.Account = try await bench.cluster().object("acc-1")
            #expect(try await account.deposit(1) == 11)
            try await bench.migrate("acc-1", to: "host-b")
            #expect(try await account.deposit(1) == 12)
        }
    }

    @Test func forgedRequestsGetTypedAnswersAndTheHostLivesOn() async throws {
        try await HostBench.run(types: Bank.types(), Bank.objects) { bench in
            @HostLoop func refused(_ request: HostBench.Request, _ reason: String?, _ code: GRPCCode? = nil)
                async throws
            {
                let answer = try await bench.send(request, to: "host-a")
                #expect(!answer.isExecuted && answer.reason == reason, "\(request): \(answer)")
                if let code { #expect(answer.code == code) }
            }
            try await refused(deposit(1, object: nil), "malformed", .invalidArgument)
            for object in ["orch://", "orch://Account/", "orch://Account/acc-1/x", "-", "acc-9", "../acc-1"] {
                try await refused(deposit(1, object: object), "not-here")
            }
            try await refused(deposit(1, object: "ledger-1"), "wrong-type")
            try await refused(deposit(1, object: "orch://Account/ledger-1"), "wrong-type")
            var request = deposit(1)
            for path in ["/Account/description", "/Account/Deposit", "/Wallet/open", "/Account/"] {
                request.path = path
                let answer = try await bench.send(request, to: "host-a")
                #expect(answer.code == .unimplemented && answer.message.isEmpty)
            }
            request = deposit(1)
            request.message = [0xFF, 0xFF, 0xFF]
            let malformed = try await bench.send(request, to: "host-a")
            #expect(malformed.code == .invalidArgument && !malformed.isExecuted)
            request = deposit(1, 1)
            request.server = "of an earlier life"
            #expect(try await bench.send(request, to: "host-a").reason == "server-restarted")
            #expect(bench["host-a"].behaviour.count == 0)

            var notice = ReferenceNotice()
            notice.objects = ["acc-1", "acc-9", "", String(repeating: "x", count: 1_000)]
            notice.sequence = .max
            for holder in ["", "a/b\n\0", String(repeating: "h", count: 10_000)] {
                notice.holder = holder
                for kind in [ReferenceNotice.Kind.renew, .dirty, .clean] {
                    notice.kind = kind
                    let answers: ReferenceAnswers = try await bench.ask("host-a", "Refer", notice)
                    #expect(answers.answers.map(\.object) == notice.objects)
                    #expect(answers.answers.dropFirst().allSatisfy { $0.standing == .elsewhere })
                    if holder.isEmpty { #expect(answers.answers.first?.standing == .expired) }
                }
            }
            let answer = try await bench.send(deposit(3, 1), to: "host-a")
            #expect(answer.origin == .executed && answer.message == Bank.amount(3))
        }
    }
}
