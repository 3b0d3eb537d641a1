import TopologyDSL

/// Octets from nowhere as a topology file: either a topology or at least one problem, each with a place; never a trap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTopologies(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let loaded = TopologyFile.load(bytes: bytes, path: "fuzz.yaml", environment: ["HOME": "/"])
    precondition(loaded.topology != nil || loaded.diagnostics.hasErrors)
    precondition(loaded.diagnostics.allSatisfy { $0.location.line >= 0 && $0.location.column >= 0 })
    _ = loaded.diagnostics.rendered()
    return 0
}
