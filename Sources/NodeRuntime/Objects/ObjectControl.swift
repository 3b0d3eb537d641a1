import Control

/// A role that owns objects, as the cluster asks it. All calls come on the event loop; each is answered once, now or
/// later.
protocol ObjectControl: AnyObject {
    /// Moves an object to another process; `notHere` where it is not this one's.
    func migrate(object: String, to target: String, answer: @escaping (MigrationAnswer) -> Void)

    /// Tells of its objects with their states, those with names first, at most `limit`; or of `object`, if it is here.
    func describe(limit: Int, object: String?, answer: @escaping ([ObjectDescription]) -> Void)
}
