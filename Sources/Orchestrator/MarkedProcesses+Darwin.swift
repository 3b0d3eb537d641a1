#if canImport(Darwin)
    package enum MarkedProcesses {
        /// Darwin does not show other processes' environments; process groups have to do.
        package static func find(_ entry: String) -> [Int32] { [] }
    }
#endif
