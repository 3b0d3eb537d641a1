#if canImport(Darwin)
    enum DescriptorFolder {
        /// A short path to the folder that a descriptor is open on.
        static func path(_ descriptor: Int32) -> String { "/dev/fd/\(descriptor)" }
    }
#endif
