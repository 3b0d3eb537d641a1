import FuzzDriver
import TopologyDSL

/// Octets from nowhere as a topology file: either a topology or at least one problem, each with a place; never a trap.
private func fuzzTopologies(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let loaded = TopologyFile.load(bytes: bytes, path: "fuzz.yaml", environment: ["HOME": "/"])
    precondition(loaded.topology != nil || loaded.diagnostics.hasErrors)
    precondition(loaded.diagnostics.allSatisfy { $0.location.line >= 0 && $0.location.column >= 0 })
    _ = loaded.diagnostics.rendered()
    return 0
}

@_cdecl("fuzz_topologies_main")
public func fuzzMain(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, words) { fuzzTopologies($0, $1) }
}
