import NIOCore

/// Why a request is not answered with what it asks for: RFC 9457.
package struct Problem: Error, Sendable, Equatable {
    package var status: Int
    package var detail: String
    /// Besides the content's.
    package var headers: [String: String]

    package init(_ status: Int, _ detail: String, headers: [String: String] = [:]) {
        self.status = status
        self.detail = detail
        self.headers = headers
    }

    package static let contentType = "application/problem+json"

    package static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 410: "Gone"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 503: "Service Unavailable"
        default: "Error"
        }
    }

    package var body: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString(
            "{\"type\":\"about:blank\",\"title\":\"\(Self.reason(status))\",\"status\":\(status),\"detail\":")
        JSONText.write(detail.utf8, into: &buffer)
        buffer.writeString("}\n")
        return buffer
    }
}

/// JSON strings (RFC 8259 §7).
enum JSONText {
    /// - Parameter text: UTF-8.
    static func write(_ text: some Sequence<UInt8>, into buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""): buffer.writeStaticString("\\\"")
            case UInt8(ascii: "\\"): buffer.writeStaticString("\\\\")
            case UInt8(ascii: "\n"): buffer.writeStaticString("\\n")
            case UInt8(ascii: "\r"): buffer.writeStaticString("\\r")
            case UInt8(ascii: "\t"): buffer.writeStaticString("\\t")
            case 0..<0x20:
                buffer.writeStaticString("\\u00")
                buffer.writeInteger(hex(byte >> 4))
                buffer.writeInteger(hex(byte & 0xF))
            default: buffer.writeInteger(byte)
            }
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
