extension ReportPage {
    /// The verdict, assertions and tables: what is text.
    static let script = #"""
        const data = JSON.parse(document.getElementById("data").textContent);
        const report = data.report;
        const words = { pass: "PASS", fail: "FAIL", unknown: "UNKNOWN" };

        function ms(value) {
          const size = Math.abs(value);
          if (size >= 10000) return (value / 1000).toFixed(2) + " s";
          if (size >= 100) return value.toFixed(1) + " ms";
          if (size >= 1) return value.toFixed(2) + " ms";
          return (value * 1000).toFixed(size * 1000 >= 10 ? 0 : 1) + " µs";
        }
        const isScalar = value => value === null || typeof value !== "object";
        const title = key => key.replace(/_ms$/, " ms").replace(/_s$/, " s").replaceAll("_", " ");

        /// A table of objects: a column for each key that has a plain value somewhere.
        function table(rows, order) {
          const keys = [];
          for (const row of rows)
            for (const key of Object.keys(row)) if (isScalar(row[key]) && !keys.includes(key)) keys.push(key);
          if (order) keys.sort((a, b) => order.indexOf(a) - order.indexOf(b));
          const numeric = new Set(keys.filter(key => rows.some(row => typeof row[key] === "number")));
          return h("div", { class: "scroll tall" }, h("table", {},
            h("thead", {}, h("tr", {}, keys.map(key => h("th", { class: numeric.has(key) ? "n" : "" }, title(key))))),
            h("tbody", {}, rows.map(row => h("tr", {}, keys.map(key => cell(row[key], key, numeric.has(key))))))));
        }
        const troubles = ["lost", "duplicated", "unexpected", "reordered", "missed", "repeated", "gaps", "wrong"];
        function cell(value, key, isNumeric) {
          const number = typeof value === "number";
          const shade = number && value === 0 ? " zero" : number && troubles.includes(key) ? " bad" : "";
          return h("td", { class: (number || isNumeric ? "n" : "") + shade, "data-key": key }, value === undefined ? "" : value);
        }
        /// Anything at all: plain values as pairs, lists of objects as tables.
        function anything(value) {
          if (isScalar(value)) return h("span", { class: "num" }, value);
          if (Array.isArray(value)) {
            if (!value.length) return h("span", { class: "dim" }, "none");
            return value.every(isScalar) ? h("span", {}, value.join(", ")) : table(value);
          }
          const plain = Object.entries(value).filter(([, part]) => isScalar(part));
          const deep = Object.entries(value).filter(([, part]) => !isScalar(part));
          return h("div", {},
            plain.length > 0 && h("div", { class: "pairs" }, plain.map(([key, part]) =>
              h("span", { "data-key": key }, h("b", {}, title(key)), h("span", { class: "num" }, part)))),
            deep.map(([key, part]) => h("div", {}, h("p", { class: "note" }, title(key)), anything(part))));
        }

        // The verdict
        (function () {
          const count = verdict => report.assertions.filter(one => one.verdict === verdict).length;
          const tally = [[count("pass"), count("pass") === 1 ? "holds" : "hold"], [count("fail"), "violated"], [count("unknown"), "unknown"]]
            .filter(([n]) => n).map(([n, word]) => n + " " + word).join(", ") || "nothing was asserted";
          byId("top").classList.add(report.verdict);
          const copy = h("button", { onclick: () => {
            navigator.clipboard?.writeText(data.replay).then(() => { copy.textContent = "copied"; }, () => {});
          } }, "copy");
          const restarts = report.nodes.reduce((sum, node) => sum + node.restarts, 0);
          const facts = [["seed", report.seed], ["took", report.duration_s + " s"], ["processes", report.nodes.length],
            ["faults", report.faults.length], restarts ? ["restarts", restarts] : null].filter(Boolean);
          byId("top").firstElementChild.append(
            h("div", { class: "who" },
              h("div", { class: "word", id: "verdict" }, words[report.verdict],
                h("small", {}, tally + (report.interrupted ? " · interrupted" : ""))),
              h("h1", {}, report.topology),
              data.description && h("p", { class: "dim" }, data.description)),
            h("div", {},
              h("dl", { class: "facts" }, facts.map(([name, value]) =>
                h("div", { "data-fact": name }, h("dt", {}, name), h("dd", {}, value)))),
              h("div", { class: "again" }, h("span", { class: "dim" }, "again"), h("code", {}, data.replay), copy)));
        })();

        // What was odd about the run itself
        (function () {
          const all = [...(report.problems || []), ...(report.warnings || [])];
          if (all.length) byId("problems").append(h("h2", {}, "To know"),
            h("div", { class: "card odd" }, all.map(text => h("p", {}, text))));
        })();

