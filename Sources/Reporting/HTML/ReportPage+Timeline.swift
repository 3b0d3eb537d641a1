extension ReportPage {
    /// The lanes and every message between them: columns of numbers, a binary search for what is visible, and bundles
    /// where there is more than an eye can tell apart.
    static let timelineDrawing = #"""
        window.orch = {};
        (function () {
          function column(text, Type) {
            const raw = atob(text), bytes = new Uint8Array(raw.length);
            for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
            return new Type(bytes.buffer);
          }
          const count = time.count, perMs = 1e6 / time.unit_ns;
          const start = column(time.start, Uint32Array), took = column(time.took, Uint32Array);
          const from = column(time.from, Uint16Array), to = column(time.to, Uint16Array);
          const sort = column(time.kind, Uint8Array), label = column(time.label, Uint32Array);
          const prefix = column(time.prefix, Uint32Array), number = column(time.number, Uint32Array);
          const id = i => time.prefixes[prefix[i]] + (number[i] === 0xffffffff ? "" : number[i]);
          // The latest end of all that began before: rises, so that it can be searched.
          const latest = new Uint32Array(count);
          for (let i = 0, most = 0; i < count; i++) latest[i] = most = Math.max(most, start[i] + took[i]);
          // What goes the same way in the same manner is a bundle.
          const bundles = [], bundle = new Uint32Array(count);
          (function () {
            const seen = new Map();
            for (let i = 0; i < count; i++) {
              const key = (from[i] * 65536 + to[i]) * 64 + sort[i];
              let n = seen.get(key);
              if (n === undefined) {
                seen.set(key, n = bundles.length);
                bundles.push({ from: from[i], to: to[i], sort: sort[i] });
              }
              bundle[i] = n;
            }
          })();

          const canvas = byId("canvas"), ink = canvas.getContext("2d");
          const end = Math.max(1, time.end_ms);
          let view = { from: 0, to: end }, lanes = time.lanes.map((_, i) => i), row = new Int32Array(time.lanes.length);
          let width = 0, height = 0, chosen = -1, alone = false, colours = {}, stats = {};
          const shownKinds = new Set(time.kinds.map((_, i) => i).filter(i => time.kinds[i] !== "confirm"));
          let onlyTrouble = false, query = "";
          const mask = new Uint8Array(count);
          let masked = count;
          function sift() {
            const needle = query.trim().toLowerCase();
            const fits = needle ? time.prefixes.map(text => text.toLowerCase()) : null;
            const words = needle ? time.labels.map(text => text.toLowerCase().includes(needle)) : null;
            masked = 0;
            for (let i = 0; i < count; i++) {
              let on = shownKinds.has(sort[i] >> 2) && (!onlyTrouble || (sort[i] & 3) > 0);
              if (on && needle) {
                on = words[label[i]] || (fits[prefix[i]] + (number[i] === 0xffffffff ? "" : number[i])).includes(needle);
              }
              // A chosen message is seen whole, confirms and all.
              if (alone) on = prefix[i] === prefix[chosen] && number[i] === number[chosen];
              mask[i] = on ? 1 : 0;
              masked += mask[i];
            }
            lanes = time.lanes.map((_, i) => i);
            if (alone) {
              const used = new Set();
              for (let i = 0; i < count; i++) if (mask[i]) { used.add(from[i]); used.add(to[i]); }
              lanes = lanes.filter(i => used.has(i));
            }
            row.fill(-1);
            lanes.forEach((lane, i) => row[lane] = i);
            tally.textContent = masked.toLocaleString("en") + " of " + count.toLocaleString("en") + " hops";
            tally.dataset.shown = masked;
            resize();
          }
          function palette() {
            colours = { kinds: time.kinds.map(kind => tokens("--k-" + kind)), ink: tokens("--ink"), dim: tokens("--dim"),
              rule: tokens("--rule"), soft: tokens("--soft"), bad: tokens("--bad"), odd: tokens("--odd"),
              shade: tokens("--shade"), card: tokens("--card") };
          }
          const top = 44, bottom = 26;
          function resize() {
            const ratio = Math.min(3, window.devicePixelRatio || 1);
            width = canvas.clientWidth;
            const each = Math.max(7, Math.min(64, 620 / Math.max(1, lanes.length)));
            height = Math.round(top + bottom + Math.max(120, each * lanes.length));
            canvas.style.height = height + "px";
            canvas.width = Math.round(width * ratio);
            canvas.height = Math.round(height * ratio);
            ink.setTransform(ratio, 0, 0, ratio, 0, 0);
            draw();
          }
          const X = at => (at - view.from) / (view.to - view.from) * width;
          const step = () => (height - top - bottom) / Math.max(1, lanes.length);
          const Y = lane => top + (row[lane] + 0.6) * step();
          function visible() {
            const low = view.from * perMs, high = view.to * perMs;
            let a = 0, b = count;
            while (a < b) { const m = (a + b) >> 1; if (latest[m] < low) a = m + 1; else b = m; }
            const first = a;
            b = count;
            while (a < b) { const m = (a + b) >> 1; if (start[m] <= high) a = m + 1; else b = m; }
            return [first, a];
          }

          let cells = new Float32Array(0), soonest = cells, longest = cells, sums = cells;
          function drawBundles(first, last) {
            // Lines that one frame can take, and an eye too.
            const drawn = bundles.filter(one => shownKinds.has(one.sort >> 2)).length;
            const wide = Math.max(4, Math.ceil(width * drawn / 2400)), n = Math.ceil(width / wide) + 1;
            const size = n * bundles.length;
            if (cells.length < size) [cells, sums, soonest, longest] = [0, 1, 2, 3].map(() => new Float32Array(size));
            cells.fill(0, 0, size); sums.fill(0, 0, size); soonest.fill(1e9, 0, size); longest.fill(0, 0, size);
            const scale = width / (view.to - view.from) / perMs, left = view.from * perMs;
            let most = 1;
            for (let i = first; i < last; i++) {
              if (!mask[i]) continue;
              const x = (start[i] - left) * scale;
              const at = x < 0 ? 0 : (x / wide) | 0;
              if (at >= n) continue;
              const cell = bundle[i] * n + at, c = ++cells[cell];
              const long = took[i] * scale + Math.min(0, x);
              sums[cell] += long;
              if (long < soonest[cell]) soonest[cell] = long;
              if (long > longest[cell]) longest[cell] = long;
              if (c > most) most = c;
            }
            // A bundle is a line to where its messages arrived in the mean, and a fan from the first to the last of them. In
            // three strengths; trouble above the rest.
            let lines = 0;
            for (const trouble of [false, true]) {
              for (let b = 0; b < bundles.length; b++) {
                const { from: f, to: t, sort: kind } = bundles[b];
                if ((kind & 3) > 0 !== trouble || row[f] < 0 || row[t] < 0) continue;
                const y0 = Y(f), y1 = (kind & 3) === 2 ? Y(f) + (Y(t) - Y(f)) * 0.6 : Y(t);
                ink.strokeStyle = (kind & 3) === 2 ? colours.bad : (kind & 3) === 1 ? colours.odd : colours.kinds[kind >> 2];
                ink.fillStyle = ink.strokeStyle;
                ink.globalAlpha = 0.13;
                for (let at = 0; at < n; at++) {
                  const cell = b * n + at;
                  if (longest[cell] - soonest[cell] < 3 || (kind & 3) === 2) continue;
                  const x = (at + 0.5) * wide;
                  // One by one: a path of a thousand triangles across each other is far slower to fill.
                  ink.beginPath();
                  ink.moveTo(x, y0); ink.lineTo(x + soonest[cell], y1); ink.lineTo(x + longest[cell], y1);
                  ink.fill();
                }
                for (let strength = 0; strength < 3; strength++) {
                  let any = false;
                  ink.beginPath();
                  for (let at = 0; at < n; at++) {
                    const c = cells[b * n + at];
                    if (!c) continue;
                    const share = c / most;
                    if ((share > 0.5 ? 2 : share > 0.12 ? 1 : 0) !== strength) continue;
                    const x = (at + 0.5) * wide;
                    ink.moveTo(x, y0);
                    ink.lineTo(x + sums[b * n + at] / c, y1);
                    any = true; lines++;
                  }
                  if (!any) continue;
                  ink.globalAlpha = [0.3, 0.55, 0.9][strength];
                  ink.lineWidth = 1;
                  ink.stroke();
                }
              }
            }
            ink.globalAlpha = 1;
            stats.lines = lines;
          }
          function drawEach(list) {
            const groups = new Map();
            for (const i of list) {
              if (!groups.has(sort[i])) groups.set(sort[i], []);
              groups.get(sort[i]).push(i);
            }
            const heads = list.length < 400, few = list.length < 2000;
            for (const [kind, members] of [...groups].sort((a, b) => (a[0] & 3) - (b[0] & 3))) {
              const lost = (kind & 3) === 2;
              ink.strokeStyle = ink.fillStyle = lost ? colours.bad : (kind & 3) === 1 ? colours.odd : colours.kinds[kind >> 2];
              ink.globalAlpha = few ? 0.85 : 0.45;
              ink.lineWidth = heads ? 1.5 : 1;
              ink.beginPath();
              for (const i of members) {
                const [x0, y0, x1, y1] = ends(i);
                ink.moveTo(x0, y0);
                ink.lineTo(x1, y1);
                if (lost && few) {
                  ink.moveTo(x1 - 3.5, y1 - 3.5); ink.lineTo(x1 + 3.5, y1 + 3.5);
                  ink.moveTo(x1 + 3.5, y1 - 3.5); ink.lineTo(x1 - 3.5, y1 + 3.5);
                } else if (heads && Math.hypot(x1 - x0, y1 - y0) > 12) {
                  const angle = Math.atan2(y1 - y0, x1 - x0);
                  ink.moveTo(x1 - 7 * Math.cos(angle - 0.4), y1 - 7 * Math.sin(angle - 0.4));
                  ink.lineTo(x1, y1);
                  ink.lineTo(x1 - 7 * Math.cos(angle + 0.4), y1 - 7 * Math.sin(angle + 0.4));
                }
              }
              ink.stroke();
            }
            ink.globalAlpha = 1;
            stats.lines = list.length;
          }
          /// What is lost ends before it arrives.
          function ends(i) {
            const x0 = X(start[i] / perMs), x1 = X((start[i] + took[i]) / perMs);
            const y0 = Y(from[i]), y1 = Y(to[i]), part = (sort[i] & 3) === 2 ? 0.6 : 1;
            return [x0, y0, x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
          }

          function draw() {
            const began = performance.now();
            stats = { lines: 0, bundled: false };
            ink.clearRect(0, 0, width, height);
            if (width < 10) return;
            backdrop();
            const [first, last] = visible();
            const list = [];
            for (let i = first; i < last && list.length <= 2500; i++)
              if (mask[i] && row[from[i]] >= 0 && row[to[i]] >= 0) list.push(i);
            stats.bundled = list.length > 2500;
            if (stats.bundled) drawBundles(first, last); else drawEach(list);
            if (chosen >= 0) drawChosen();
            foreground();
            stats.ms = performance.now() - began;
          }
          function backdrop() {
            ink.font = "11px system-ui, sans-serif";
            let band = 0;
            for (const [a, b, text, about] of time.faults) {
              if (b < view.from || a > view.to) continue;
              const x = Math.max(0, X(a)), w = Math.max(1.5, Math.min(width, X(b)) - x);
              ink.fillStyle = `rgba(${colours.shade}, 0.1)`;
              ink.fillRect(x, 18, w, height - 18 - bottom);
              ink.fillStyle = colours.bad;
              ink.fillRect(x, 18, w, 2);
              if (band < 12) ink.fillText(clip(text + (about ? "  " + about : ""), 60), x + 4, 31 + (band++ % 2) * 11);
            }
            for (const lane of lanes) {
              ink.fillStyle = colours.rule;
              ink.fillRect(0, Y(lane), width, 1);
            }
            for (const [a, b, state, name] of time.states) {
              const lane = time.lanes.indexOf(name);
              if (lane < 0 || row[lane] < 0 || b < view.from || a > view.to) continue;
              const gone = ["exited", "killed", "crashed", "failed"].includes(state);
              const x = Math.max(0, X(a)), w = Math.min(width, X(b)) - x;
              ink.fillStyle = state === "running" || state === "ready" ? colours.dim : state === "paused" ? colours.odd
                : gone ? colours.card : colours.rule;
              ink.fillRect(x, Y(lane) - 0.5, w, 2);
              if (gone) { ink.fillStyle = colours.dim; for (let d = x; d < x + w; d += 8) ink.fillRect(d, Y(lane), 2, 1); }
            }
          }
          function ticks() {
            const span = view.to - view.from, rough = span / Math.max(2, width / 110);
            const power = 10 ** Math.floor(Math.log10(rough));
            const each = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough);
            const list = [];
            for (let at = Math.ceil((view.from - time.zero_ms) / each) * each; at <= view.to - time.zero_ms; at += each)
              list.push([at, each]);
            return list;
          }
          function foreground() {
            ink.font = "11px system-ui, sans-serif";
            ink.textAlign = "center";
            ink.fillStyle = colours.dim;
            for (const [at, each] of ticks()) {
              const x = X(at + time.zero_ms);
              ink.fillRect(x, 12, 1, 5);
              const long = Math.abs(view.to) >= 5000;
              const digits = Math.max(0, -Math.floor(Math.log10(each / (long ? 1000 : 1)) + 1e-9));
              ink.fillText((long ? at / 1000 : at).toFixed(Math.min(6, digits)) + (long ? " s" : " ms"),
                Math.max(20, Math.min(width - 24, x)), 10);
            }
            ink.textAlign = "left";
            let edge = -99;
            for (const [at, , name] of time.phases) {
              const x = X(at);
              if (x < -1 || x > width) continue;
              ink.fillStyle = colours.dim;
              ink.globalAlpha = 0.6;
              for (let y = 18; y < height - bottom; y += 7) ink.fillRect(x, y, 1, 3);
              ink.globalAlpha = 1;
              if (x - edge > 46) { ink.fillText(name, Math.min(x + 3, width - 44), height - 8); edge = x; }
            }
            const tall = step();
            for (const [at, lane, text] of time.marks) {
              const x = X(at);
              if (row[lane] < 0 || x < 0 || x > width) continue;
              ink.fillStyle = text.endsWith("dead") ? colours.bad : colours.odd;
              ink.beginPath(); ink.arc(x, Y(lane), 3, 0, 7); ink.fill();
            }
            if (tall < 11) return;
            ink.font = "600 12px system-ui, sans-serif";
            for (const lane of lanes) {
              const name = clip(time.lanes[lane], 26), w = ink.measureText(name).width;
              ink.globalAlpha = 0.85;
              ink.fillStyle = colours.card;
              ink.fillRect(2, Y(lane) - 17, w + 8, 15);
              ink.globalAlpha = 1;
              ink.fillStyle = colours.ink;
              ink.fillText(name, 6, Y(lane) - 5);
            }
          }
          function hops(i) {
            const list = [];
            for (let k = 0; k < count; k++) if (prefix[k] === prefix[i] && number[k] === number[i]) list.push(k);
            return list;
          }
          let chosenHops = [];
          function drawChosen() {
            ink.lineWidth = 3;
            for (const i of chosenHops) {
              if (row[from[i]] < 0 || row[to[i]] < 0) continue;
              const [x0, y0, x1, y1] = ends(i);
              ink.strokeStyle = ink.fillStyle = (sort[i] & 3) === 2 ? colours.bad : colours.ink;
              ink.beginPath();
              ink.moveTo(x0, y0); ink.lineTo(x1, y1);
              if ((sort[i] & 3) === 2) {
                ink.moveTo(x1 - 5, y1 - 5); ink.lineTo(x1 + 5, y1 + 5);
                ink.moveTo(x1 + 5, y1 - 5); ink.lineTo(x1 - 5, y1 + 5);
              }
              ink.stroke();
              for (const [x, y] of (sort[i] & 3) === 2 ? [[x0, y0]] : [[x0, y0], [x1, y1]]) {
                ink.beginPath(); ink.arc(x, y, 4, 0, 7); ink.fill();
              }
              if (!alone || chosenHops.length > 24) continue;
              const word = time.kinds[sort[i] >> 2], y = (y0 + y1) / 2;
              ink.font = "11px system-ui, sans-serif";
              const w = ink.measureText(word).width, x = Math.max(2, Math.min(width - w - 4, (x0 + x1) / 2 + 7));
              ink.fillStyle = colours.card;
              ink.fillRect(x - 2, y - 10, w + 4, 14);
              ink.fillStyle = colours.dim;
              ink.fillText(word, x, y + 1);
            }
          }
        """#
}
