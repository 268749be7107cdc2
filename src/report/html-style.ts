/**
 * The one style sheet of the HTML report: light and dark, wide and phone, and A4 on paper. It is allowed by
 * its hash (see html.ts), so nothing here may come from outside, and no element carries a style attribute.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #57606a; --rule: #d8dee4;
  --good: #116329; --good-bg: #dafbe1; --wait: #7d4e00; --wait-bg: #fff4d1;
  --bad: #a40e26; --bad-bg: #ffebe9; --quiet: #424a53; --quiet-bg: #eaeef2; --bar: #0969da;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --ink: #e6edf3; --soft: #9198a1; --rule: #30363d;
    --good: #7ee787; --good-bg: #12351f; --wait: #f0c560; --wait-bg: #3a2d0b;
    --bad: #ff9d94; --bad-bg: #45151a; --quiet: #b1bac4; --quiet-bg: #262c34; --bar: #58a6ff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 2px 0 4px; }
h2 { font-size: 1.15rem; margin: 0 0 10px; }
h3 { font-size: 1rem; margin: 14px 0 4px; }
p { margin: 0 0 8px; }
p:last-child { margin-bottom: 0; }
code, pre { font: .86em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: 6px 0 0; padding: 8px 10px; background: var(--quiet-bg); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; }
section, .verdict { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 18px 20px; margin: 0 0 16px; }
.eyebrow, .soft { color: var(--soft); }
.eyebrow { font-size: .9rem; margin: 0; }
.verdict { border-left: 6px solid var(--quiet); }
.verdict.good { border-left-color: var(--good); } .verdict.wait { border-left-color: var(--wait); }
.verdict.bad { border-left-color: var(--bad); }
.figures { display: grid; grid-template-columns: minmax(190px, 250px) 1fr; gap: 14px 28px; align-items: start; margin-top: 14px; }
.rate b { font-size: 2rem; line-height: 1.1; display: block; }
.meter { display: block; width: 100%; height: 12px; margin: 6px 0; }
.meter .track { fill: var(--quiet-bg); } .meter .fill { fill: var(--bar); } .meter .mark { fill: var(--ink); }
.tally { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 8px; }
.badge { display: inline-block; padding: 2px 9px; border-radius: 999px; font-size: .88rem; font-weight: 600;
  background: var(--quiet-bg); color: var(--quiet); }
.badge.good { background: var(--good-bg); color: var(--good); } .badge.wait { background: var(--wait-bg); color: var(--wait); }
.badge.bad { background: var(--bad-bg); color: var(--bad); }
.tasks { margin: 0; padding: 0; list-style: none; }
.tasks > li { padding: 12px 0; border-top: 1px solid var(--rule); }
.tasks > li:first-child { border-top: 0; padding-top: 0; }
.tasks > li:last-child { padding-bottom: 0; }
.tasks .next { font-weight: 600; margin: 4px 0; }
.who { margin: 4px 0 0; padding-left: 18px; }
table { border-collapse: collapse; width: 100%; font-size: .95em; }
th, td { text-align: left; vertical-align: top; padding: 8px 10px; border-top: 1px solid var(--rule); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
td small, th small, dd small { display: block; color: var(--soft); font-weight: 400; font-size: .92em; }
.num { white-space: nowrap; }
.instances th:first-child { width: 25%; }
.instances.plan { table-layout: fixed; }
.plan th:first-child { width: 21%; } .plan th:nth-child(2) { width: 25%; } .plan th:nth-child(3) { width: 15%; }
.plan th:nth-child(4) { width: 17%; }
small code { font-size: 1em; }
@media (min-width: 1100px) { .waves th, .waves time { white-space: nowrap; } }
.waves .wide { width: 40%; }
details { margin-top: 4px; } summary { cursor: pointer; color: var(--soft); }
details ul { margin: 4px 0 0; padding-left: 18px; }
dl { display: grid; grid-template-columns: minmax(130px, 200px) 1fr; gap: 6px 18px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
.timeline { display: block; width: 100%; min-width: 140px; height: 14px; }
.timeline .track { fill: var(--quiet-bg); } .timeline .fill { fill: var(--bar); }
footer { color: var(--soft); font-size: .9rem; }
@media screen { pre { max-height: 15em; overflow: auto; } }
@media screen and (max-width: 860px) {
  main { padding: 12px 10px 32px; }
  section, .verdict { padding: 14px; }
  h1 { font-size: 1.3rem; }
  .figures { grid-template-columns: 1fr; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 10px; }
  table, tbody, tr, th, td { display: block; width: auto; }
  .instances th:first-child, .waves .wide { width: auto; }
  thead { display: none; }
  tr { border-top: 1px solid var(--rule); padding: 12px 0; }
  tbody tr:first-child { border-top: 0; padding-top: 0; }
  th, td { border: 0; padding: 2px 0; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); }
  td[data-label=Why]::before, td[data-label=Outcome]::before { content: none; }
  td.empty { display: none; }
  th small + small { display: inline; } th small + small + small::before { content: " · "; }
}
@page { size: A4; margin: 14mm 12mm; }
@media print {
  :root { color-scheme: light;
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #bbb;
    --good: #0b4a1d; --good-bg: #fff; --wait: #5c3900; --wait-bg: #fff; --bad: #8a0c20; --bad-bg: #fff;
    --quiet: #333; --quiet-bg: #eee; --bar: #333; }
  body { font-size: 9.5pt; }
  main { max-width: none; padding: 0; }
  section, .verdict { border: 0; border-top: 1.5px solid #000; border-radius: 0; padding: 8px 0; margin-bottom: 8px; }
  .verdict { border-left: 0; }
  .badge { border: 1px solid currentColor; padding: 0 6px; font-size: 8.5pt; }
  h1 { font-size: 16pt; } h2 { font-size: 12pt; break-after: avoid; }
  table { font-size: 8pt; } .plan th:nth-child(3) { width: 22%; } .waves th, .waves time { white-space: normal; } .waves .wide { width: 30%; } th, td { padding: 4px 5px; }
  tr, .tasks > li { break-inside: avoid; } thead { display: table-header-group; }
  pre { padding: 4px; }
  details::details-content { content-visibility: visible; display: block; }
  summary { list-style: none; }
}
`;
