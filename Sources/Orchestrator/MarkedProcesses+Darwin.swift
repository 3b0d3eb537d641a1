#if canImport(Darwin)
    enum MarkedProcesses {
        /// Darwin does not show other processes' environments; process groups have to do.
        static func find(_ entry: String) -> [Int32] { [] }
    }
#endif
