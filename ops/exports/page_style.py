"""The look of a page: on a light and a dark screen, on a narrow one, and on paper."""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1b1f27",
    "quiet": "#565d6b",
    "line": "#d9dce2",
    "bar": "#3565a8",
    "good": "#146c3a",
    "good-panel": "#e9f5ee",
    "bad": "#a3161f",
    "bad-panel": "#fcecec",
    "open": "#7a4d00",
    "open-panel": "#fdf3e0",
}
"""Colors by their purpose; tests hold the contrast of text to WCAG 2.1, 1.4.3."""

DARK = {
    "paper": "#14171c",
    "panel": "#1d2128",
    "ink": "#e8eaee",
    "quiet": "#a5adba",
    "line": "#363c47",
    "bar": "#7ba7e6",
    "good": "#6fd39b",
    "good-panel": "#14291d",
    "bad": "#ff9a98",
    "bad-panel": "#351a1c",
    "open": "#f0bf6a",
    "open-panel": "#2f2513",
}


def _variables(colors: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colors.items())


STYLE = (
    f"""
:root {{ color-scheme: light dark; {_variables(LIGHT)} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}
"""
    """\
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.5rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 2.5rem 0 .75rem; padding-bottom: .35rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { margin: 0 0 .75rem; max-width: 46rem; overflow-wrap: anywhere; }
ol, ul { margin: 0; padding-left: 1.4rem; max-width: 48rem; }
li { margin: 0 0 .5rem; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono",
  monospace; font-size: .875em; overflow-wrap: anywhere; }
pre { margin: 0; padding: .75rem 1rem; background: var(--panel); border-radius: 6px;
  white-space: pre-wrap; }
.note { margin: .75rem 0 1rem; font-size: .875rem; }
.quiet { color: var(--quiet); }
header p { color: var(--quiet); }
.outcome { margin: 1.5rem 0 0; padding: 1rem 1.25rem; border-left: 5px solid; border-radius: 4px; }
.outcome p { color: var(--ink); margin: 0; }
.outcome p + p { margin-top: .5rem; }
.outcome .word { font-size: 1.35rem; font-weight: 700; line-height: 1.3; color: inherit; }
.good { color: var(--good); border-color: var(--good); background: var(--good-panel); }
.bad { color: var(--bad); border-color: var(--bad); background: var(--bad-panel); }
.open { color: var(--open); border-color: var(--open); background: var(--open-panel); }
span.good, span.bad, span.open { background: none; font-weight: 600; }
.tiles + .scroll { margin-top: 1rem; }
.tiles { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .75rem; }
.tiles > div { display: block; background: var(--panel); border: 0; border-radius: 6px;
  padding: .75rem 1rem; }
.tiles dt { font-size: .875rem; }
.tiles dd { font-size: 1.35rem; font-weight: 600; line-height: 1.3;
  font-variant-numeric: tabular-nums; }
dl { margin: 0; }
dl > div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 0 1rem;
  padding: .3rem 0; border-bottom: 1px solid var(--line); }
dl > div:last-child { border-bottom: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
dl + dl, ol + p, .scroll + p { margin-top: 1rem; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--quiet); font-weight: 600; font-size: .875rem; vertical-align: bottom; }
tbody th { font-weight: 400; min-width: 11.5rem; }
tbody td:not(.number) { min-width: 13rem; }
tbody .quiet { font-size: .875em; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.number + td:not(.number), th.number + th:not(.number) { padding-left: .5rem; }
.findings { list-style: none; padding: 0; max-width: none; }
.findings li { margin: 0; padding: .6rem 0; border-bottom: 1px solid var(--line); }
.findings p { margin: 0; max-width: none; }
.kind { font-weight: 600; }
.plot { display: block; width: 100%; height: auto; }
.plot .bar { fill: var(--bar); }
.plot .grid { stroke: var(--line); stroke-width: 1; }
.plot .axis { stroke: var(--quiet); stroke-width: 1; }
.plot text { fill: var(--quiet); font-size: 13px; font-variant-numeric: tabular-nums; }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--quiet); }
footer { margin-top: 2.5rem; padding-top: .75rem; border-top: 1px solid var(--line);
  color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
@media screen and (max-width: 40rem) {
  main { padding: 1.5rem 1rem 2rem; }
  dl > div { grid-template-columns: minmax(0, 1fr); }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .plot text { font-size: 21px; }
}
@media print {
  @page { margin: 16mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2 { margin-top: 1.5rem; break-after: avoid; }
  tr, li, .outcome, .plot, .tiles, dl > div { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  details:not([open]) { display: none; }
  tbody th, tbody td:not(.number) { min-width: 0; }
  .tiles { grid-template-columns: repeat(3, 1fr); }
  .outcome, .tiles > div, pre, .plot { print-color-adjust: exact;
    -webkit-print-color-adjust: exact; }
}
"""
)
"""The one style sheet of all pages."""
