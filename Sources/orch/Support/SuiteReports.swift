import ClusterModel
import Suites

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A suite's outcome in its forms.
extension ReportTarget {
    /// - Throws: `OrchError` (`unavailable`) where the file cannot be written.
    func write(_ outcome: SuiteOutcome, started: Date) throws {
        let text =
            switch kind {
            case .junit: JUnitWriter(timestamp: Self.timestamp(started), host: Self.host).text(outcome)
            case .json: try SuiteJSON.text(outcome)
            case .tap: TAPWriter.text(outcome)
            case .html: SuitePage(timestamp: Self.timestamp(started), host: Self.host).text(outcome)
            }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw OrchError(
                .unavailable, "cannot write \(path)", advice: "does its folder exist, and may you write there?")
        }
    }

    /// Local time, as the JUnit schema wants it.
    private static func timestamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    private static var host: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = buffer.count
        let found = buffer.withUnsafeMutableBytes {
            gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), length)
        }
        return found == 0 ? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) : ""
    }
}
