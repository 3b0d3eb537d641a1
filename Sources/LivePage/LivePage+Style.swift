/// The parts of the live page that are the same for every cluster. What it shares with the report is in `ReportPage`.
enum LivePage {
    static let style = #"""
        header.live { background: var(--card); border-bottom: 1px solid var(--rule); border-top: 6px solid var(--tone); }
        body { --tone: var(--accent); }
        body.ended.pass { --tone: var(--good); } body.ended.fail { --tone: var(--bad); }
        body.ended.unknown { --tone: var(--odd); } body.lost { --tone: var(--odd); }
        header.live .inside { padding: 18px 24px 16px; align-items: center; }
        header.live h1 { font-size: 26px; } header.live .who { flex: 1 1 260px; }
        .phase { display: inline-block; font-size: 12px; font-weight: 700; letter-spacing: 0.06em; text-transform: uppercase;
          color: var(--tone); border: 1px solid currentColor; border-radius: 99px; padding: 2px 10px; margin-left: 12px;
          vertical-align: 4px; white-space: nowrap; }
        .phase::before { content: "●"; margin-right: 6px; }
        body.running .phase::before { animation: pulse 1.6s ease-in-out infinite; }
        @keyframes pulse { 50% { opacity: 0.25; } }
        #spark { display: block; } #spark path { fill: none; stroke: var(--k-publish); stroke-width: 1.6; }
        #spark .under { fill: var(--k-publish); opacity: 0.12; stroke: none; } #spark rect { fill: var(--bad); opacity: 0.16; }
        .sparked { display: flex; gap: 14px; align-items: flex-end; }
        #banner { border-bottom: 1px solid var(--rule); background: var(--card); }
        #banner .inside { max-width: 1480px; margin: 0 auto; padding: 18px 24px; }
        #banner pre { font: 12px/1.5 var(--mono); max-height: 420px; overflow: auto; background: var(--soft);
          border-radius: 8px; padding: 12px 14px; margin: 12px 0 0; }

        main, header.live .inside, #banner .inside { max-width: 1760px; }
        .desk { display: grid; grid-template-columns: minmax(0, 1fr) minmax(320px, 400px); gap: 0 20px; align-items: start; }
        .side { position: sticky; top: 0; max-height: 100vh; overflow: auto; display: grid; gap: 12px; padding: 36px 0 12px;
          grid-template-columns: minmax(0, 1fr); }
        .side h3 { display: flex; gap: 8px; align-items: baseline; } .side h3 small { font-weight: 400; color: var(--dim); }
        .side h4 { font-size: 12px; font-weight: 600; color: var(--dim); margin: 16px 0 6px; text-transform: uppercase;
          letter-spacing: 0.06em; }
        #panel .close { margin-left: auto; }
        .act { display: flex; gap: 6px; align-items: center; margin: 5px 0; min-width: 0; }
        .act .do { flex: 0 0 auto; min-width: 70px; }
        .act code, .entry code { flex: 1 1 auto; user-select: all; min-width: 0; overflow-x: auto; white-space: nowrap; background: var(--soft);
          border-radius: 6px; padding: 5px 8px; font-size: 12px; cursor: pointer; scrollbar-width: none; }
        .copy { padding: 4px 7px; font-size: 11px; color: var(--dim); background: none; border-color: transparent; }
        .copy:hover { border-color: var(--rule); color: var(--ink); }
        button.do { border-color: var(--accent); color: var(--accent); background: none; font-weight: 600; }
        button.do:hover { background: var(--accent); color: var(--card); }
        button.harm { border-color: var(--bad); color: var(--bad); } button.harm:hover { background: var(--bad); color: var(--card); }
        button:disabled { opacity: 0.4; pointer-events: none; }
        [hidden] { display: none !important; }
        .form { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
        .form label { display: grid; gap: 2px; font-size: 11px; color: var(--dim); min-width: 0; }
        .form label.wide { grid-column: 1 / -1; }
        input.field, select.field { font: inherit; font-size: 13px; color: var(--ink); background: var(--soft); width: 100%;
          border: 1px solid var(--rule); border-radius: 6px; padding: 5px 8px; min-width: 0; }
        select.field { appearance: auto; } input.mono { font-family: var(--mono); font-size: 12px; }
        .said { font-size: 12px; color: var(--bad); white-space: pre-wrap; overflow-wrap: anywhere; margin: 4px 0 0; }
        .said:empty { display: none; }
        .ask { display: flex; gap: 6px; margin-top: 8px; } .adding .ask { flex-wrap: wrap; justify-content: flex-end; }
        .adding .ask input { flex: 1 1 100%; }
        #entries { list-style: none; margin: 10px 0 0; padding: 0; max-height: 380px; overflow: auto; }
        .entry { padding: 6px 0; border-top: 1px solid var(--rule); }
        .entry .line { display: flex; gap: 6px; align-items: center; }
        .entry .mark { flex: 0 0 16px; text-align: center; font-weight: 700; }
        .entry.done .mark { color: var(--good); } .entry.failed .mark { color: var(--bad); } .entry.running .mark { color: var(--dim); }
        .entry pre { font: 11px/1.5 var(--mono); color: var(--dim); margin: 4px 0 2px 22px; overflow-x: auto; max-height: 160px; }
        .entry.failed pre { color: var(--bad); white-space: pre-wrap; }

        .dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--dim); margin-right: 8px; }
        .dot.up { background: var(--good); } .dot.busy { background: var(--odd); } .dot.paused { background: none;
          box-shadow: inset 0 0 0 2px var(--accent); } .dot.dead { background: var(--bad); } .dot.done { opacity: 0.5; }
        .dot.suspect { box-shadow: 0 0 0 2px var(--odd); }
        #panel table { width: 100%; min-width: 0; } #panel .tall { max-height: 260px; }
        tr.pick { cursor: pointer; } tr.pick td > *, #graph g .later, #graph tspan { pointer-events: none; } tr.pick:hover td { background: var(--soft); } tr.chosen td { background: var(--soft); }
        .left table { width: 100%; margin-top: 0; } .left td { white-space: nowrap; } .left td.long { white-space: normal; min-width: 160px; }
        .tags { display: flex; flex-wrap: wrap; gap: 4px; } .tag { background: var(--odd-soft); color: var(--odd);
          border-radius: 5px; padding: 0 6px; font-size: 12px; }
        #down { margin-top: 14px; } .faults .act { font-size: 14px; }
        .faults .act code { flex: 0 1 auto; } .faults .what { flex: 1 1 auto; min-width: 120px; overflow-wrap: anywhere; }
        .faults .what b { color: var(--bad); } .faults .was b { color: var(--dim); font-weight: 600; }

        #graph g, #graph .hit, #graph .label { cursor: pointer; }
        #graph .hit { fill: none; stroke: transparent; stroke-width: 18; }
        #graph .hit:hover + .glow, #graph .glow.chosen { stroke: var(--accent); opacity: 0.25; }
        #graph .glow { fill: none; stroke: none; stroke-width: 9; pointer-events: none; stroke-linecap: round; }
        #graph .edge { pointer-events: none; }
        #graph .edge.flows { stroke: var(--k-deliver); stroke-width: 2; stroke-dasharray: 7 6; animation: flow 0.9s linear infinite; }
        #graph .edge.flows.fast { animation-duration: 0.35s; } #graph .edge.flows.faulty { stroke: var(--bad); }
        @keyframes flow { to { stroke-dashoffset: -26; } }
        #graph g:hover .box, #graph g:focus-visible .box { stroke: var(--accent); stroke-width: 2; } #graph g { outline: none; }
        #graph g.chosen .box { stroke: var(--accent); stroke-width: 2.6; }
        #graph g.dead .box { fill: var(--bad-soft); stroke: var(--bad); } #graph g.paused .box { stroke-dasharray: 4 3; }
        #graph g.suspect .box { fill: var(--odd-soft); }
        #graph .label.rate { fill: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
        #graph tspan.up { fill: var(--good); } #graph tspan.busy, #graph tspan.suspect { fill: var(--odd); }
        #graph tspan.paused { fill: var(--accent); } #graph tspan.dead { fill: var(--bad); }
        #graph tspan.done { fill: var(--dim); }
        #graph .later { font-variant-numeric: tabular-nums; }
        body.ended #graph .edge.flows, body.lost #graph .edge.flows { animation: none; }
        @media (prefers-reduced-motion: reduce) { #graph .edge.flows, body.running .phase::before { animation: none; } }

        #log:empty::before { content: "Nothing has been printed yet."; color: var(--dim); }
        #log { max-height: 340px; overflow: auto; font: 12px/1.55 var(--mono); margin: 0; overscroll-behavior: contain; }
        #log div { white-space: pre-wrap; overflow-wrap: anywhere; } #log b { font-weight: 600; margin-right: 10px; }
        @media (max-width: 980px) {
          .desk { grid-template-columns: minmax(0, 1fr); } .left, .side { display: contents; }
          #console { order: 1; margin-top: 28px; } .left .logs-last { order: 2; }
          #panel.open { position: fixed; left: 0; right: 0; bottom: 0; max-height: 72vh; overflow: auto; z-index: 5;
            border-radius: 14px 14px 0 0; box-shadow: 0 -6px 30px rgba(0, 0, 0, 0.3); margin: 0; }
          #panel:not(.open) { display: none; }
        }
        @media (max-width: 760px) {
          header.live .inside { padding: 14px; gap: 12px 20px; } header.live h1 { font-size: 21px; }
          .faults .act { flex-wrap: wrap; } #banner .inside { padding: 14px; }
        }
        """#

    static let body = #"""
        <header class="live"><div class="inside">
          <div class="who"><h1><span id="name"></span><span class="phase" id="phase">connecting</span></h1>
            <p class="dim" id="description"></p></div>
          <div class="sparked"><dl class="facts" id="facts"></dl><svg id="spark" width="180" height="46"></svg></div>
        </div></header>
        <div id="banner" hidden><div class="inside"></div></div>
        <main><div class="desk">
        <div class="left">
          <section><h2>Topology</h2><div class="card scroll" id="graph"></div></section>
          <section class="faults" id="faults"></section>
          <section id="processes"></section>
          <section id="queues"></section>
          <section id="feeds"></section>
          <section id="objects"></section>
          <section class="logs-last"><h2>Logs</h2><div class="card"><div class="tools">
            <select class="field" id="who" style="width: auto" aria-label="Of which process"></select>
            <input type="search" id="filter" placeholder="only lines with…" aria-label="Only lines with">
            <span class="count" id="lost"></span></div><div id="log"></div></div></section>
        </div>
        <aside class="side">
          <div class="card" id="panel"></div>
          <div class="card" id="console"></div>
        </aside>
        </div>
        <footer id="footer"></footer></main>
        <noscript><main><p>This page draws itself with JavaScript, which is off.</p></main></noscript>
        """#
}
