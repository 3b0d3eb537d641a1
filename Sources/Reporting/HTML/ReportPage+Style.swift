/// The parts of the report's page that are the same for every run.
package enum ReportPage {
    package static let style = #"""
        :root {
          --paper: #f6f6f3; --card: #ffffff; --ink: #1c2026; --dim: #69717d; --rule: #e2e3de; --soft: #f0f0ec;
          --good: #1a7f4b; --bad: #c42f48; --odd: #a06400; --accent: #2b63c9;
          --good-soft: #e4f3ea; --bad-soft: #fbe7ea; --odd-soft: #f8efdb;
          --k-publish: #2b63c9; --k-confirm: #8a96a8; --k-deliver: #12857a; --k-request: #7446c4; --k-reply: #b0568f;
          --k-feed: #3f7d20; --k-peer: #b3661a; --k-lookup: #5b6b86;
          --shade: 196, 47, 72;
          --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #101216; --card: #181b20; --ink: #e7e9ed; --dim: #939ba8; --rule: #2b3038; --soft: #20242b;
            --good: #53c68a; --bad: #ff7087; --odd: #e5b152; --accent: #7aa8ff;
            --good-soft: #15301f; --bad-soft: #3a1a21; --odd-soft: #352a13;
            --k-publish: #7aa8ff; --k-confirm: #6d7889; --k-deliver: #45c9ba; --k-request: #b18cff; --k-reply: #e58fc4;
            --k-feed: #8ecb68; --k-peer: #eda45c; --k-lookup: #93a3c0;
            --shade: 255, 112, 135;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
        }
        main { max-width: 1480px; margin: 0 auto; padding: 0 24px 64px; }
        h1 { font-size: 30px; line-height: 1.15; margin: 0; letter-spacing: -0.02em; overflow-wrap: anywhere; }
        h2 { font-size: 13px; font-weight: 600; text-transform: uppercase; letter-spacing: 0.08em; color: var(--dim);
          margin: 36px 0 10px; }
        h3 { font-size: 16px; margin: 0; overflow-wrap: anywhere; }
        p { margin: 4px 0; }
        code, .mono, td.n, .num { font-family: var(--mono); font-variant-numeric: tabular-nums; }
        code, .mono { font-size: 0.9em; }
        .dim { color: var(--dim); }
        .good { color: var(--good); } .bad { color: var(--bad); } .odd { color: var(--odd); }
        .card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 16px 18px; }
        .scroll { overflow-x: auto; max-width: 100%; }

        header.verdict { border-top: 6px solid var(--tone); background: var(--card);
          border-bottom: 1px solid var(--rule); }
        header.verdict.pass { --tone: var(--good); } header.verdict.fail { --tone: var(--bad); }
        header.verdict.unknown { --tone: var(--odd); }
        header .inside > div { min-width: 0; max-width: 100%; }
        header .inside { max-width: 1480px; margin: 0 auto; padding: 26px 24px 22px; display: flex; gap: 20px 40px;
          flex-wrap: wrap; align-items: flex-start; justify-content: space-between; }
        .word { color: var(--tone); font-weight: 800; font-size: 44px; line-height: 1; letter-spacing: -0.03em; }
        .word small { font-size: 16px; font-weight: 600; letter-spacing: 0; margin-left: 10px; }
        .who { flex: 1 1 420px; min-width: 0; }
        .who .word { margin-bottom: 12px; }
        .facts { display: flex; flex-wrap: wrap; gap: 14px 30px; margin: 0; }
        .facts div { min-width: 60px; }
        .facts dt { color: var(--dim); font-size: 12px; }
        .facts dd { margin: 0; font-size: 20px; font-family: var(--mono); font-variant-numeric: tabular-nums; }
        .again { display: flex; gap: 8px; align-items: center; margin-top: 14px; max-width: 100%; }
        .again code { background: var(--soft); border: 1px solid var(--rule); border-radius: 6px; padding: 6px 10px;
          overflow-x: auto; white-space: nowrap; min-width: 0; }
        button, .chip { font: inherit; font-size: 13px; color: var(--ink); background: var(--soft);
          border: 1px solid var(--rule); border-radius: 6px; padding: 5px 10px; cursor: pointer; white-space: nowrap; }
        button:hover { border-color: var(--dim); }
        button[aria-pressed="false"] { opacity: 0.45; }
        button:focus-visible, input:focus-visible, canvas:focus-visible { outline: 2px solid var(--accent);
          outline-offset: 1px; }

        .assertions { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 620px), 1fr));
          align-items: start; }
        .assertion { border-left: 4px solid var(--tone); }
        .assertion.pass { --tone: var(--good); } .assertion.fail { --tone: var(--bad); }
        .assertion.unknown { --tone: var(--odd); }
        .assertion.wide { grid-column: 1 / -1; }
        .assertion .head { display: flex; gap: 4px 12px; flex-wrap: wrap; align-items: baseline; }
        .badge { color: var(--tone); font-weight: 700; font-size: 12px; text-transform: uppercase;
          letter-spacing: 0.06em; }
        table { border-collapse: collapse; font-size: 13px; margin-top: 10px; min-width: min(100%, 320px); }
        th { text-align: left; font-weight: 500; color: var(--dim); padding: 3px 16px 3px 0; white-space: nowrap;
          border-bottom: 1px solid var(--rule); }
        td { padding: 4px 16px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
        tr:last-child td { border-bottom: 0; }
        th.n, td.n { text-align: right; white-space: nowrap; }
        td.zero { color: var(--dim); opacity: 0.65; }
        .tall { max-height: 380px; overflow: auto; }
        .pairs { display: flex; flex-wrap: wrap; gap: 2px 20px; margin-top: 8px; font-size: 13px; }
        .pairs b { font-weight: 400; color: var(--dim); margin-right: 6px; }
        td:first-child { white-space: nowrap; }
        .examples { display: grid; gap: 10px; margin-top: 10px; align-items: start;
          grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); }
        .example summary { cursor: pointer; overflow-wrap: anywhere; }
        .example { padding: 8px 12px; background: var(--soft); border-radius: 8px; font-size: 13px; }
        .example button { padding: 1px 8px; margin-left: 8px; }
        .example ol { list-style: none; margin: 6px 0 0; padding: 0; }
        .example li { display: grid; grid-template-columns: 92px 1fr; gap: 10px; overflow-wrap: anywhere; }
        .example li span:first-child { text-align: right; color: var(--dim); }

        #graph svg { display: block; margin: 0 auto; }
        #graph .box { fill: var(--soft); stroke: var(--dim); stroke-width: 1.2; }
        #graph .exchange .box { stroke: var(--k-publish); } #graph .queue .box, #graph .anonymous .box {
          stroke: var(--k-deliver); } #graph .cloud .box { stroke: var(--k-peer); stroke-dasharray: 5 4; }
        #graph .program .box { stroke: var(--k-request); }
        #graph text { fill: var(--ink); font-size: 13px; text-anchor: middle; }
        #graph .name { font-weight: 600; } #graph .detail, #graph .label { fill: var(--dim); font-size: 11px; }
        #graph .label { paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
        #graph .edge { fill: none; stroke: var(--dim); stroke-width: 1.4; }
        #graph .edge.guess { stroke-dasharray: 2 4; }
        #graph .edge.faulty { stroke: var(--bad); stroke-width: 2; }
        #graph .label.fault { fill: var(--bad); font-weight: 600; }
        #graph .head { fill: var(--dim); } #graph .head.faulty { fill: var(--bad); }

        .tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 10px; }
        .tools input { font: inherit; font-size: 14px; color: var(--ink); background: var(--soft); padding: 5px 10px;
          border: 1px solid var(--rule); border-radius: 6px; flex: 1 1 180px; max-width: 320px; min-width: 0; }
        .tools i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 7px;
          vertical-align: middle; }
        .tools .count { color: var(--dim); font-size: 13px; margin-left: auto; }
        .stage { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px; }
        .stage.open { grid-template-columns: minmax(0, 1fr) minmax(280px, 360px); }
        canvas { display: block; width: 100%; border-radius: 6px; touch-action: pan-y; cursor: grab; }
        canvas.drag { cursor: grabbing; }
        #details { font-size: 13px; overflow: auto; max-height: 620px; }
        #details table { min-width: 0; width: 100%; } #details td { overflow-wrap: anywhere; padding-right: 10px; }
        #details td:nth-child(2) { min-width: 110px; }
        #details h3 { font-family: var(--mono); font-size: 14px; }
        #details .tools { margin: 8px 0 0; }

        .plots { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
        .plots h3, .small h3 { font-size: 14px; font-weight: 600; }
        .legend { font-size: 12px; color: var(--dim); float: right; }
        .legend i { display: inline-block; width: 12px; height: 3px; margin: 0 5px 0 12px; vertical-align: middle; }
        svg text { font-family: inherit; }
        .logs { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
        .logs pre { margin: 8px 0 0; max-height: 300px; overflow: auto; font: 12px/1.5 var(--mono);
          white-space: pre-wrap; overflow-wrap: anywhere; }
        .note { font-size: 13px; color: var(--dim); }
        footer { margin-top: 40px; color: var(--dim); font-size: 12px; overflow-wrap: anywhere; }
        @media (max-width: 760px) {
          main { padding: 0 12px 48px; } header .inside { padding: 18px 14px; }
          h1 { font-size: 23px; } .word { font-size: 36px; } .card { padding: 12px; }
          .facts { gap: 10px 22px; } .facts dd { font-size: 17px; }
          .stage.open { grid-template-columns: minmax(0, 1fr); }
          .tools .count { margin-left: 0; width: 100%; }
          .tools input { max-width: none; flex-basis: 100%; }
          .example li { grid-template-columns: 1fr; gap: 0; } .example li span:first-child { text-align: left; }
          #details { max-height: none; }
        }
        @media print { #timeline .tools { display: none; } body { background: #fff; } }
        """#

    static let body = #"""
        <header class="verdict" id="top"><div class="inside"></div></header>
        <main>
        <section><h2>Topology</h2><div class="card scroll" id="graph"></div></section>
        <section id="problems"></section>
        <section><h2>Assertions</h2><div class="assertions" id="assertions"></div></section>
        <section id="timeline" hidden><h2>Messages in time</h2><div class="card">
          <div class="tools" id="tools"></div>
          <div class="stage" id="stage"><canvas id="canvas" tabindex="0"
            aria-label="Every message on the lanes of the processes; drag to move, pinch or Ctrl and wheel to zoom"></canvas>
            <div id="details" hidden></div></div>
          <p class="note" id="hint"></p></div></section>
        <section id="logs"></section>
        <section id="plots"></section>
        <section id="ownership"></section>
        <section id="tables"></section>
        <footer id="footer"></footer>
        </main>
        <noscript><main><p>This report draws itself with JavaScript, which is off.</p></main></noscript>
        """#
}
