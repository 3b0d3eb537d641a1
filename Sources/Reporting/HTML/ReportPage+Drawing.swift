extension ReportPage {
    /// The plots and the owners of objects: what is drawn once.
    static let drawing = #"""
        const time = data.timeline;
        const inks = ["--k-publish", "--k-deliver", "--k-request", "--k-peer", "--k-feed", "--k-reply"];
        const shown = value => value === 0 ? "0" : value >= 1000 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
        function nice(value) {
          const power = 10 ** Math.floor(Math.log10(value));
          return [1, 2, 2.5, 5, 10].map(n => n * power).find(n => n >= value * 0.9999) ?? value;
        }
        function seconds(value) {
          const from = value - time.zero_ms;
          return Math.abs(from) >= 1000 ? +(from / 1000).toFixed(2) + " s" : from.toFixed(0) + " ms";
        }
        function drawPlots() {
          const place = byId("plots");
          place.replaceChildren();
          if (!time.plots.length) return;
          const holder = h("div", { class: "plots" });
          place.append(h("h2", {}, "Rates and latencies"), holder);
          // All cards first: how many there are decides how wide each is.
          const cards = time.plots.map(plot => {
            const card = h("div", { class: "card" }, h("span", { class: "legend" }, plot.lines.map((line, i) =>
              [h("i", { style: `background: var(${inks[i % inks.length]})` }), line.name])), h("h3", {}, plot.name));
            holder.append(card);
            return card;
          });
          time.plots.forEach((plot, index) => {
            const card = cards[index];
            const W = Math.max(240, card.clientWidth - 36), H = 170, left = 62, bottom = 20;
            const top = nice(Math.max(1e-6, ...plot.lines.flatMap(line => line.values.map(v => v ?? 0))));
            const X = at => left + (W - left) * at / time.end_ms, Y = v => 8 + (H - bottom - 8) * (1 - v / top);
            const svg = s("svg", { width: W, height: H, viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": plot.name });
            for (const [from, to, name] of time.faults)
              svg.append(s("rect", { x: X(from), y: 8, width: Math.max(1, X(to) - X(from)), height: H - bottom - 8,
                style: "fill: rgba(var(--shade), 0.12)" }, s("title", {}, name)));
            for (const part of [0, 0.5, 1])
              svg.append(s("line", { x1: left, x2: W, y1: Y(top * part), y2: Y(top * part), style: "stroke: var(--rule)" }),
                s("text", { x: left - 6, y: Y(top * part) + 4, style: "fill: var(--dim); font-size: 11px; text-anchor: end" },
                  shown(top * part) + (part === 1 ? (plot.unit === "ms" ? " ms" : plot.unit) : "")));
            for (const part of [0, 0.5, 1])
              svg.append(s("text", { x: X(time.end_ms * part), y: H - 4, style: "fill: var(--dim); font-size: 11px; "
                + "text-anchor: " + ["start", "middle", "end"][part * 2] }, seconds(time.end_ms * part)));
            plot.lines.forEach((line, i) => {
              const n = line.values.length;
              let path = "", last = -9;
              line.values.forEach((v, at) => {
                if (v == null) return;
                const x = X((at + 0.5) / n * time.end_ms);
                // A lone point is a short dash; a gap of some bins is a gap.
                path += at - last > 6 ? `M${x - 1} ${Y(v)}L${x} ${Y(v)}` : `L${x} ${Y(v)}`;
                last = at;
              });
              svg.append(s("path", { d: path, style: `fill: none; stroke: var(${inks[i % inks.length]}); stroke-width: 1.6; `
                + "stroke-linejoin: round; stroke-linecap: round" }));
            });
            card.append(svg);
          });
        }

        function drawOwners() {
          const place = byId("ownership");
          place.replaceChildren();
          if (!time.owners.length) return;
          const objects = [...new Set(time.owners.map(one => one[3]))], hosts = [...new Set(time.owners.map(one => one[2]))];
          const drawn = objects.slice(0, 40), card = h("div", { class: "card scroll" });
          place.append(h("h2", {}, "Who owned which object"), card);
          card.append(h("span", { class: "legend" }, hosts.map((host, i) =>
            [h("i", { style: `background: var(${inks[i % inks.length]})` }), host])));
          const W = Math.max(260, card.clientWidth - 36), row = 26, left = Math.min(130, W / 3);
          const svg = s("svg", { width: W, height: drawn.length * row + 20, role: "img", "aria-label": "Owners of objects" });
          const X = at => left + (W - left) * at / time.end_ms;
          drawn.forEach((name, i) => svg.append(s("text", { x: 0, y: i * row + 17,
            style: "fill: var(--ink); font-size: 12px" }, clip(name, 18))));
          for (const [from, to] of time.faults)
            svg.append(s("rect", { x: X(from), y: 0, width: Math.max(1, X(to) - X(from)), height: drawn.length * row,
              style: "fill: rgba(var(--shade), 0.08)" }));
          for (const [from, to, host, object] of time.owners) {
            const i = drawn.indexOf(object);
            if (i < 0) continue;
            svg.append(s("rect", { x: X(from), y: i * row + 4, width: Math.max(1.5, X(to) - X(from)), height: row - 8, rx: 2,
              style: `fill: var(${inks[hosts.indexOf(host) % inks.length]}); opacity: 0.85` },
              s("title", {}, `${object}: ${host}, ${seconds(from)} to ${seconds(to)}`)));
          }
          for (const part of [0, 1])
            svg.append(s("text", { x: X(time.end_ms * part), y: drawn.length * row + 15, style: "fill: var(--dim); "
              + "font-size: 11px; text-anchor: " + (part ? "end" : "start") }, seconds(time.end_ms * part)));
          card.append(svg);
          if (objects.length > drawn.length)
            card.append(h("p", { class: "note" }, `${drawn.length} of ${objects.length} objects are drawn`));
        }
        """#
}
