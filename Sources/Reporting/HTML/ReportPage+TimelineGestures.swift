extension ReportPage {
    /// Choosing, moving and filtering by hand; the second half of the closure that `timelineDrawing` opens.
    static let timelineGestures = #"""
          // Choosing
          const details = byId("details"), stage = byId("stage");
          function choose(i, isAlone) {
            chosen = i;
            alone = i >= 0 && isAlone;
            chosenHops = i >= 0 ? hops(i) : [];
            details.hidden = i < 0;
            stage.classList.toggle("open", i >= 0);
            if (i >= 0) {
              const row = k => h("tr", {}, h("td", { class: "n" }, since(start[k] / perMs)),
                h("td", {}, time.kinds[sort[k] >> 2], h("br"), h("span", { class: "dim" },
                  time.lanes[from[k]] + " → " + time.lanes[to[k]])),
                h("td", { class: ["", "odd", "bad"][sort[k] & 3] }, time.labels[label[k]] + " ",
                  ["", "(touched by a fault) ", "✘ lost "][sort[k] & 3],
                  took[k] > 0 ? h("span", { class: "dim" }, ms(took[k] / perMs)) : ""));
              const listed = chosenHops.slice(0, 200);
              details.replaceChildren(h("h3", {}, id(i)),
                h("div", { class: "tools" },
                  h("button", { id: "alone", onclick: () => {
                    choose(chosen, !alone); alone ? fitChosen() : setView(0, end);
                  } }, alone ? "with all others" : "alone"),
                  h("button", { onclick: () => fitChosen() }, "zoom to it"),
                  h("button", { id: "close", onclick: () => { const was = alone; choose(-1); if (was) setView(0, end); } },
                    "close")),
                h("table", { id: "hops" }, h("tbody", {}, listed.map(row))),
                chosenHops.length > 200 && h("p", { class: "note" }, "and " + (chosenHops.length - 200) + " more"));
            }
            sift();
          }
          const since = at => (at >= time.zero_ms ? "+" : "") + ms(at - time.zero_ms);
          function fitChosen() {
            let a = Infinity, b = 0;
            for (const i of chosenHops) {
              a = Math.min(a, start[i] / perMs);
              b = Math.max(b, (start[i] + took[i]) / perMs);
            }
            const room = Math.max(0.02, (b - a) * 0.12);
            setView(a - room, b + room);
          }
          function nearest(x, y) {
            let best = -1, least = 144;
            const [first, last] = visible();
            for (let i = first; i < last; i++) {
              if (!mask[i] || row[from[i]] < 0 || row[to[i]] < 0) continue;
              const [x0, y0, x1, y1] = ends(i), dx = x1 - x0, dy = y1 - y0, size = dx * dx + dy * dy;
              const t = size ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / size)) : 0;
              const far = (x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2;
              if (far < least) { least = far; best = i; }
            }
            return best;
          }
          function find(text) {
            for (let i = 0; i < count; i++) {
              if (id(i) !== text) continue;
              choose(i, true);
              fitChosen();
              byId("timeline").scrollIntoView({ behavior: "smooth" });
              return true;
            }
            hint.textContent = text + " is not in the drawing.";
            return false;
          }

          // Moving
          let asked = false;
          function soon() {
            if (asked) return;
            asked = true;
            requestAnimationFrame(() => { asked = false; draw(); });
          }
          function setView(a, b) {
            const least = 0.001, most = end * 1.06;
            let span = Math.max(least, Math.min(most, b - a));
            const middle = (a + b) / 2;
            a = Math.max(-end * 0.03, Math.min(end * 1.03 - span, middle - span / 2));
            view = { from: a, to: a + span };
            soon();
          }
          function zoom(factor, x) {
            const at = view.from + (view.to - view.from) * x / width;
            setView(at - (at - view.from) * factor, at + (view.to - at) * factor);
          }
          const pointers = new Map();
          let moved = 0;
          canvas.addEventListener("pointerdown", event => {
            canvas.setPointerCapture(event.pointerId);
            pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
            moved = 0;
            canvas.classList.add("drag");
          });
          canvas.addEventListener("pointermove", event => {
            const was = pointers.get(event.pointerId);
            if (!was) return;
            const others = [...pointers].filter(([key]) => key !== event.pointerId).map(([, p]) => p);
            const per = (view.to - view.from) / width, dx = event.offsetX - was.x;
            moved += Math.abs(dx) + Math.abs(event.offsetY - was.y);
            if (others.length) {
              const old = Math.abs(was.x - others[0].x), now = Math.abs(event.offsetX - others[0].x);
              if (old > 8 && now > 8) zoom(old / now, others[0].x);
            } else if (moved > 4) setView(view.from - dx * per, view.to - dx * per);
            pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
          });
          const lift = event => { pointers.delete(event.pointerId); canvas.classList.remove("drag"); };
          canvas.addEventListener("pointercancel", lift);
          canvas.addEventListener("pointerup", event => {
            if (pointers.has(event.pointerId) && moved <= 4 && pointers.size === 1) {
              const i = nearest(event.offsetX, event.offsetY);
              if (i >= 0) choose(i, alone); else if (chosen >= 0 && !alone) choose(-1);
            }
            lift(event);
          });
          canvas.addEventListener("dblclick", event => zoom(0.4, event.offsetX));
          canvas.addEventListener("wheel", event => {
            const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
            const isMine = event.ctrlKey || event.metaKey || document.activeElement === canvas;
            if (!sideways && !isMine) return;
            event.preventDefault();
            const by = (event.deltaX || event.deltaY) * (view.to - view.from) / width;
            if (sideways) setView(view.from + by, view.to + by);
            else zoom(1.0018 ** event.deltaY, event.offsetX);
          }, { passive: false });
          canvas.addEventListener("keydown", event => {
            const span = view.to - view.from;
            const act = {
              ArrowLeft: () => setView(view.from - span / 8, view.to - span / 8),
              ArrowRight: () => setView(view.from + span / 8, view.to + span / 8),
              "+": () => zoom(0.6, width / 2), "=": () => zoom(0.6, width / 2), "-": () => zoom(1.7, width / 2),
              "0": () => setView(0, end), Escape: () => choose(-1),
            }[event.key];
            if (act) { event.preventDefault(); act(); }
          });

          // Tools
          const tally = h("span", { class: "count", id: "tally" }), hint = byId("hint");
          const present = new Set();
          for (const one of bundles) present.add(one.sort >> 2);
          const toggle = (text, on, act, mark) => h("button", { "aria-pressed": String(on), onclick: event => {
            const now = event.currentTarget.getAttribute("aria-pressed") !== "true";
            event.currentTarget.setAttribute("aria-pressed", String(now));
            act(now); sift();
          } }, mark, text);
          byId("tools").append(
            h("input", { type: "search", id: "filter", placeholder: "message id, key or method",
              "aria-label": "Filter by message id, key or method",
              oninput: event => { query = event.target.value; if (alone) choose(-1); else sift(); } }),
            ...[...present].sort().map(kind => toggle(time.kinds[kind], shownKinds.has(kind),
              on => on ? shownKinds.add(kind) : shownKinds.delete(kind),
              h("i", { style: `background: var(--k-${time.kinds[kind]})` }))),
            toggle("trouble only", false, on => onlyTrouble = on, h("i", { style: "background: var(--bad)" })),
            h("button", { "aria-label": "zoom in", onclick: () => zoom(0.5, width / 2) }, "+"),
            h("button", { "aria-label": "zoom out", onclick: () => zoom(2, width / 2) }, "−"),
            h("button", { onclick: () => setView(0, end) }, "whole run"), tally);
          hint.textContent = ["Drag to move; pinch, double-click, or Ctrl and wheel to zoom; click a line for its message.",
            ...time.left_out.map(text => text + ".")].join(" ");

          function drawAll() { palette(); drawGraph(data.graph); drawPlots(); drawOwners(); if (count) resize(); }
          byId("timeline").hidden = !count;
          palette();
          if (count) sift();
          drawAll();
          let known = window.innerWidth;
          window.addEventListener("resize", () => {
            if (window.innerWidth === known) return;
            known = window.innerWidth;
            drawAll();
          });
          matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
          window.orch.timeline = { find, setView, draw, zoom, get view() { return view; }, get stats() { return stats; },
            get shown() { return masked; }, count, end, choose: i => choose(i, false), idOf: id,
            get chosen() { return chosen < 0 ? null : id(chosen); } };
        })();
        """#
}
