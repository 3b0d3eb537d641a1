extension ReportPage {
    /// What pages are made with, and the drawing of a topology: for the report and for the live page.
    package static let graph = #"""
        const byId = id => document.getElementById(id);
        /// An element; texts are texts, never markup.
        function h(tag, attributes, ...children) {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(attributes || {})) {
            if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
            else if (value === true) element.setAttribute(name, "");
            else if (value !== false && value != null) element.setAttribute(name, value);
          }
          for (const child of children.flat(Infinity)) {
            if (child == null || child === false) continue;
            element.append(child instanceof Node ? child : document.createTextNode(String(child)));
          }
          return element;
        }
        function tokens(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

        function s(tag, attributes, ...children) {
          const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
          for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
          for (const child of children.flat()) if (child != null && child !== false) element.append(child);
          return element;
        }
        const clip = (text, length) => text.length > length ? text.slice(0, length - 1) + "…" : text;

        /// Layers by the longest way that leads to a vertex, without the edges that close a circle; within a layer, each
        /// near the middle of its neighbours.
        function layers(vertices, edges) {
          const out = new Map(vertices.map(v => [v.id, []]));
          const all = edges.filter(e => out.has(e.from) && out.has(e.to) && e.from !== e.to);
          for (const edge of all) out.get(edge.from).push(edge);
          const state = new Map(), forward = [];
          for (const root of vertices) {
            if (state.has(root.id)) continue;
            const stack = [[root.id, 0]];
            state.set(root.id, 1);
            while (stack.length) {
              const top = stack[stack.length - 1], edge = out.get(top[0])[top[1]++];
              if (!edge) { state.set(top[0], 2); stack.pop(); continue; }
              if (state.get(edge.to) === 1) continue;
              forward.push(edge);
              if (!state.has(edge.to)) { state.set(edge.to, 1); stack.push([edge.to, 0]); }
            }
          }
          const depth = new Map(vertices.map(v => [v.id, 0]));
          for (let round = 0, moved = true; moved && round < vertices.length; round++) {
            moved = false;
            for (const e of forward)
              if (depth.get(e.to) <= depth.get(e.from)) { depth.set(e.to, depth.get(e.from) + 1); moved = true; }
          }
          const rows = [];
          for (const v of vertices) (rows[depth.get(v.id)] ||= []).push(v);
          const place = new Map();
          const settle = () => rows.forEach(row => row.forEach((v, i) => place.set(v.id, i - (row.length - 1) / 2)));
          settle();
          for (let round = 0; round < 6; round++) {
            for (const row of round % 2 ? [...rows].reverse() : rows) {
              const want = new Map(row.map(v => {
                const near = all.filter(e => e.from === v.id || e.to === v.id)
                  .map(e => place.get(e.from === v.id ? e.to : e.from));
                return [v.id, near.length ? near.reduce((a, b) => a + b, 0) / near.length : place.get(v.id)];
              }));
              row.sort((a, b) => want.get(a.id) - want.get(b.id));
              settle();
            }
          }
          return rows.filter(Boolean);
        }

        let drawnWidth = 0;
        /// Draws a graph of `vertices` and `edges` where `#graph` is, anew where that has changed its width.
        /// `room` says how many lines boxes and edges have to spare, to be written later, and their width in letters.
        /// Returns what was drawn, by the vertex's id and the edge's index; nothing where it was drawn already.
        function drawGraph(graph, room) {
          const holder = byId("graph"), width = holder.clientWidth - 36, upright = width < 640;
          if (holder.firstChild && Math.abs(width - drawnWidth) < 40) return null;
          drawnWidth = width;
          holder.replaceChildren();
          const { edges } = graph, parts = { vertices: new Map(), edges: new Map() };
          const used = new Set(edges.flatMap(e => [e.from, e.to]));
          const drawn = graph.vertices.filter(v => v.kind !== "broker" || used.has(v.id) || room);
          const brokers = graph.vertices.filter(v => v.kind === "broker" && !used.has(v.id) && !room);
          const spare = v => room ? room.vertex(v) : 0, spareWidth = room ? room.letters * 6.2 : 0;
          const boxes = new Map();
          for (const v of drawn) {
            const lines = v.details.slice(0, 4).map(text => clip(text, upright ? 26 : 36));
            if (v.details.length > 4) lines.push("and " + (v.details.length - 4) + " more");
            const longest = Math.max(clip(v.name, 30).length * 8, spare(v) ? spareWidth : 0,
              ...lines.map(text => text.length * 6.2));
            boxes.set(v.id, { v, lines, w: Math.max(84, longest + 26), h: 30 + (lines.length + spare(v)) * 15 });
          }
          // What is written later has its lines already, of blanks.
          const blank = "\u00a0".repeat(12);
          const text = e => [clip(e.label, 30), ...e.faults.map(fault => "⚡ " + clip(fault, 34)),
            ...Array(room ? room.edge(e) : 0).fill(blank)].filter(Boolean);
          const labelWidth = Math.max(0, ...edges.flatMap(text).map(t => t.length * 6));
          const gap = upright ? 40 + 14 * Math.max(1, ...drawn.map(v => Math.min(8, edges.filter(e => e.from === v.id)
              .reduce((sum, e) => sum + text(e).length, 0))))
            : Math.min(280, Math.max(80, labelWidth + 44));
          const rows = layers(drawn, edges), space = upright ? 18 : 44;
          let along = 0, across = 0;
          for (const row of rows) {
            let at = 0;
            const deep = Math.max(...row.map(v => upright ? boxes.get(v.id).h : boxes.get(v.id).w));
            for (const v of row) {
              const box = boxes.get(v.id);
              box.a = along + deep / 2;
              box.c = at + (upright ? box.w : box.h) / 2;
              at += (upright ? box.w : box.h) + space;
            }
            row.extent = at - space;
            across = Math.max(across, row.extent);
            along += deep + gap;
          }
          for (const row of rows) for (const v of row) {
            const box = boxes.get(v.id);
            box.c += (across - row.extent) / 2;
            [box.x, box.y] = upright ? [box.c, box.a] : [box.a, box.c];
          }
          const margin = 14, end = Math.max(0, along - gap);
          // Where boxes are narrower than what is written on the way, there is room for that too.
          if (upright && labelWidth > across) {
            for (const box of boxes.values()) box.x += (labelWidth - across) / 2;
            across = labelWidth;
          }
          let [W, H] = upright ? [across, end] : [end, across];
          // What goes back runs below (beside) the boxes.
          const back = edges.some(e => boxes.get(e.from)?.a >= boxes.get(e.to)?.a) ? 44 : 0;
          W += upright ? back : 0; H += upright ? 0 : back;
          const svg = s("svg", { viewBox: `${-margin} ${-margin} ${W + 2 * margin} ${H + 2 * margin}`, width: W + 2 * margin,
            height: H + 2 * margin, role: "img", "aria-label": "The topology" });
          // A little too wide is made to fit; far too wide scrolls.
          if (W + 2 * margin > width && W < width * 1.6) {
            svg.setAttribute("width", width);
            svg.setAttribute("height", (H + 2 * margin) * width / (W + 2 * margin));
          }
          for (const kind of ["", "faulty"])
            svg.append(s("marker", { id: "head" + kind, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9,
              markerUnits: "userSpaceOnUse", orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z", class: "head " + kind })));
          const labels = [], taken = [];
          edges.forEach((e, index) => {
            const from = boxes.get(e.from), to = boxes.get(e.to);
            if (!from || !to) return;
            const faulty = e.faults.length ? "faulty" : "";
            let path, x, y;
            if (to.a > from.a && upright) {
              const y0 = from.y + from.h / 2, y1 = to.y - to.h / 2, m = (y0 + y1) / 2;
              path = `M${from.x} ${y0}C${from.x} ${m} ${to.x} ${m} ${to.x} ${y1}`;
              [x, y] = [(from.x + to.x) / 2, m];
            } else if (to.a > from.a) {
              const x0 = from.x + from.w / 2, x1 = to.x - to.w / 2, m = (x0 + x1) / 2;
              path = `M${x0} ${from.y}C${m} ${from.y} ${m} ${to.y} ${x1} ${to.y}`;
              [x, y] = [m, (from.y + to.y) / 2];
            } else if (upright) {
              const edgeX = across + 30, x0 = from.x + from.w / 2, x1 = to.x + to.w / 2;
              path = `M${x0} ${from.y}C${edgeX} ${from.y} ${edgeX} ${to.y} ${x1} ${to.y}`;
              [x, y] = [Math.min(edgeX - 20, across - 10), (from.y + to.y) / 2];
            } else {
              const edgeY = across + 30, y0 = from.y + from.h / 2, y1 = to.y + to.h / 2;
              path = `M${from.x} ${y0}C${from.x} ${edgeY} ${to.x} ${edgeY} ${to.x} ${y1}`;
              [x, y] = [(from.x + to.x) / 2, edgeY - 8];
            }
            const line = s("path", { d: path, class: `edge ${faulty} ${e.guess ? "guess" : ""}`,
              "marker-end": `url(#head${faulty})` });
            const part = { line, path, later: [] };
            parts.edges.set(index, part);
            svg.append(line);
            const lines = text(e);
            // Beside or below what is written there already.
            const tall = lines.length * 14, half = Math.max(0, ...lines.map(line => line.length * 3));
            for (let tries = 0; tries < 8 && taken.some(box => Math.abs(box.x - x) < box.half + half
              && Math.abs(box.y - y) < (box.tall + tall) / 2); tries++) y += 15;
            if (lines.length) taken.push({ x, y, half, tall });
            lines.forEach((line, i) => {
              const label = s("text", { x, y: y + (i - (lines.length - 1) / 2) * 14 + 4,
                class: "label" + (line.startsWith("⚡") ? " fault" : "") }, line === blank ? "" : line);
              if (line === blank) part.later.push(label);
              labels.push(label);
            });
          });
          for (const { v, lines, w, h: height, x, y } of boxes.values()) {
            const round = { queue: 3, anonymous: 3, exchange: height / 2, cloud: height / 2 }[v.kind] ?? 8;
            const later = Array.from({ length: spare(v) }, (_, i) => s("text",
              { x, y: y - height / 2 + 35 + (lines.length + i) * 15, class: "detail later" }));
            const group = s("g", { class: v.kind },
              s("rect", { x: x - w / 2, y: y - height / 2, width: w, height, rx: round, class: "box" }),
              s("text", { x, y: y - height / 2 + 20, class: "name" }, clip(v.name, 30)),
              lines.map((line, i) => s("text", { x, y: y - height / 2 + 35 + i * 15, class: "detail" }, line)),
              later,
              s("title", {}, v.kind + " " + v.name + (v.details.length ? ": " + v.details.join(", ") : "")));
            parts.vertices.set(v.id, { group, later });
            svg.append(group);
          }
          svg.append(...labels);
          if (brokers.length) holder.append(h("p", { class: "note" }, brokers.map(v => "broker " + v.name
            + (v.details.length ? " (" + v.details.join(", ") + ")" : "")).join(" · ")));
          holder.append(svg);
          return { svg, ...parts };
        }
        """#
}
