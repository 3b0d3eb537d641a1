import ClusterModel
import History

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A run as one HTML file that needs nothing else: the page is the same for all runs, and what is particular to this one
/// is a JSON text in it. The page shows the report's own JSON, so its numbers cannot differ from it.
package struct HTMLReport: Sendable {
    /// What a node printed, as far as it is shown.
    package struct Log: Sendable {
        package var node: String
        /// The last lines.
        package var lines: [String]
        /// Lines before them.
        package var leftOut: Int

        /// Lines of one node that are shown, and characters of one line.
        package static let lineLimit = 400
        package static let widthLimit = 400

        package init(node: String, text: String) {
            self.node = node
            var all = text.split(separator: "\n", omittingEmptySubsequences: false)
            if all.last?.isEmpty == true { all.removeLast() }
            leftOut = max(0, all.count - Self.lineLimit)
            lines = all.suffix(Self.lineLimit).map { line in
                line.count > Self.widthLimit ? line.prefix(Self.widthLimit) + "…" : String(line)
            }
        }
    }

    /// The name of the run's folder.
    package var run: String
    /// `RunReport.json()`.
    package var report: String
    package var topology: Topology
    package var timeline: TimelineData
    package var logs: [Log]
    /// The command that runs it again.
    package var replay: String

    package init(
        run: String, report: String, topology: Topology, timeline: TimelineData, logs: [Log] = [], replay: String
    ) {
        self.run = run
        self.report = report
        self.topology = topology
        self.timeline = timeline
        self.logs = logs
        self.replay = replay
    }

    /// The whole file.
    package func text() -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        script-src 'unsafe-inline'; img-src data:">
        <meta name="color-scheme" content="light dark">
        <title>\(Self.escaped(topology.name)) – orch</title>
        <link rel="icon" href="data:,">
        <style>
        \(ReportPage.style)
        </style>
        </head>
        <body>
        \(ReportPage.body)
        <script type="application/json" id="data">\(Self.safe(data))</script>
        <script>
        "use strict";
        \(ReportPage.graph)
        \(ReportPage.script)
        \(ReportPage.drawing)
        \(ReportPage.timelineDrawing)
        \(ReportPage.timelineGestures)
        </script>
        </body>
        </html>

        """
    }

    /// Text between tags or in an attribute.
    package static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// JSON that nothing can end before its time: `<` stands in strings only, where it may be written otherwise.
    package static func safe(_ json: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.utf8.count + 64)
        for byte in json.utf8 {
            if byte == UInt8(ascii: "<") { bytes.append(contentsOf: "\\u003c".utf8) } else { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: - Data

    private var data: String {
        var json = JSONText()
        json.object { json in
            json.key("run")
            json.value(run)
            json.key("replay")
            json.value(replay)
            json.key("description")
            json.value(topology.description)
            json.key("report")
            json.value(json: report)
            json.key("graph")
            GraphModel(topology).write(to: &json)
            json.key("timeline")
            timeline.write(to: &json)
            json.key("logs")
            json.list(logs.filter { !$0.lines.isEmpty }) { json, log in
                json.object { json in
                    json.key("node")
                    json.value(log.node)
                    json.key("left_out")
                    json.value(log.leftOut)
                    json.key("lines")
                    json.list(log.lines) { $0.value($1) }
                }
            }
        }
        return json.text
    }
}

extension TimelineData {
    /// Times in the page are whole numbers of this many nanoseconds, so that they fit 32 bits: a microsecond for runs of
    /// up to 71 minutes.
    var unit: Int64 { max(1_000, (end / Int64(UInt32.max) / 1_000 + 1) * 1_000) }

    func write(to json: inout JSONText) {
        let unit = unit
        func ms(_ time: Int64) -> Double { Double(time) / 1e6 }
        func texts(_ name: String, _ list: [String], _ json: inout JSONText) {
            json.key(name)
            json.list(list) { $0.value($1) }
        }
        func spans(_ name: String, _ list: [Span], _ json: inout JSONText) {
            json.key(name)
            json.list(list) { json, span in
                json.list(0..<4) { json, part in
                    switch part {
                    case 0: json.value(ms(span.start))
                    case 1: json.value(ms(span.end))
                    case 2: json.value(span.text)
                    default: json.value(span.about)
                    }
                }
            }
        }
        func column<T: FixedWidthInteger>(_ name: String, _ value: (Arrow) -> T, _ json: inout JSONText) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(arrows.count * MemoryLayout<T>.size)
            for arrow in arrows { withUnsafeBytes(of: value(arrow).littleEndian) { bytes.append(contentsOf: $0) } }
            json.key(name)
            json.value(Data(bytes).base64EncodedString())
        }
        json.object { json in
            json.key("unit_ns")
            json.value(Int(unit))
            json.key("zero_ms")
            json.value(ms(zero))
            json.key("end_ms")
            json.value(ms(end))
            json.key("count")
            json.value(arrows.count)
            texts("lanes", lanes, &json)
            texts("labels", labels, &json)
            texts("prefixes", prefixes, &json)
            texts("kinds", Kind.allCases.map { "\($0)" }, &json)
            texts("left_out", leftOut, &json)
            column("start", { UInt32(clamping: $0.start / unit) }, &json)
            column("took", { UInt32(clamping: $0.end / unit - $0.start / unit) }, &json)
            column("from", { $0.from }, &json)
            column("to", { $0.to }, &json)
            column("kind", { $0.kind.rawValue << 2 | $0.outcome.rawValue }, &json)
            column("label", { $0.label }, &json)
            column("prefix", { $0.prefix }, &json)
            column("number", { $0.number }, &json)
            spans("faults", faults, &json)
            spans("states", states, &json)
            spans("owners", owners, &json)
            spans("phases", phases, &json)
            json.key("marks")
            json.list(marks) { json, mark in
                json.list(0..<3) { json, part in
                    switch part {
                    case 0: json.value(ms(mark.time))
                    case 1: json.value(Int(mark.lane))
                    default: json.value(mark.text)
                    }
                }
            }
            json.key("plots")
            json.list(plots) { json, plot in
                json.object { json in
                    json.key("name")
                    json.value(plot.name)
                    json.key("unit")
                    json.value(plot.unit)
                    json.key("lines")
                    json.list(plot.lines) { json, line in
                        json.object { json in
                            json.key("name")
                            json.value(line.name)
                            json.key("values")
                            json.list(line.values) { $0.value($1 ?? .nan) }
                        }
                    }
                }
            }
        }
    }
}
