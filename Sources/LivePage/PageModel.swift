import ClusterModel
import Reporting

/// What the page knows from the start: the topology, and the words of commands.
package struct PageModel: Sendable {
    private struct Fault: Encodable {
        var keyword: String
        var example: String
    }

    private struct Place: Encodable {
        var name: String
        /// Its processes.
        var processes: [String]
    }

    private struct Text: Encodable {
        var name: String
        var description: String
        var seed: UInt64
        var run: String
        var nodes: [Place]
        var groups: [Place]
        /// By type of object, the processes that may own it.
        var hosts: [String: [String]]
        /// By feed, the processes that serve it.
        var feeds: [String: [String]]
        var faults: [Fault]
    }

    private let text: Text
    private let graph: String

    /// - Parameters:
    ///   - run: the run's name.
    ///   - faults: those that links can have, each with a value to begin with.
    package init(
        _ topology: Topology, seed: UInt64, run: String, faults: [(keyword: String, example: String)]
    ) {
        let hosts = topology.objects.map { type in
            (type.name, topology.nodes.filter { $0.host?.types.contains(type.name) == true }.flatMap(\.instances))
        }
        text = Text(
            name: topology.name, description: topology.description, seed: seed, run: run,
            nodes: topology.nodes.map { Place(name: $0.name, processes: $0.instances) },
            groups: topology.groups.map { Place(name: $0.name, processes: topology.members(of: $0.name)) },
            hosts: Dictionary(hosts) { first, _ in first },
            feeds: Dictionary(
                topology.feeds.map { feed in
                    (
                        feed.name,
                        topology.nodes.filter { $0.feed?.feeds.contains(feed.name) == true }.flatMap(\.instances)
                    )
                }
            ) { first, _ in first },
            faults: faults.map { Fault(keyword: $0.keyword, example: $0.example) })
        graph = PageGraph.json(topology)
    }

    /// The page, one HTML text that asks nobody but its own server.
    package func page() -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(HTMLReport.escaped(text.name)) – orch</title>
        <link rel="icon" href="data:,">
        <style>
        \(ReportPage.style)
        \(LivePage.style)
        </style>
        </head>
        <body>
        \(LivePage.body)
        <script type="application/json" id="data">\(HTMLReport.safe("{\"model\":\(PageJSON.text(text)),\"graph\":\(graph)}"))</script>
        <script>
        "use strict";
        (() => {
        \(ReportPage.graph)
        \(LivePage.commands)
        \(LivePage.picture)
        \(LivePage.panel)
        \(LivePage.script)
        })();
        </script>
        </body>
        </html>

        """
    }
}
