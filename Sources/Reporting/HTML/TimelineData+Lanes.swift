extension TimelineData {
    /// Lanes from top to bottom as messages go: who only sends, then brokers and servers, then who receives. Within each,
    /// the order stays.
    mutating func orderLanes() {
        var serves = Set<UInt16>()
        var sends = Set<UInt16>()
        var receives = Set<UInt16>()
        for arrow in arrows {
            switch arrow.kind {
            case .publish, .request:
                sends.insert(arrow.from)
                serves.insert(arrow.to)
            case .deliver, .feed:
                serves.insert(arrow.from)
                receives.insert(arrow.to)
            case .confirm, .reply, .peer, .lookup: break
            }
        }
        func rank(_ lane: UInt16) -> Int {
            if lane == TimelineData.laneLimit { return 3 }
            if serves.contains(lane) { return 1 }
            if receives.contains(lane) { return 2 }
            return sends.contains(lane) ? 0 : 1
        }
        let order = lanes.indices.map { UInt16($0) }.sorted { (rank($0), $0) < (rank($1), $1) }
        var place = order
        for (index, lane) in order.enumerated() { place[Int(lane)] = UInt16(index) }
        lanes = order.map { lanes[Int($0)] }
        for index in arrows.indices {
            arrows[index].from = place[Int(arrows[index].from)]
            arrows[index].to = place[Int(arrows[index].to)]
        }
        for index in marks.indices { marks[index].lane = place[Int(marks[index].lane)] }
    }
}
