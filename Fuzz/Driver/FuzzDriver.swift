/// libFuzzer's own loop. The package manager gives a program's `main` another name, so that libFuzzer's is not found.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Gives `body` inputs until libFuzzer has had enough.
/// - Parameters:
///   - count: how many words the command line has.
///   - words: the command line.
/// - Returns: the exit code.
package func fuzz(
    _ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt {
    var count = count
    var words = words
    return runDriver(&count, &words, body)
}
