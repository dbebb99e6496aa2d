import { count, plural } from '#shared/format.ts';
import { html } from './escape.ts';
import { barChart, cellText, stackChart } from './html-charts.ts';
import { styleOf } from './html-style.ts';
import type { Block, ReportCell, ReportHeader, ReportSection } from './report.ts';

/** One HTML file that holds everything, prints well, runs no script and loads nothing. */
export function* writeHtml(
  title: string,
  stated: ReportHeader,
  sections: Iterable<ReportSection>,
): Generator<string | null> {
  const facts: [string, string][] = [
    ['Generated', stated.at],
    ['Connection', stated.connection ?? 'no connection: read from the files alone'],
    ['Made by', `Rewrap ${stated.version}`],
    ['History at export', `${plural(stated.history.count, 'record')}, latest hash ${stated.history.hash}`],
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
    for (const one of blocks) yield one === null ? null : `\n${block(one)}`;
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
      return `<p${one.strong ? ' class="strong"' : ''}>${cellText(one.text)}</p>`;
    case 'heading':
      return `<h3>${cellText(one.text)}</h3>`;
    case 'sign':
      return `<dl class="sign">${one.lines.map((line) => `<dt>${cellText(line)}</dt><dd></dd>`).join('')}</dl>`;
    case 'list':
      return one.items.length === 0
        ? ''
        : `<ul>${one.items.map((item) => `<li>${cellText(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return `<dl>${one.facts.map(([name, value]) => `<dt>${cellText(name)}</dt><dd>${cellText(value)}</dd>`).join('')}</dl>`;
    case 'totals':
      return `<dl class="totals">${one.totals.map(([name, n, tone]) => `<div class="total${tone === undefined ? '' : ` ink-${tone}`}"><dt>${cellText(name)}</dt><dd>${count(n)}</dd></div>`).join('')}</dl>`;
    case 'bars':
      return barChart(one.title, one.bars, one.total, one.rest);
    case 'stack':
      return stackChart(one.title, one.bars);
    case 'charts':
      return `<div class="charts">${one.charts.map(block).join('\n')}</div>`;
    case 'table':
      return `<h3>${cellText(one.title)}</h3>${table(one.head, one.rows)}`;
    case 'finding':
      return `<article class="finding tone-${one.tone}"><h3><span class="severity">${html(one.severity)}</span> ${cellText(one.title)}</h3>${one.blocks.map(block).join('')}</article>`;
  }
}

function table(head: readonly string[], rows: readonly (readonly ReportCell[])[]): string {
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const cls = (i: number): string => (numeric[i] ? ' class="n"' : '');
  return `<table class="wide-first"><thead><tr>${head.map((h, i) => `<th scope="col"${cls(i)}>${cellText(h)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell, i) => `<td${cls(i)}>${cellText(cell)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;
}
