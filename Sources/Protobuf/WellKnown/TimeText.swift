/// Timestamps and durations as proto3 JSON writes them.
enum TimeText {
    /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, in seconds since 1970.
    static let timestamps: ClosedRange<Int64> = -62_135_596_800...253_402_300_799
    /// 10,000 years, either way.
    static let durations: ClosedRange<Int64> = -315_576_000_000...315_576_000_000
    private static let day: Int64 = 86_400
    private static let nanosecondsPerSecond: Int64 = 1_000_000_000

    /// RFC 3339, in UTC: `1972-01-01T10:00:20.021Z`. Nil if it is out of range.
    static func timestamp(seconds: Int64, nanos: Int32) -> String? {
        guard timestamps.contains(seconds), (0..<1_000_000_000).contains(nanos) else { return nil }
        let days = seconds.flooredDivision(by: day)
        let second = seconds - days * day
        let (year, month, date) = civil(days)
        let time = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T\(time)\(fraction(nanos))Z"
    }

    /// Nil if it is not RFC 3339 with a time zone, or out of range.
    static func timestamp(_ text: String) -> (seconds: Int64, nanos: Int32)? {
        var reader = TextReader(text)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let date = reader.digits(2), reader.skip("T"), let hour = reader.digits(2), reader.skip(":"),
            let minute = reader.digits(2), reader.skip(":"), let second = reader.digits(2),
            let nanos = reader.fraction(), let offset = reader.zone(), reader.isAtEnd,
            (1...12).contains(month), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = days(year, month, date)
        // A date that does not exist comes back as another one.
        guard civil(days) == (year, month, date) else { return nil }
        let seconds = days * day + hour * 3600 + minute * 60 + second - offset
        return timestamps.contains(seconds) ? (seconds, nanos) : nil
    }

    /// `-1.5s`. Nil if it is out of range or the signs differ.
    static func duration(seconds: Int64, nanos: Int32) -> String? {
        guard durations.contains(seconds), (-999_999_999...999_999_999).contains(nanos),
            seconds.signum() * Int64(nanos.signum()) >= 0
        else { return nil }
        let sign = seconds < 0 || nanos < 0 ? "-" : ""
        return "\(sign)\(seconds.magnitude)\(fraction(Int32(nanos.magnitude)))s"
    }

    static func duration(_ text: String) -> (seconds: Int64, nanos: Int32)? {
        var reader = TextReader(text)
        let isNegative = reader.skip("-")
        guard let seconds = reader.digits(1...12), let nanos = reader.fraction(), reader.skip("s"), reader.isAtEnd,
            durations.contains(seconds)
        else { return nil }
        return isNegative ? (-seconds, -nanos) : (seconds, nanos)
    }

    /// A number of seconds, to the nanosecond; nil if it is far out of range.
    static func split(seconds: Double) -> (seconds: Int64, nanos: Int32)? {
        guard seconds.magnitude < 1e12 else { return nil }
        let whole = seconds.rounded(.towardZero)
        let nanos = Int64(((seconds - whole) * 1e9).rounded())
        let carry = nanos / nanosecondsPerSecond
        return (Int64(whole) + carry, Int32(nanos - carry * nanosecondsPerSecond))
    }

    /// Nothing, or a point and 3, 6 or 9 digits.
    private static func fraction(_ nanos: Int32) -> String {
        if nanos == 0 { return "" }
        if nanos % 1_000_000 == 0 { return ".\(padded(Int64(nanos / 1_000_000), 3))" }
        if nanos % 1000 == 0 { return ".\(padded(Int64(nanos / 1000), 6))" }
        return ".\(padded(Int64(nanos), 9))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

/// The Gregorian calendar, by days since 1970-01-01. Years begin in March here, so that the day of a leap year comes
/// last. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
extension TimeText {
    private static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooredDivision(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + date - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, date: Int64) {
        let days = days + 719_468
        let era = days.flooredDivision(by: 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9, date)
    }
}

extension Int64 {
    /// Towards minus infinity; the divisor is positive.
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}

/// Reads short ASCII texts from the front.
private struct TextReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int64? { digits(count...count) }

    /// At most 18, so that nothing overflows.
    mutating func digits(_ counts: ClosedRange<Int>) -> Int64? {
        let digits = rest.prefix(while: \.isDigit)
        let count = digits.count
        guard counts.contains(count) else { return nil }
        rest = rest[digits.endIndex...]
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// Nanoseconds: 0 without a point.
    mutating func fraction() -> Int32? {
        guard skip(".") else { return 0 }
        let before = rest.count
        guard let digits = digits(1...9) else { return nil }
        return (0..<(9 - (before - rest.count))).reduce(Int32(digits)) { value, _ in value * 10 }
    }

    /// Seconds east of UTC.
    mutating func zone() -> Int64? {
        if skip("Z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = digits(2), skip(":"), let minutes = digits(2), hours < 24, minutes < 60
        else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
}
