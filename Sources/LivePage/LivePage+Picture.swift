extension LivePage {
    /// The drawing, alive.
    static let picture = #"""
        let state = null, chosen = null, parts = null;
        const places = new Map(model.nodes.map(node => [node.name, node.processes]));
        const processNamed = name => state && state.nodes.find(one => one.name === name);
        const processesOf = name => (places.get(name) || []).map(one => processNamed(one)
          || { name: one, node: name, state: "waiting", role: "", rate: 0, progress: "", suspectedBy: [], feeds: {}, views: {},
            detail: "", restarts: 0 });
        function rate(value) {
          if (value >= 9950) return Math.round(value / 1000) + "k/s";
          if (value >= 995) return (value / 1000).toFixed(1) + "k/s";
          return (value >= 10 ? Math.round(value) : +value.toFixed(1)) + "/s";
        }
        const some = (n, word) => n + " " + word + (n === 1 ? "" : "s");
        function mood(process) {
          const mood = { running: "up", ready: "up", paused: "paused", killed: "dead", failed: "dead", exited: "done" };
          return mood[process.state] || "busy";
        }
        const isUp = process => mood(process) === "up";
        const dotClass = process => "dot " + mood(process) + (process.suspectedBy.length && isUp(process) ? " suspect" : "");
        const dot = process => h("i", { class: dotClass(process), title: process.state });
        const objectsAt = processes => state ? state.objects.filter(one => processes.includes(one.owner)) : [];
        const anonymousOf = id => id.split(":")[1];
        const nodeOf = vertex => ["node", "program", "broker"].includes(vertex.kind) ? vertex.name : null;

        /// The numbers of a way: what passes on its links, and the faults that are on them.
        function traffic(way) {
          const found = { rate: 0, count: 0, faults: [] };
          if (!state) return found;
          const clients = new Set(way.clients), servers = new Set(way.servers);
          for (const link of state.links) {
            const forward = clients.has(link.client) && servers.has(link.server);
            // Peers send both ways on what each opened.
            if (!forward) continue;
            for (const kind of way.kinds) { found.rate += link.rates[kind] || 0; found.count += link.counts[kind] || 0; }
            for (const name of [...(way.sends !== "server" ? link.toServer : []), ...(way.sends !== "client" ? link.toClient : [])])
              if (!found.faults.includes(name)) found.faults.push(name);
          }
          return found;
        }
        const wayKey = way => way && JSON.stringify([way.clients, way.servers, way.kinds]);
        const shared = new Map();
        for (const edge of graph.edges) if (edge.way) shared.set(wayKey(edge.way), (shared.get(wayKey(edge.way)) || 0) + 1);
        const faultNamed = name => state.faults.find(one => one.name === name);

        // What the file schedules is not what is on: that is shown as it happens.
        const drawnGraph = { vertices: graph.vertices.map(v => v.kind === "cloud" ? v
            : { ...v, details: v.details.filter(text => !/^(kill|pause|restart) /.test(text)).map(text => clip(text, 24)) }),
          edges: graph.edges.map(e => ({ ...e, faults: [] })) };
        const room = { letters: 20, edge: e => e.way ? 2 : 0,
          vertex: v => nodeOf(v) ? 2 : ["queue", "anonymous", "cloud"].includes(v.kind) ? 1 : 0 };

        function drawPicture() {
          const drawn = drawGraph(drawnGraph, room);
          if (!drawn) return;
          parts = drawn;
          graph.vertices.forEach(vertex => {
            const part = parts.vertices.get(vertex.id);
            if (!part) return;
            const pick = () => choose({ kind: "vertex", id: vertex.id });
            part.group.setAttribute("tabindex", "0"); part.group.setAttribute("role", "button");
            part.group.setAttribute("data-vertex", vertex.id);
            part.group.addEventListener("click", pick);
            part.group.addEventListener("keydown", event => { if (event.key === "Enter") pick(); });
          });
          const first = parts.svg.querySelector("g");
          graph.edges.forEach((edge, index) => {
            const part = parts.edges.get(index);
            if (!part || !edge.way) return;
            part.glow = s("path", { d: part.path, class: "glow" });
            part.hit = s("path", { d: part.path, class: "hit", "data-edge": index });
            // Boxes lie above.
            parts.svg.insertBefore(part.hit, first); parts.svg.insertBefore(part.glow, first);
            for (const target of [part.hit, ...part.later])
              target.addEventListener("click", () => choose({ kind: "edge", index }));
          });
          paint();
        }

        const dotted = list => list.filter(Boolean).join(" · ");
        function paint() {
          if (!parts || !state) return;
          for (const vertex of graph.vertices) {
            const part = parts.vertices.get(vertex.id);
            if (!part) continue;
            const isChosen = chosen && chosen.kind === "vertex" && chosen.id === vertex.id;
            const classes = [vertex.kind, isChosen && "chosen"];
            const name = nodeOf(vertex);
            if (name) {
              const processes = processesOf(name), speed = processes.reduce((sum, one) => sum + one.rate, 0);
              const dead = processes.filter(one => mood(one) === "dead").length;
              classes.push(dead === processes.length && "dead", processes.some(one => one.state === "paused") && "paused",
                processes.some(one => one.suspectedBy.length) && "suspect");
              const dots = processes.slice(0, 12).map(one => s("tspan",
                { class: isUp(one) && one.suspectedBy.length ? "suspect" : mood(one) }, mood(one) === "paused" ? "◌ " : mood(one) === "dead" ? "✗ " : "● "));
              const up = processes.filter(isUp).length;
              const word = processes.length === 1 ? processes[0].state : up + " of " + processes.length + " up";
              part.later[0].replaceChildren(...dots, word + (speed >= 0.5 ? " · " + rate(speed) : ""));
              part.later[1].textContent = clip(summary(processes), 23);
            } else if (vertex.kind === "queue") {
              const queue = state.queues.find(one => one.name === vertex.name);
              part.later[0].textContent = queue ? queue.ready + " ready · " + some(queue.consumers, "consumer") : "";
            } else if (vertex.kind === "anonymous") {
              const known = processesOf(anonymousOf(vertex.id)).filter(one => one.waiting != null);
              part.later[0].textContent = known.length ? known.reduce((sum, one) => sum + one.waiting, 0) + " waiting" : "";
            } else if (vertex.kind === "cloud") {
              const members = model.groups.find(one => one.name === vertex.name)?.processes.map(processNamed).filter(Boolean) || [];
              const doubted = members.filter(one => one.suspectedBy.length).length;
              part.later[0].textContent = members.filter(isUp).length + " up" + (doubted ? " · " + doubted + " suspected" : "");
            }
            part.group.setAttribute("class", classes.filter(Boolean).join(" "));
          }
          graph.edges.forEach((edge, index) => {
            const part = parts.edges.get(index);
            if (!part || !edge.way) return;
            const found = traffic(edge.way), faulty = found.faults.length > 0;
            part.line.setAttribute("class", ["edge", edge.guess && "guess", faulty && "faulty", found.rate > 0 && "flows",
              found.rate > 200 && "fast"].filter(Boolean).join(" "));
            part.line.setAttribute("marker-end", faulty ? "url(#headfaulty)" : "url(#head)");
            part.glow.classList.toggle("chosen", !!chosen && chosen.kind === "edge" && chosen.index === index);
            const together = shared.get(wayKey(edge.way)) > 1 ? " in all" : "";
            part.later[0].textContent = found.rate > 0 ? rate(found.rate) + together : "";
            part.later[0].setAttribute("class", "label rate");
            const names = found.faults.map(name => faultNamed(name)?.fault || name);
            part.later[1].textContent = faulty ? clip("⚡ " + names.join(", "), 18) : "";
            part.later[1].setAttribute("class", "label fault");
          });
        }

        function summary(processes) {
          const owned = objectsAt(processes.map(one => one.name));
          if (owned.length) return owned.slice(0, 3).map(one => one.object).join(", ") + (owned.length > 3 ? " +" + (owned.length - 3) : "");
          const feeds = processes.flatMap(one => Object.entries(one.feeds)), views = processes.flatMap(one => Object.entries(one.views));
          if (feeds.length) return feeds.map(([name, last]) => name + " " + last).join(", ");
          if (views.length) return "at " + views.map(([name, last]) => name + " " + last).join(", ");
          if (processes.length === 1) return processes[0].progress.split(", ")[0] || (processes[0].port ? "port " + processes[0].port : processes[0].detail);
          const totals = new Map();
          for (const one of processes) for (const part of one.progress.split(", ")) {
            const match = /^([0-9]+)(?:\/[0-9]+)? (.+)$/.exec(part);
            if (match) totals.set(match[2], (totals.get(match[2]) || 0) + +match[1]);
          }
          return [...totals].map(([word, n]) => n + " " + word).join(", ");
        }
        """#
}
