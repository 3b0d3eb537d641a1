extension LivePage {
    /// What comes from the server, the tables and the logs.
    static let script = #"""
        byId("name").textContent = model.name;
        byId("description").textContent = model.description;
        byId("footer").append("orch · run " + model.run + " · seed " + model.seed);

        // At a glance
        const history = [];
        const carried = ["publish", "deliver", "request", "reply", "event", "datagram"];
        const totalRate = () => state.links.reduce((sum, link) => sum + carried.reduce((all, kind) => all + (link.rates[kind] || 0), 0), 0);
        function clock(seconds) {
          if (seconds < 60) return seconds.toFixed(1) + " s";
          const whole = Math.floor(seconds), pad = n => String(n).padStart(2, "0");
          return (whole >= 3600 ? Math.floor(whole / 3600) + ":" + pad(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)) + ":" + pad(whole % 60);
        }
        const facts = {};
        for (const [key, title] of [["time", "time"], ["up", "up"], ["on", "faults on"], ["rate", "messages"]])
          byId("facts").append(h("div", { "data-fact": key }, h("dt", {}, title), facts[key] = h("dd", {}, "–")));
        function showFacts() {
          const up = state.nodes.filter(isUp).length, on = state.faults.filter(one => one.isActive).length;
          facts.time.textContent = clock(state.elapsed);
          facts.up.textContent = up + "/" + state.nodes.length;
          facts.up.className = state.nodes.some(one => mood(one) === "dead") ? "bad" : "";
          facts.on.textContent = on; facts.on.className = on ? "bad" : "";
          facts.rate.textContent = rate(totalRate());
          history.push([totalRate(), on > 0]);
          if (history.length > 180) history.shift();
          const W = 180, H = 46, top = Math.max(1, ...history.map(one => one[0])) * 1.08;
          const X = i => (i + 180 - history.length) * W / 180, Y = v => H - 1 - (H - 3) * v / top;
          const path = history.map(([v], i) => `${i ? "L" : "M"}${X(i).toFixed(1)} ${Y(v).toFixed(1)}`).join("");
          byId("spark").replaceChildren(
            ...history.flatMap(([, on], i) => on ? [s("rect", { x: X(i), y: 0, width: W / 180 + 0.3, height: H })] : []),
            s("path", { class: "under", d: path + `L${X(history.length - 1)} ${H}L${X(0)} ${H}Z` }), s("path", { d: path }),
            s("title", {}, "Messages a second, the last 45 s; red: a fault was on"));
        }

        // Tables
        function section(id, title, names, list, options) {
          const place = byId(id);
          if (!list.length) return place.replaceChildren();
          if (!place.firstChild)
            place.append(h("h2", {}, title), h("div", { class: "card" }, h("div", { class: "scroll tall" }, h("table", {},
              h("thead", {}, h("tr", {}, names.map(name => h("th", { class: name.startsWith("#") ? "n" : "" }, name.replace("#", ""))))),
              h("tbody")))));
          fillRows(place.querySelector("tbody"), list.slice(0, 300), options);
        }
        const isChosen = (kind, name) => !!chosen && chosen.kind === kind && chosen.name === name;
        function showTables() {
          if (!state) return;
          section("processes", "Processes", ["process", "state", "role", "#pid", "#a second", "progress"], state.nodes, {
            key: one => one.name, pick: one => choose({ kind: "process", name: one.name }),
            mark: one => ({ "data-process": one.name, "data-state": one.state, class: isChosen("process", one.name) ? "pick chosen" : "pick" }),
            cells: one => [["", [dotClass(one), ""], one.name],
              ["", one.state + (one.detail && mood(one) === "dead" ? " (" + one.detail + ")" : ""),
                ["dim", one.restarts ? " · " + some(one.restarts, "restart") : ""],
                ["odd", one.suspectedBy.length ? " · doubted by " + one.suspectedBy.length : ""]],
              ["dim", one.role], ["n", one.pid || "–"], ["n", one.rate ? rate(one.rate).replace("/s", "") : ""],
              ["long dim", dotted([one.progress, one.port && "port " + one.port])]] });
          section("queues", "Queues", ["queue", "#ready", "#consumers", "broker"], state.queues, {
            key: one => one.name, pick: one => choose({ kind: "vertex", id: "queue:" + one.name }),
            mark: one => ({ "data-queue": one.name, class: "pick" }),
            cells: one => [["", one.name], ["n", one.ready], ["n", one.consumers], ["dim", one.broker]] });
          const feeds = Object.keys(model.feeds).map(name => ({ name,
            last: Math.max(0, ...model.feeds[name].map(server => processNamed(server)?.feeds[name] || 0)),
            views: state.nodes.filter(one => name in one.views).map(one => one.name + " " + one.views[name]) }));
          section("feeds", "Feeds", ["feed", "#last item", "served by", "watchers are at"], feeds, {
            key: one => one.name, mark: one => ({ "data-feed": one.name }),
            cells: one => [["", one.name], ["n", one.last], ["dim", model.feeds[one.name].join(", ")], ["long dim", one.views.join(", ")]] });
          section("objects", "Objects", ["object", "type", "owner", "#epoch", "phase", "#waiting", "state"], state.objects, {
            key: one => one.object + " " + one.owner, pick: one => choose({ kind: "object", name: one.object }),
            mark: one => ({ "data-object": one.object, "data-owner": one.owner, class: isChosen("object", one.object) ? "pick chosen" : "pick" }),
            cells: one => [["", one.object], ["dim", one.type], ["", one.owner], ["n", one.epoch], ["", one.phase], ["n", one.mailbox],
              ["long mono dim", one.state]] });
          refreshPanel();
        }
        const faultPlace = byId("faults"), faultRows = h("div", { class: "card" });
        const showFaults = (() => {
          const numbers = new Map();
          const share = one => one.seen ? one.affected + " of " + one.seen + " (" + (100 * one.affected / one.seen).toFixed(1) + "%)" : "";
          const refill = keeper(faultRows, () => [state.faults.map(one => [one.name, one.isActive]), isOver], () => {
            numbers.clear();
            const on = state.faults.filter(one => one.isActive), was = state.faults.filter(one => !one.isActive).slice(0, 5);
            const text = one => {
              const place = h("span", { class: "dim num" });
              numbers.set(one.name, place);
              return h("span", { class: "what" }, h("b", {}, "⚡ " + one.fault), one.link ? " on " + one.link + " " : " ", place);
            };
            return [on.map(one => {
              const row = act("clear", write.end(one.name));
              row.prepend(text(one)); row.dataset.fault = one.name;
              return row;
            }), on.length > 1 && act("clear all", write.clear()), was.map(one => h("div", { class: "act was" }, text(one), h("span", { class: "dim" }, "ended")))];
          });
          return () => {
            if (!state.faults.length) return;
            if (!faultPlace.firstChild) faultPlace.append(h("h2", {}, "Faults"), faultRows);
            refill();
            for (const one of state.faults) if (numbers.has(one.name)) numbers.get(one.name).textContent = share(one);
          };
        })();

        // Logs
        const logLines = [], logLimit = 800;
        let lostLines = 0;
        const colours = ["--k-publish", "--k-deliver", "--k-request", "--k-reply", "--k-feed", "--k-peer", "--k-lookup"];
        const processes = model.nodes.flatMap(node => node.processes);
        byId("who").append(h("option", { value: "" }, "all processes"), ...processes.map(name => h("option", {}, name)));
        const colourOf = name => colours[Math.max(0, model.nodes.findIndex(node => node.processes.includes(name))) % colours.length];
        const fits = one => (!byId("who").value || one.node === byId("who").value)
          && (!byId("filter").value || one.text.toLowerCase().includes(byId("filter").value.toLowerCase()));
        const logRow = one => h("div", {}, h("b", { style: `color: var(${colourOf(one.node)})` }, one.node), one.text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, ""));
        function addLines(event) {
          const place = byId("log"), isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 30;
          lostLines += event.lost;
          logLines.push(...event.lines);
          logLines.splice(0, Math.max(0, logLines.length - logLimit));
          place.append(...event.lines.filter(fits).map(logRow));
          while (place.children.length > logLimit) place.firstChild.remove();
          byId("lost").textContent = lostLines ? lostLines + " lines passed by unseen" : "";
          if (isAtEnd) place.scrollTop = place.scrollHeight;
        }
        function sift() {
          byId("log").replaceChildren(...logLines.filter(fits).map(logRow));
          byId("log").scrollTop = byId("log").scrollHeight;
        }
        byId("who").addEventListener("change", sift);
        byId("filter").addEventListener("input", sift);

        // The end
        const banner = byId("banner");
        function say(...children) { banner.hidden = false; banner.firstElementChild.replaceChildren(...children.flat().filter(Boolean)); }
        const down = act("end the run", write.down(), { harm: true, sure: true });
        down.id = "down";
        byId("console").append(down);
        function showEnd(end) {
          isOver = true;
          source.close();
          document.body.classList.remove("running", "lost");
          document.body.classList.add("ended", end.verdict || "unknown");
          byId("phase").textContent = "ended";
          for (const button of document.querySelectorAll("button.do")) button.disabled = true;
          const word = { pass: "PASS", fail: "FAIL", unknown: "UNKNOWN" }[end.verdict] || "ENDED";
          say(h("div", { class: "word", id: "verdict" }, word, h("small", {}, "the run has ended with " + end.exitCode + "; this is what was seen last")),
            h("div", { class: "again" }, h("span", { class: "dim" }, "every message:"), h("code", {}, end.report), copier(() => end.report)),
            end.text && h("pre", {}, end.text));
          // What was still under way has ended with the run; nothing moves any more.
          for (const item of [...given.values()]) if (item.entry.outcome === "running")
            showEntry({ ...item.entry, outcome: "done", text: "the run has ended" });
          if (!state) return;
          for (const link of state.links) link.rates = {};
          for (const node of state.nodes) node.rate = 0;
          showFaults(); showTables(); paint();
          scrollTo(0, 0);
        }

        // What the server pushes
        let lastWord = 0;
        const source = new EventSource("/events?token=" + encodeURIComponent(token));
        const hear = (name, act) => source.addEventListener(name, event => { lastWord = Date.now(); act(JSON.parse(event.data)); });
        source.addEventListener("open", () => {
          // After a loss all is told again.
          lastWord = Date.now();
          logLines.length = 0; lostLines = 0; byId("log").replaceChildren();
          given.clear(); entries.replaceChildren();
          document.body.classList.remove("lost"); banner.hidden = true;
        });
        source.addEventListener("error", () => {
          if (isOver) return;
          document.body.classList.remove("running"); document.body.classList.add("lost");
          byId("phase").textContent = "lost";
          say(h("p", {}, "No word from the cluster" + (lastWord ? " for " + Math.round((Date.now() - lastWord) / 1000) + " s" : "")
            + ". If it is gone, so is this page's server: ", h("code", {}, "orch report " + quoted(model.run)), " has what is left."));
        });
        hear("command", showEntry);
        hear("lines", addLines);
        hear("state", now => {
          state = now;
          document.body.classList.toggle("running", now.phase === "running");
          byId("phase").textContent = now.phase;
          showFacts(); showFaults(); showTables(); paint();
        });
        hear("end", showEnd);

        buildPanel();
        drawPicture();
        window.addEventListener("resize", drawPicture);
        window.orch = { get state() { return state; }, choose, write, graph, model };
        """#
}
