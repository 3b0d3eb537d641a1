/// What the link answers in the server's place (RFC 9457).
extension MessageFate.Answer {
    /// A status that ends an exchange.
    var code: Int { (200...599).contains(status) ? status : 500 }

    func reply(to exchange: HTTP1Exchange, on link: LinkIdentity) -> [UInt8] {
        let request = exchange.request
        let title = Self.titles[code] ?? "Status \(code)"
        let detail =
            "orch: the link \(link) has answered this request itself, by the fault \(fault.name) (\(fault.spec.fault.text));"
            + " the server has not seen it"
        let body = Array(
            """
            {"type":"about:blank","title":"\(title)","status":\(code),"detail":"\(Self.escaped(detail))"}
            """.utf8)
        var head = "HTTP/1.1 \(code) \(title)\r\n"
        // These have no body, and no length either (RFC 9110 §8.6).
        let hasBody = code != 204 && code != 304
        if hasBody { head += "content-type: application/problem+json\r\ncontent-length: \(body.count)\r\n" }
        if exchange.isLast {
            head += "connection: close\r\n"
        } else if request.minor == 0 {
            head += "connection: keep-alive\r\n"
        }
        head += "\r\n"
        return Array(head.utf8) + (hasBody && request.method != "HEAD" ? body : [])
    }

    /// As JSON writes strings (RFC 8259 §7).
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static let titles = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 304: "Not Modified", 400: "Bad Request",
        401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
        408: "Request Timeout", 409: "Conflict", 410: "Gone", 412: "Precondition Failed", 413: "Content Too Large",
        415: "Unsupported Media Type", 422: "Unprocessable Content", 425: "Too Early", 429: "Too Many Requests",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]
}
