#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The repository's root, links followed.
package let repository: String = {
    guard let path = realpath(#filePath, nil) else { return "." }
    defer { free(path) }
    return "/" + String(cString: path).split(separator: "/").dropLast(3).joined(separator: "/")
}()

/// Empty where there is no such file.
package func contents(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
    return String(decoding: bytes, as: UTF8.self)
}

package func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { return }
    defer { fclose(file) }
    fputs(text, file)
}

/// Whether the generated files of the repository are to be written anew: `ORCH_UPDATE=1 swift test`.
package let isUpdating = getenv("ORCH_UPDATE") != nil
