import { html } from '../inert.ts';
import type { Stated } from './stated.ts';

export interface Bar {
  readonly label: string;
  readonly count: number;
  /** Class of its colour in a stacked bar. */
  readonly tone?: Tone;
}
export type Tone = 'done' | 'soft' | 'attention' | 'danger' | 'info' | 'none';

export type Cell = string | number;
export type Block =
  | { readonly type: 'text'; readonly text: string; readonly strong?: boolean }
  | { readonly type: 'list'; readonly items: readonly string[] }
  | { readonly type: 'facts'; readonly facts: readonly (readonly [string, string])[] }
  | { readonly type: 'bars'; readonly title: string; readonly bars: readonly Bar[]; readonly total: number }
  | { readonly type: 'stack'; readonly title: string; readonly bars: readonly Bar[] }
  | {
      readonly type: 'table';
      readonly title: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly Cell[])[];
    }
  | {
      readonly type: 'finding';
      readonly severity: string;
      readonly tone: Tone;
      readonly title: string;
      readonly blocks: readonly Block[];
    };

export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
}

/** One HTML file that holds everything, prints well, runs no script and loads nothing. */
export function htmlReport(title: string, stated: Stated, sections: readonly Section[]): string {
  const facts: [string, string][] = [
    ['Stated at', stated.at],
    ['Against', stated.connection ?? 'no connection: read from the files alone'],
    ['By', `Rewrap ${stated.version}`],
    ['History then', `${stated.history.count} records, head ${stated.history.hash}`],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${html(title)}</h1>
${block({ type: 'facts', facts })}
</header>
<main>
${sections.map(section).join('\n')}
</main>
</body>
</html>
`;
}

const section = ({ heading, blocks }: Section): string =>
  `<section>\n<h2>${html(heading)}</h2>\n${blocks.map(block).join('\n')}\n</section>`;

/** Words too long for a narrow column may break anywhere; others stay whole. */
const LONG = /\S{28,}/;
const text = (value: Cell): string =>
  typeof value === 'number'
    ? count(value)
    : `<bdi${LONG.test(value) ? ' class="long"' : ''}>${html(value)}</bdi>`;
const count = (n: number): string => n.toLocaleString('en-US');

function block(one: Block): string {
  switch (one.type) {
    case 'text':
      return `<p${one.strong ? ' class="strong"' : ''}>${text(one.text)}</p>`;
    case 'list':
      return one.items.length === 0
        ? ''
        : `<ul>${one.items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return `<dl>${one.facts.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`;
    case 'bars':
      return bars(one.title, one.bars, one.total);
    case 'stack':
      return stack(one.title, one.bars);
    case 'table':
      return `<h3>${text(one.title)}</h3>${table(one.head, one.rows)}`;
    case 'finding':
      return `<article class="finding tone-${one.tone}"><h3><span class="severity">${html(one.severity)}</span> ${text(one.title)}</h3>${one.blocks.map(block).join('')}</article>`;
  }
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const cls = (i: number): string => (numeric[i] ? ' class="n"' : '');
  return `<table><thead><tr>${head.map((h, i) => `<th scope="col"${cls(i)}>${text(h)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell, i) => `<td${cls(i)}>${text(cell)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;
}

const share = (n: number, total: number): string =>
  total === 0 ? '0 %' : `${((n / total) * 100).toFixed(1)} %`;

/** Horizontal bars in the rows of their own table, so that picture and figures cannot differ. */
function bars(title: string, list: readonly Bar[], total: number): string {
  const most = Math.max(1, ...list.map((bar) => bar.count));
  const rows = list.map(({ label, count: n }) => {
    const width = ((n / most) * 100).toFixed(2);
    return `<tr><th scope="row">${text(label)}</th><td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${count(n)}"><rect width="${width}" height="10"/></svg></td><td class="n">${count(n)}</td><td class="n">${share(n, total)}</td></tr>`;
  });
  return `<div class="chart"><h3>${text(title)}</h3><table class="bars"><thead><tr><th scope="col">Value</th><th></th><th scope="col" class="n">Blobs</th><th scope="col" class="n">Share</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function stack(title: string, list: readonly Bar[]): string {
  const total = list.reduce((sum, bar) => sum + bar.count, 0);
  let x = 0;
  const rects = list
    .filter((bar) => bar.count > 0)
    .map((bar) => {
      const width = total === 0 ? 0 : (bar.count / total) * 100;
      const rect = `<rect class="fill-${bar.tone ?? 'none'}" x="${x.toFixed(3)}" width="${width.toFixed(3)}" height="10"/>`;
      x += width;
      return rect;
    });
  const label = list.map((bar) => `${bar.label}: ${count(bar.count)}`).join(', ');
  const rows = list.map(
    (bar) =>
      `<tr><th scope="row"><span class="key fill-${bar.tone ?? 'none'}"></span>${text(bar.label)}</th><td class="n">${count(bar.count)}</td><td class="n">${share(bar.count, total)}</td></tr>`,
  );
  return `<div class="chart"><h3>${text(title)}</h3><svg class="stack" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${html(label)}">${rects.join('')}</svg><table class="bars"><tbody>${rows.join('')}</tbody></table></div>`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:light-dark(#1b1e24,#e6e9ee);--soft:light-dark(#535b67,#a7b0bd);--line:light-dark(#dfe2e7,#2c3038);--page:light-dark(#fff,#1a1d22);--accent:light-dark(#1f5bc4,#8ab4ff);--done:light-dark(#16703f,#62c58c);--att:light-dark(#845200,#e3ae4d);--bad:light-dark(#b0241c,#ff8f86);--run:light-dark(#0a6480,#5cc1e0);--grey:light-dark(#878e99,#737c89)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.5rem;background:var(--page);color:var(--ink);font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:20px;margin:0 0 .75rem}h2{font-size:15px;margin:2rem 0 .5rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}h3{font-size:13px;margin:1rem 0 .35rem}
p,ul,dl{margin:.35rem 0}ul{padding-left:1.25rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;margin:.35rem 0 1rem}
th,td{padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}.long{overflow-wrap:anywhere}
thead th{color:var(--soft);font-size:12px}td:first-child{min-width:11rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.strong{font-weight:600;font-size:15px}
.chart{break-inside:avoid}
.bars th[scope=row]{width:40%}.bars .bar{width:34%;vertical-align:middle}.bars svg{display:block;width:100%;height:10px}.bars rect{fill:var(--accent)}
.stack{display:block;width:100%;height:14px;margin:.35rem 0;border-radius:3px}
.key{display:inline-block;width:.75rem;height:.75rem;margin-right:.5rem;border-radius:2px}
.fill-done{fill:var(--done);background:var(--done)}.fill-soft{fill:var(--accent);background:var(--accent)}.fill-attention{fill:var(--att);background:var(--att)}.fill-danger{fill:var(--bad);background:var(--bad)}.fill-info{fill:var(--run);background:var(--run)}.fill-none{fill:var(--grey);background:var(--grey)}
.finding{break-inside:avoid;margin:.75rem 0;padding:.1rem 0 .1rem 1rem;border-left:3px solid var(--grey)}
.tone-danger{border-color:var(--bad)}.tone-attention{border-color:var(--att)}.tone-info{border-color:var(--run)}
.severity{text-transform:uppercase;font-size:11px;letter-spacing:.04em;color:var(--soft);margin-right:.35rem}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10.5px}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}thead{display:table-header-group}tr{break-inside:avoid}@page{margin:16mm 14mm}}
`.trim();
