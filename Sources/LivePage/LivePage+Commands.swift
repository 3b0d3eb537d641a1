extension LivePage {
    /// Commands: how they are written, shown, given and listed.
    static let commands = #"""
        const { model, graph } = JSON.parse(byId("data").textContent);
        const token = new URLSearchParams(location.search).get("token") || "";

        /// A word as a shell wants it.
        const quoted = word => /^[A-Za-z0-9_\-.\/=:%,+@]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
        const orch = (...words) => ["orch", ...words.map(quoted)].join(" ");
        const write = {
          fault: (keyword, value, link, time, only) => orch("fault", keyword, ...(value ? [value] : []),
            ...(link && link !== "all" ? ["--link", link] : []), ...(time ? ["--for", time] : []),
            ...(only ? ["--only", only] : [])),
          end: name => orch("fault", "rm", name), clear: () => orch("fault", "clear"),
          partition: (...words) => orch("fault", "partition", ...words),
          kill: name => orch("kill", ...name.split(" ")), pause: name => orch("pause", name), resume: name => orch("resume", name),
          stop: name => orch("stop", name), start: name => orch("start", name), restart: name => orch("restart", name),
          migrate: (object, to) => orch("migrate", object, "--to", to),
          publish: (option, name) => orch("publish", "hello", option, name), down: () => orch("down"),
        };

        let isOver = false;
        async function post(path, text) {
          try {
            const answer = await fetch(path, { method: "POST", body: text,
              headers: { "content-type": "text/plain", "orch-token": token } });
            return answer.ok ? await answer.json() : { isDone: false, text: (await answer.text()).trim() };
          } catch { return { isDone: false, text: "error: the cluster does not answer" }; }
        }
        const give = command => post("/commands", command);

        function copier(text) {
          const button = h("button", { class: "copy", title: "Copy the command", onclick: async () => {
            const value = text();
            try { await navigator.clipboard.writeText(value); } catch {
              const area = h("textarea", {}, value);
              document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
            }
            button.textContent = "copied";
            setTimeout(() => button.textContent = "copy", 1200);
          } }, "copy");
          return button;
        }
        /// A button with the command that it gives beside it. `sure`: asks once more.
        function act(label, command, { harm = false, sure = false } = {}) {
          let armed = false, isBusy = false;
          const button = h("button", { class: "do" + (harm ? " harm" : ""), disabled: isOver, onclick: async () => {
            if (sure && !armed) {
              armed = true; button.textContent = "sure?";
              setTimeout(() => { armed = false; button.textContent = label; }, 3000);
              return;
            }
            armed = false; button.textContent = label;
            isBusy = true; refresh();
            await give(command);
            isBusy = false; refresh();
          } }, label);
          const row = h("div", { class: "act", "data-command": command }, button,
            h("code", { title: "Click to change it below", onclick: () => prefill(command) }, command), copier(() => command));
          /// Greyed out, rather than gone: what is under the pointer stays what it was.
          const refresh = () => { button.disabled = isOver || isBusy || !!row.isOff; };
          row.allow = isAllowed => { row.isOff = !isAllowed; refresh(); };
          return row;
        }

        /// An input for a whole command: the server says at once what is wrong with it.
        function commandLine(value, label) {
          const said = h("p", { class: "said" });
          const input = h("input", { class: "field mono", value, spellcheck: "false", autocapitalize: "off",
            autocomplete: "off", "aria-label": "Command", placeholder: "orch fault drop 30%" });
          const button = h("button", { class: "do", disabled: isOver, type: "submit" }, label);
          let asked = 0;
          async function check() {
            const turn = ++asked, text = input.value.trim();
            await new Promise(resume => setTimeout(resume, 200));
            if (turn !== asked || isOver) return;
            if (!text) { said.textContent = ""; return; }
            const answer = await post("/check", text);
            if (turn === asked) said.textContent = answer.isDone ? "" : answer.text;
          }
          input.addEventListener("input", check);
          const form = h("form", { class: "ask", onsubmit: async event => {
            event.preventDefault();
            const text = input.value.trim();
            if (!text || isOver) return;
            asked++;
            button.disabled = true;
            const answer = await give(text);
            button.disabled = isOver;
            said.textContent = answer.isDone ? "" : answer.text;
            if (answer.isDone && form.dataset.empties) input.value = "";
          } }, input, copier(() => input.value.trim()), button);
          return { form, said, input, set: text => { input.value = text; check(); } };
        }

        const line = commandLine("", "give");
        line.form.dataset.empties = "yes";
        const entries = h("ul", { id: "entries" });
        function prefill(command) { line.set(command); line.input.focus(); }
        byId("console").append(h("h3", {}, "Commands"),
          h("p", { class: "note" }, "What is clicked here is one of these, and so is what you type; a shell takes them too."),
          line.form, line.said, entries);

        const given = new Map();
        function showEntry(entry) {
          const old = given.get(entry.number);
          const item = h("li", { class: "entry " + entry.outcome, "data-outcome": entry.outcome },
            h("div", { class: "line" }, h("span", { class: "mark" }, { running: "…", done: "✓", failed: "✗" }[entry.outcome]),
              h("code", { onclick: () => prefill(entry.command) }, entry.command), copier(() => entry.command)),
            entry.text && h("pre", {}, entry.text));
          item.entry = entry;
          given.set(entry.number, item);
          if (old) old.replaceWith(item); else entries.prepend(item);
          while (entries.children.length > 100) entries.lastChild.remove();
        }
        """#
}
