import DequeModule
import RPC

/// A host's registrations and drops on their way to the directory: numbered, one request at a time, so that late copies
/// can be told (`RegisterObjects.number`). What waits goes together, as far as it is alike and fits.
final class RegistrationQueue {
    enum Kind { case register, drop }

    /// At most one request's worth of one caller.
    private struct Entry {
        var kind: Kind
        var session: UInt64
        var objects: [ObjectRecord]
        var time: Duration
        var completed: DirectoryClient.Completion<ObjectRecords>
    }

    /// Objects that may wait.
    private static let longest = 1_000_000

    private unowned let client: DirectoryClient
    private var entries: Deque<Entry> = []
    private var waiting = 0
    private var number: UInt64 = 0
    private var isBusy = false

    init(_ client: DirectoryClient) { self.client = client }

    func append(
        _ kind: Kind, _ objects: [ObjectRecord], session: UInt64, within time: Duration,
        _ completed: @escaping DirectoryClient.Completion<ObjectRecords>
    ) {
        guard waiting + objects.count <= Self.longest else {
            let status = GRPCStatus(.resourceExhausted, "\(waiting) objects wait for the directory already")
            return completed(
                .failure(DirectoryFailure(kind.method, WireFailure(status: status, isCertain: true))))
        }
        waiting += objects.count
        let chunks = stride(from: 0, to: max(objects.count, 1), by: DirectoryCore.perRequest).map {
            Array(objects[$0..<min($0 + DirectoryCore.perRequest, objects.count)])
        }
        let collector = Collector(chunks.count, completed)
        for (index, chunk) in chunks.enumerated() {
            entries.append(
                Entry(kind: kind, session: session, objects: chunk, time: time) { collector.received(index, $0) })
        }
        next()
    }

    private func next() {
        guard !isBusy, let first = entries.first else { return }
        isBusy = true
        number += 1
        var batch: [Entry] = []
        var count = 0
        while let entry = entries.first, entry.kind == first.kind, entry.session == first.session,
            batch.isEmpty || count + entry.objects.count <= DirectoryCore.perRequest
        {
            entries.removeFirst()
            batch.append(entry)
            count += entry.objects.count
        }
        waiting -= count
        send(batch, batch.flatMap(\.objects), batch.map(\.time).max() ?? .zero)
    }

    private func send(_ batch: [Entry], _ objects: [ObjectRecord], _ time: Duration) {
        switch batch[0].kind {
        case .register:
            var request = RegisterObjects()
            request.session = batch[0].session
            request.number = number
            request.objects = objects
            client.ask(.register, request, within: time) { (result: Result<ObjectRecords, DirectoryFailure>) in
                self.answered(batch, result)
            }
        case .drop:
            var request = DropObjects()
            request.session = batch[0].session
            request.number = number
            request.objects = objects
            client.ask(.drop, request, within: time) { (result: Result<Acknowledgement, DirectoryFailure>) in
                self.answered(
                    batch,
                    result.map { acknowledgement in
                        var records = ObjectRecords()
                        records.fenced = acknowledgement.fenced
                        records.objects = objects
                        return records
                    })
            }
        }
    }

    private func answered(_ batch: [Entry], _ result: Result<ObjectRecords, DirectoryFailure>) {
        var result = result
        if case .success(let records) = result, records.objects.count != batch.reduce(0, { $0 + $1.objects.count }) {
            let status = GRPCStatus(.internalError, "the directory answered with \(records.objects.count) records")
            result = .failure(DirectoryFailure(batch[0].kind.method, WireFailure(status: status, isCertain: false)))
        }
        isBusy = false
        next()
        var start = 0
        for entry in batch {
            let end = start + entry.objects.count
            entry.completed(
                result.map { records in
                    var part = ObjectRecords()
                    part.fenced = records.fenced
                    part.objects = Array(records.objects[start..<end])
                    return part
                })
            start = end
        }
    }
}

extension RegistrationQueue.Kind {
    fileprivate var method: DirectoryMethod { self == .register ? .register : .drop }
}

/// Puts the answers to the parts of one call together: the first failure, or all records in order.
private final class Collector {
    private var parts: [ObjectRecords?]
    private var missing: Int
    private var failure: DirectoryFailure?
    private let completed: DirectoryClient.Completion<ObjectRecords>

    init(_ count: Int, _ completed: @escaping DirectoryClient.Completion<ObjectRecords>) {
        parts = Array(repeating: nil, count: count)
        missing = count
        self.completed = completed
    }

    func received(_ index: Int, _ result: Result<ObjectRecords, DirectoryFailure>) {
        switch result {
        case .success(let records): parts[index] = records
        case .failure(let problem): failure = failure ?? problem
        }
        missing -= 1
        guard missing == 0 else { return }
        if let failure { return completed(.failure(failure)) }
        var all = ObjectRecords()
        for part in parts {
            all.fenced = all.fenced || part?.fenced ?? false
            all.objects += part?.objects ?? []
        }
        completed(.success(all))
    }
}
