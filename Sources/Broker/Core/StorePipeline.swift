/// Group commit: what happens while one group is on its way to disk forms the next one. Confined to the core's event
/// loop; carries out nothing itself.
struct StorePipeline {
    private var collecting = StoreGroup(number: 1)
    /// Channels that must be told when the collecting group is done.
    private var waiters: [SessionChannel] = []
    private var cancelled = 0
    private(set) var inFlight: (group: StoreGroup, waiters: [SessionChannel])?
    private var isRetry = false
    private var collectsTopology = false
    /// Whether exchanges, queues or bindings are on their way to disk now.
    private(set) var inFlightHasTopology = false

    /// The number of the group that an operation appended now will be in.
    var number: UInt64 { collecting.number }
    var backlog: Int { collecting.operations.count }
    /// Whether `seal` would give a group now, but for what was cancelled.
    var canSeal: Bool {
        guard inFlight == nil else { return false }
        return !waiters.isEmpty || (!collecting.operations.isEmpty && !isRetry)
    }

    mutating func append(_ operation: StoreOperation) {
        collecting.operations.append(operation)
        if case .topology = operation { collectsTopology = true }
    }

    /// The collecting group will be committed even if it is empty by then, and `channel` told.
    mutating func wait(_ channel: SessionChannel) {
        guard channel.waitsForGroup != collecting.number else { return }
        channel.waitsForGroup = collecting.number
        waiters.append(channel)
    }

    /// A message of the collecting group need not be written any more: it was settled everywhere.
    mutating func cancel(_ message: Message) {
        message.isCancelled = true
        cancelled += 1
    }

    /// The next group to write, if none is being written and there is something to do. `isTick`: a group that failed is
    /// tried again only then, or when someone waits.
    mutating func seal(lastMessageID: UInt64, isTick: Bool) -> StoreGroup? {
        guard canSeal || (isTick && inFlight == nil && !collecting.operations.isEmpty) else { return nil }
        if cancelled > 0 {
            collecting.operations.removeAll { operation in
                switch operation {
                case .message(let message), .entry(_, _, let message): message.isCancelled
                default: false
                }
            }
        }
        if collecting.operations.isEmpty, waiters.isEmpty {
            cancelled = 0
            return nil
        }
        collecting.lastMessageID = lastMessageID
        let group = collecting
        inFlight = (group, waiters)
        inFlightHasTopology = collectsTopology
        collectsTopology = false
        collecting = StoreGroup(number: group.number + 1)
        waiters = []
        cancelled = 0
        return group
    }

    /// The group in flight is on disk, or not. Gives its number and who waits for it. After a failure everything but
    /// new messages is put into the next group, for otherwise settled messages would come back after a restart.
    mutating func complete(success: Bool) -> (group: UInt64, operations: [StoreOperation], waiters: [SessionChannel]) {
        guard let (group, waiters) = inFlight else { return (0, [], []) }
        inFlight = nil
        isRetry = !success
        if !success, inFlightHasTopology { collectsTopology = true }
        inFlightHasTopology = false
        guard !success else { return (group.number, [], waiters) }
        var kept: [StoreOperation] = []
        for operation in group.operations {
            switch operation {
            case .message(let message):
                message.storedReferences = 0
                message.id = 0
            case .entry: break
            case .removeEntry, .removeMessage, .topology: kept.append(operation)
            }
        }
        collecting.operations = kept + collecting.operations
        return (group.number, kept, waiters)
    }
}
