import ClusterModel

/// What a file is read as; `Topology` is the builder's here.
typealias Model = ClusterModel.Topology
