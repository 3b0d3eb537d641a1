extension LivePage {
    /// What is chosen, beside the drawing, and what can be done to it.
    static let panel = #"""
        let refreshPanel = () => {};
        function choose(what) {
          chosen = what;
          buildPanel();
          paint(); showTables();
        }
        function heading(name, kind) {
          return h("h3", {}, h("span", {}, name), h("small", {}, kind),
            h("button", { class: "close", "aria-label": "Close", onclick: () => choose(null) }, "×"));
        }
        const fill = (place, ...children) => place.replaceChildren(...children.flat(Infinity).filter(Boolean));
        const pairs = list => h("div", { class: "pairs" }, list.filter(([, value]) => value !== "" && value != null)
          .map(([key, value]) => h("span", {}, h("b", {}, key), h("span", { class: "num" }, value))));

        function buildPanel() {
          const panel = byId("panel");
          panel.classList.toggle("open", !!chosen);
          refreshPanel = () => {};
          if (!chosen) {
            fill(panel, h("h3", {}, "Break something"),
              h("p", { class: "note" }, "Click a link for faults on it, a node to kill or pause it, an object to move it, a "
                + "group to partition it. Or begin with all links:"), faultForm(["all"]));
            return;
          }
          if (chosen.kind === "edge") edgePanel(panel, graph.edges[chosen.index]);
          else if (chosen.kind === "process") processPanel(panel, chosen.name);
          else if (chosen.kind === "object") objectPanel(panel, chosen.name);
          else vertexPanel(panel, graph.vertices.find(one => one.id === chosen.id));
          refreshPanel();
        }
        /// Fills a place anew when what it shows has changed.
        function keeper(place, key, make) {
          let last = null;
          return () => {
            const now = JSON.stringify(key());
            if (now === last) return;
            last = now;
            fill(place, make());
          };
        }

        /// Rows that stay what they are while what stands in them changes, so that a click meets the row that was aimed at.
        /// A cell is its class and its parts: texts, or a class and a text.
        function fillRows(body, list, { key, mark, cells, pick }) {
          const old = new Map([...body.children].map(row => [row.dataset.key, row]));
          const rows = list.map(one => {
            const name = key(one), now = cells(one), row = old.get(name) || h("tr", { "data-key": name }, now.map(() => h("td")));
            row.one = one;
            if (pick && !old.has(name)) row.addEventListener("click", () => pick(row.one));
            for (const [attribute, value] of Object.entries(mark(one))) if (row.getAttribute(attribute) !== value) row.setAttribute(attribute, value);
            now.forEach(([style, ...parts], i) => {
              const cell = row.children[i], text = JSON.stringify(parts);
              if (cell.said === text) return;
              cell.said = text;
              cell.className = style;
              cell.replaceChildren(...parts.map(part => Array.isArray(part) ? h("span", { class: part[0] }, part[1]) : String(part)));
            });
            return row;
          });
          if (rows.length !== body.children.length || rows.some((row, i) => body.children[i] !== row)) body.replaceChildren(...rows);
        }
        const processRows = { key: one => one.name, pick: one => choose({ kind: "process", name: one.name }), mark: () => ({ class: "pick" }),
          cells: one => [["", [dotClass(one), ""], one.name], ["", one.state],
            ["n dim", one.suspectedBy.length ? "doubted by " + one.suspectedBy.length : one.rate ? rate(one.rate) : ""]] };

        function faultForm(links) {
          const chooseFault = h("select", { class: "field", id: "fault-kind" }, model.faults.map(one => h("option", {}, one.keyword)));
          const value = h("input", { class: "field mono", id: "fault-value", value: model.faults[0].example });
          const link = h("select", { class: "field", id: "fault-link" }, links.map(one => h("option", {}, one)));
          const time = h("input", { class: "field mono", id: "fault-for", placeholder: "until cleared" });
          const only = h("input", { class: "field mono", id: "fault-only", placeholder: "all that carries data" });
          const line = commandLine("", "do it");
          line.input.id = "fault-command";
          const compose = () => line.set(write.fault(chooseFault.value, value.value.trim(), link.value, time.value.trim(), only.value.trim()));
          chooseFault.addEventListener("change", () => {
            value.value = model.faults.find(one => one.keyword === chooseFault.value).example;
            compose();
          });
          for (const field of [value, link, time, only]) field.addEventListener("input", compose);
          compose();
          /// Not every fault is for every link: the server knows.
          async function sift() {
            const place = link.value;
            const answers = await Promise.all(model.faults.map(one => post("/check", write.fault(one.keyword, one.example, place, "", ""))));
            if (link.value !== place) return;
            answers.forEach((answer, i) => { chooseFault.options[i].disabled = !answer.isDone; chooseFault.options[i].title = answer.text; });
          }
          link.addEventListener("input", sift);
          if (!isOver) sift();
          return h("div", { class: "adding" }, h("div", { class: "form" }, h("label", {}, "fault", chooseFault), h("label", {}, "how much", value),
            h("label", { class: "wide" }, "link, and which way", link), h("label", {}, "for", time), h("label", {}, "only", only)),
            line.form, line.said);
        }

        function edgePanel(panel, edge) {
          const facts = h("div"), on = h("div"), way = edge.way;
          const name = id => graph.vertices.find(one => one.id === id)?.name || id;
          fill(panel, heading(name(edge.from) + " → " + name(edge.to), edge.label), facts,
            h("h4", {}, "Add a fault"), faultForm([...way.links, "all"]), on);
          const showFacts = keeper(facts, () => { const found = traffic(way); return [found.rate, found.count]; }, () => {
            const found = traffic(way);
            return pairs([["now", rate(found.rate)], [way.kinds.map(kind => ({ reply: "replies", publish: "publishes" }[kind] || kind + "s")).join(", "), found.count]]);
          });
          const showFaults = keeper(on, () => traffic(way).faults, () => {
            const names = traffic(way).faults;
            return names.length ? [h("h4", {}, "On it now"), names.map(name => act("clear", write.end(name)))] : [];
          });
          refreshPanel = () => { if (state) { showFacts(); showFaults(); } };
        }

        const lifeOf = process => process.state === "paused" ? "paused" : ["dead", "done"].includes(mood(process)) ? "down" : "up";
        const allowed = { kill: ["up", "paused"], pause: ["up"], resume: ["paused"], stop: ["up"], start: ["down"], restart: ["up"] };
        function processFacts(process) {
          return [h("p", {}, dot(process), process.state + (process.detail && mood(process) === "dead" ? " (" + process.detail + ")" : "")),
            pairs([["role", process.role], ["pid", process.pid], ["port", process.port], ["restarts", process.restarts || ""],
              ["rate", process.rate ? rate(process.rate) : ""], ["suspected by", process.suspectedBy.join(", ")]]),
            process.progress && h("p", { class: "note" }, process.progress)];
        }
        function processPanel(panel, name) {
          const facts = h("div"), owned = h("div");
          const actions = Object.keys(allowed).map(verb => [verb, act(verb, write[verb](name), { harm: verb === "kill" })]);
          // What changes its height comes last, so that nothing moves under the pointer.
          fill(panel, heading(name, "process"), actions.map(([, row]) => row), facts, owned);
          const one = () => processesOf(state.nodes.find(other => other.name === name)?.node || name).find(other => other.name === name);
          const showFacts = keeper(facts, one, () => processFacts(one()));
          const showActions = () => { for (const [verb, row] of actions) row.allow(allowed[verb].includes(lifeOf(one()))); };
          const showObjects = keeper(owned, () => objectsAt([name]).map(object => object.object), () => objectList([name]));
          refreshPanel = () => { if (state && one()) { showFacts(); showActions(); showObjects(); } };
        }
        function objectList(processes) {
          const owned = objectsAt(processes).slice(0, 40);
          return owned.length ? [h("h4", {}, "Objects here"), h("div", { class: "tools" }, owned.map(one =>
            h("button", { onclick: () => choose({ kind: "object", name: one.object }) }, one.object)))] : [];
        }

        function vertexPanel(panel, vertex) {
          const name = nodeOf(vertex);
          if (name && places.get(name).length === 1) return processPanel(panel, places.get(name)[0]);
          if (name) return nodePanel(panel, name);
          if (vertex.kind === "cloud") return groupPanel(panel, vertex.name);
          const facts = h("div");
          const isExchange = vertex.kind === "exchange";
          fill(panel, heading(vertex.name, vertex.kind === "anonymous" ? "anonymous queues" : vertex.kind),
            h("p", { class: "dim" }, vertex.details.join(", ")), facts,
            vertex.kind !== "anonymous" && [h("h4", {}, "Do"), act("publish", write.publish(isExchange ? "--to" : "--queue", vertex.name))]);
          refreshPanel = keeper(facts, () => state && state.queues.find(one => one.name === vertex.name), () => {
            const queue = state.queues.find(one => one.name === vertex.name);
            return queue && !isExchange ? pairs([["ready", queue.ready], ["consumers", queue.consumers], ["broker", queue.broker]]) : [];
          });
        }
        function nodePanel(panel, name) {
          const body = h("tbody"), list = h("table", {}, body), owned = h("div"), processes = places.get(name);
          fill(panel, heading(name, processes.length + " processes"), h("div", { class: "scroll tall" }, list), h("h4", {}, "Do to one, by the seed's choice"),
            act("kill 1", write.kill("1 of " + name), { harm: true }), h("h4", {}, "Do to all"),
            act("kill", write.kill(name), { harm: true }), act("pause", write.pause(name)), act("resume", write.resume(name)),
            act("restart", write.restart(name)), act("start", write.start(name)), owned);
          const showList = () => fillRows(body, processesOf(name).slice(0, 60), processRows);
          const showObjects = keeper(owned, () => objectsAt(processes).map(one => one.object), () => objectList(processes));
          refreshPanel = () => { if (state) { showList(); showObjects(); } };
        }
        function groupPanel(panel, name) {
          const members = model.groups.find(one => one.name === name)?.processes || [];
          const body = h("tbody"), list = h("table", {}, body);
          const nodes = model.nodes.filter(one => one.processes.length > 1 && one.processes.some(other => members.includes(other)));
          fill(panel, heading(name, "group of " + members.length), h("div", { class: "scroll tall" }, list), h("h4", {}, "Partition for 5 s"),
            nodes.flatMap(node => [act("halves", write.partition("halves", node.name, "--for", "5s"), { harm: true }),
              node.processes.length > 4 && act("bridge", write.partition("bridge", node.name, "--for", "5s"), { harm: true })]),
            h("h4", {}, "Isolate for 5 s"),
            members.slice(0, 12).map(one => act(one, write.partition("isolate", one, "--for", "5s"), { harm: true })));
          refreshPanel = () => { if (state) fillRows(body, members.slice(0, 60).map(processNamed).filter(Boolean), processRows); };
        }
        function objectPanel(panel, name) {
          const facts = h("div"), moves = h("div"), one = () => state.objects.find(other => other.object === name);
          fill(panel, heading(name, "object"), facts, h("h4", {}, "Move it"), moves);
          const showFacts = keeper(facts, one, () => one() ? [pairs([["type", one().type], ["owner", one().owner], ["epoch", one().epoch],
            ["phase", one().phase], ["waiting calls", one().mailbox], ["alive", one().alive]]), one().state && h("p", { class: "note mono" }, one().state)]
            : h("p", { class: "note" }, "No host tells of it now."));
          const showMoves = keeper(moves, () => [one()?.owner], () =>
            (model.hosts[one()?.type] || []).filter(host => host !== one().owner).map(host => act("migrate", write.migrate(name, host))));
          refreshPanel = () => { if (state) { showFacts(); showMoves(); } };
        }
        """#
}
