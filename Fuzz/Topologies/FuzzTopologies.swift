import TopologyDSL

/// Octets from nowhere as a topology file: either a topology or at least one problem, each with a place; never a trap.
public func fuzzTopologies(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let loaded = TopologyFile.load(bytes: bytes, path: "fuzz.yaml", environment: ["HOME": "/"])
    precondition(loaded.topology != nil || loaded.diagnostics.hasErrors)
    precondition(loaded.diagnostics.allSatisfy { $0.location.line >= 0 && $0.location.column >= 0 })
    _ = loaded.diagnostics.rendered()
    return 0
}

/// libFuzzer's own loop. The package manager gives a program's `main` another name, so that libFuzzer's is not found.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("fuzz_topologies_main")
public func fuzzMain(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var count = count
    var words = words
    return runDriver(&count, &words) { fuzzTopologies($0, $1) }
}
