#if os(Linux)
    enum DescriptorFolder {
        /// A short path to the folder that a descriptor is open on.
        static func path(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
    }
#endif
