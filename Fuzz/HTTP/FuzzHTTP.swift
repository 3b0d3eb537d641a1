import FaultInjection
import FuzzDriver

/// Octets from nowhere as what a client and a server say to each other over HTTP/1.x, through a link with any faults:
/// no trap, and where no fault is on, all comes out as it went in.
private func fuzzHTTP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    precondition(LinkFuzzing.runHTTP1(bytes))
    return 0
}

@_cdecl("fuzz_http_main")
public func fuzzMain(_ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    fuzz(count, words) { fuzzHTTP($0, $1) }
}