        // Assertions
        const core = ["attempted", "acknowledged", "owed", "delivered", "processed", "lost", "duplicated"];
        const columns = ["executions", "0", "1", "2", "3+", "undecided"];
        function destinations(list) {
          const used = {};
          for (const one of list) for (const [key, value] of Object.entries(one.counts)) used[key] |= value !== 0;
          const keys = Object.keys(used).filter(key => used[key] || core.includes(key));
          return h("div", { class: "scroll tall" }, h("table", { class: "counts" },
            h("thead", {}, h("tr", {}, h("th", {}, "destination"), keys.map(key => h("th", { class: "n" }, title(key))))),
            h("tbody", {}, list.map(one => h("tr", { "data-to": one.to }, h("td", {}, one.to), keys.map(key => {
              const box = cell(one.counts[key], key);
              const bound = (one.bounds || {})[key];
              if (bound && bound[0] !== bound[1]) box.textContent = bound[0] + "–" + bound[1];
              return box;
            }))))));
        }
        function executions(calls) {
          const rows = Object.entries(calls.table).map(([name, row]) => ({ executions: title(name), ...row }));
          return [h("div", { class: "calls" }, table(rows, columns)), h("div", { class: "pairs" },
            Object.entries(calls.counts).filter(([, value]) => value !== 0).map(([key, value]) =>
              h("span", { "data-key": key }, h("b", {}, title(key)), h("span", { class: "num" }, value))))];
        }
        function example(one, i) {
          const find = event => { event.preventDefault(); window.orch.timeline.find(one.message); };
          return h("details", { class: "example", open: i < 2 },
            h("summary", {}, one.kind + " ", h("code", {}, one.message), h("button", { onclick: find }, "in the drawing")),
            h("ol", {}, one.path.map(step => h("li", {},
              h("span", { class: "mono" }, "+" + ms(step.t_ms)), h("span", {}, step.event)))));
        }
        const known = ["assertion", "method", "from", "to", "expect", "verdict", "line", "explanation", "destinations",
          "calls", "notes", "examples"];
        for (const one of report.assertions) {
          const way = one.method || [one.from, one.to].filter(Boolean).join(" → ");
          const rest = Object.fromEntries(Object.entries(one).filter(([key]) => !known.includes(key)));
          const examples = [...one.destinations.flatMap(place => place.examples), ...(one.examples || [])];
          const isWide = examples.length > 0 ? " wide" : "";
          byId("assertions").append(h("article", { class: "card assertion " + one.verdict + isWide },
            h("div", { class: "head" }, h("span", { class: "badge" },
              { pass: "✔ holds", fail: "✘ violated", unknown: "? unknown" }[one.verdict]),
              h("h3", {}, one.assertion), way && h("span", {}, way),
              one.expect && h("span", { class: "dim" }, "expected: " + one.expect),
              one.line && h("span", { class: "dim" }, "line " + one.line)),
            one.explanation && h("p", {}, one.explanation),
            one.destinations.length > 0 && destinations(one.destinations),
            one.calls && Object.values(one.calls.counts).some(Boolean) && executions(one.calls),
            one.calls && (one.calls.methods || []).map(method => h("div", {},
              h("p", { class: "note" }, method.method), executions(method))),
            Object.keys(rest).length > 0 && anything(rest),
            (one.notes || []).map(note => h("p", { class: "note" }, note)),
            one.destinations.flatMap(place => (place.notes || []).map(note =>
              h("p", { class: "note" }, place.to + ": " + note))),
            examples.length > 0 && h("div", { class: "examples" }, examples.map(example))));
        }
        if (!report.assertions.length)
          byId("assertions").append(h("p", { class: "dim" }, "The file asserts nothing."));

        // Tables
        (function () {
          const place = byId("tables");
          // A fault of processes or of the way itself (kill, latency) counts no messages: no zeros that say nothing.
          const counted = (one, value) => Object.keys(one.kinds).length ? value : "–";
          const faults = report.faults.map(one => ({ fault: one.fault, link: one.link || "",
            seen: counted(one, one.seen), affected: counted(one, one.affected),
            share: one.seen ? (100 * one.affected / one.seen).toFixed(1) + "%" : "–",
            kinds: Object.entries(one.kinds).map(([kind, n]) => n.affected + " of " + n.seen + " " + kind).join(", ") }));
          for (const [name, rows] of [["Faults", faults], ["Objects", report.objects], ["Feeds", report.feeds]])
            if (rows && rows.length) place.append(h("h2", {}, name), h("div", { class: "card" }, table(rows)));
          for (const group of report.peers || [])
            place.append(h("h2", {}, "Peers" + (group.group ? ": " + group.group : "")),
              h("div", { class: "card" }, anything(group)));
          place.append(h("h2", {}, "Processes"), h("div", { class: "card" }, table(report.nodes)));
          if (!data.logs.length) return;
          byId("logs").append(h("h2", {}, "What the nodes printed"), h("div", { class: "logs" }, data.logs.map(log =>
            h("div", { class: "card small" }, h("h3", {}, log.node),
              log.left_out > 0 && h("span", { class: "note" }, log.left_out + " lines before these are in the run's folder"),
              h("pre", {}, log.lines.join("\n"))))));
        })();
        byId("footer").append("orch · run " + data.run + " · seed " + report.seed);
        """#
}
