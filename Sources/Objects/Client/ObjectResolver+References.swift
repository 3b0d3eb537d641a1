import RPC

/// For those who tell owners of references.
extension ObjectResolver {
    /// - Parameter located: the process; `nil`: the object is gone for ever.
    package func owner(of object: String, _ located: @escaping (Result<String?, Unreachable>) -> Void) {
        locate(object) { place in
            switch place {
            case .at(let belief): located(.success(belief.owner))
            case .gone: located(.success(nil))
            case .unresolved(let reason): located(.failure(Unreachable(reason)))
            }
        }
    }

    /// What is believed of it has turned out wrong.
    package func doubt(_ object: String) {
        if let belief = belief(of: object) { forget(object, epoch: belief.epoch) }
    }
}
