import { count } from '#shared/format.ts';
import { html } from './escape.ts';
import { type Bar, barChart, stackChart, type Tone } from './html-charts.ts';
import { styleOf } from './html-style.ts';
import { type Cell, text } from './html-text.ts';
import { pieces } from './parts.ts';
import type { Stated } from './report-header.ts';

export type Block =
  | { readonly type: 'text'; readonly text: string; readonly strong?: boolean }
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly string[] }
  /** Lines to write on, on paper. */
  | { readonly type: 'sign'; readonly lines: readonly string[] }
  | { readonly type: 'facts'; readonly facts: readonly (readonly [string, string])[] }
  /** Figures that are read before anything else. */
  | { readonly type: 'totals'; readonly totals: readonly (readonly [string, number, Tone?])[] }
  | {
      readonly type: 'bars';
      readonly title: string;
      readonly bars: readonly Bar[];
      readonly total: number;
      /** Values beyond the bars: how many, with how many blobs. */
      readonly rest: { readonly values: number; readonly blobs: number };
    }
  /** Charts beside each other where there is room. */
  | { readonly type: 'charts'; readonly charts: readonly Block[] }
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
  readonly blocks: Iterable<Block>;
}

/** One HTML file that holds everything, prints well, runs no script and loads nothing. */
export const htmlReport = (title: string, stated: Stated, sections: Iterable<Section>): string =>
  [...htmlPieces(title, stated, sections)].join('');

/** The same in pieces, for reports that may be long. */
export const htmlPieces = (title: string, stated: Stated, sections: Iterable<Section>): Generator<string> =>
  pieces(parts(title, stated, sections));

function* parts(title: string, stated: Stated, sections: Iterable<Section>): Generator<string> {
  const facts: [string, string][] = [
    ['Stated at', stated.at],
    ['Against', stated.connection ?? 'no connection: read from the files alone'],
    ['By', `Rewrap ${stated.version}`],
    ['History then', `${stated.history.count} records, latest hash ${stated.history.hash}`],
  ];
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${html(title)}</title>
<style>${styleOf(title, stated)}</style>
</head>
<body>
<header>
<h1>${html(title)}</h1>
${block({ type: 'facts', facts })}
</header>
<main>
`;
  let first = true;
  for (const { heading, blocks } of sections) {
    yield `${first ? '' : '\n'}<section>\n<h2>${html(heading)}</h2>`;
    first = false;
    for (const one of blocks) yield `\n${block(one)}`;
    yield '\n</section>';
  }
  yield `
</main>
</body>
</html>
`;
}

function block(one: Block): string {
  switch (one.type) {
    case 'text':
      return `<p${one.strong ? ' class="strong"' : ''}>${text(one.text)}</p>`;
    case 'heading':
      return `<h3>${text(one.text)}</h3>`;
    case 'sign':
      return `<dl class="sign">${one.lines.map((line) => `<dt>${text(line)}</dt><dd></dd>`).join('')}</dl>`;
    case 'list':
      return one.items.length === 0
        ? ''
        : `<ul>${one.items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return `<dl>${one.facts.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`;
    case 'totals':
      return `<dl class="totals">${one.totals.map(([name, n, tone]) => `<div class="total${tone === undefined ? '' : ` ink-${tone}`}"><dt>${text(name)}</dt><dd>${count(n)}</dd></div>`).join('')}</dl>`;
    case 'bars':
      return barChart(one.title, one.bars, one.total, one.rest);
    case 'stack':
      return stackChart(one.title, one.bars);
    case 'charts':
      return `<div class="charts">${one.charts.map(block).join('\n')}</div>`;
    case 'table':
      return `<h3>${text(one.title)}</h3>${table(one.head, one.rows)}`;
    case 'finding':
      return `<article class="finding tone-${one.tone}"><h3><span class="severity">${html(one.severity)}</span> ${text(one.title)}</h3>${one.blocks.map(block).join('')}</article>`;
  }
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const cls = (i: number): string => (numeric[i] ? ' class="n"' : '');
  return `<table class="wide-first"><thead><tr>${head.map((h, i) => `<th scope="col"${cls(i)}>${text(h)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell, i) => `<td${cls(i)}>${text(cell)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;
}
