import ClusterModel
import Control

/// What lies in queues and processes, while the cluster runs.
extension Cluster {
    private static let patience = Duration.seconds(1)

    /// Who does not answer in time is missing; one that still owes an answer is not asked again.
    func holdings() async -> Holdings {
        guard phase == .running || phase == .ready || phase == .draining else { return Holdings() }
        let wanted = Dictionary(grouping: queues.prefix(Holdings.queueLimit), by: \.broker)
        for (broker, queues) in wanted where isAwake(broker) && !askedBrokers.contains(broker) {
            guard let administrator = administrators[broker] else { continue }
            askedBrokers.insert(broker)
            Task {
                var found: [QueueStatus] = []
                for (name, _) in queues {
                    guard let depth = await administrator.depth(of: name) else { continue }
                    found.append(
                        QueueStatus(name: name, broker: broker, ready: depth.ready, consumers: depth.consumers))
                }
                self.tells(broker, found)
            }
        }
        let surveys = await survey(all: plan.instances.lazy.map(\.name).filter(answers).prefix(Holdings.surveyLimit))
        _ = await wait(for: Self.patience) { self.isEnding || self.askedBrokers.isEmpty }
        let known = wanted.keys.sorted().filter(isAwake).flatMap { depths[$0] ?? [] }
        return Holdings(queues: known, surveys: surveys)
    }

    private func tells(_ broker: String, _ queues: [QueueStatus]) {
        askedBrokers.remove(broker)
        depths[broker] = queues
        changed()
    }

    private func survey(all names: some Sequence<String>) async -> [String: Survey] {
        await withTaskGroup(of: (String, Survey?).self) { group in
            for name in names { group.addTask { (name, await self.survey(name)) } }
            var found: [String: Survey] = [:]
            for await (name, survey) in group { found[name] = survey }
            return found
        }
    }

    /// It can answer: a paused one cannot, nor one that is down. A broker that is not ours always may.
    private func isAwake(_ name: String) -> Bool {
        guard let life = lives[name] else { return false }
        return life.state == .running || life.state == .ready
    }

    private func answers(_ name: String) -> Bool {
        isAwake(name) && topology.node(ofInstance: name)?.answersSurveys == true
    }
}
