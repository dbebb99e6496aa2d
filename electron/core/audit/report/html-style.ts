import type { ReportHeader } from './report.ts';

/** Text as a CSS string: everything but plain letters as an escape. */
const cssString = (text: string): string =>
  `"${text.replace(/[^A-Za-z0-9 .,:·-]/gu, (c) => `\\${(c.codePointAt(0) ?? 0xfffd).toString(16)} `)}"`;

/**
 * The style of a report: by the reader's theme on a screen, in ink on paper. Every printed page says what it is of,
 * when it was stated, and its number; no row, chart or heading is cut off from what belongs to it.
 */
export const styleOf = (title: string, { at, version }: ReportHeader): string =>
  `${SCREEN}\n${PRINT.replace('TITLE', cssString(title)).replace('STATED', cssString(`Rewrap ${version} · ${at}`))}`;

const SCREEN = `
:root{color-scheme:light dark;--ink:light-dark(#1b1e24,#e6e9ee);--soft:light-dark(#535b67,#a7b0bd);--line:light-dark(#dfe2e7,#2c3038);--page:light-dark(#fff,#1a1d22);--sunken:light-dark(#f3f5f8,#14171b);--accent:light-dark(#1f5bc4,#8ab4ff);--done:light-dark(#16703f,#62c58c);--att:light-dark(#845200,#e3ae4d);--bad:light-dark(#b0241c,#ff8f86);--run:light-dark(#0a6480,#5cc1e0);--grey:light-dark(#878e99,#737c89)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:74rem;padding:2.5rem 2rem 4rem;background:var(--page);color:var(--ink);font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header{padding-bottom:1rem;border-bottom:2px solid var(--ink)}
h1{font-size:24px;line-height:1.2;letter-spacing:-.01em;margin:0 0 .75rem}
h2{font-size:17px;margin:2.25rem 0 .75rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:13px;margin:0 0 .4rem}
p,ul,dl{margin:.35rem 0}
ul{padding-left:1.1rem}li{overflow-wrap:anywhere}li::marker{color:var(--grey)}
.sign dd{min-height:2.2rem;border-bottom:1px solid var(--line)}.sign dt{align-self:end}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.2rem 1rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;margin:.35rem 0 1rem}
th,td{padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;font-weight:400}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-size:12px;vertical-align:bottom}
.long{overflow-wrap:anywhere}.wide-first td:first-child{width:36%}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.share{color:var(--soft)}
.strong{font-weight:600;font-size:15px}
.totals{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.5rem,1fr));gap:0;margin:.75rem 0 1rem;border:1px solid var(--line);border-radius:6px;overflow:hidden}
.total{display:flex;flex-direction:column-reverse;padding:.5rem .75rem;box-shadow:1px 0 0 var(--line),0 1px 0 var(--line)}
.total dd{font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}.total dt{font-size:12px;white-space:nowrap}
.ink-danger dd{color:var(--bad)}.ink-attention dd{color:var(--att)}.ink-done dd{color:var(--done)}
.charts{columns:28rem;column-gap:1rem}
.chart{margin:0 0 1rem;padding:.75rem 1rem;border:1px solid var(--line);border-radius:6px;break-inside:avoid}
.chart table{margin:0}.chart tr:last-child>*{border-bottom:0}
.bars .bar{width:28%;vertical-align:middle}.bars .n{width:4.5rem}
.beside thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.bars svg{display:block;width:100%;height:10px}.track{fill:var(--sunken)}.rest{color:var(--soft)}.bars .long{font-size:.9em}
.beside{position:relative}.picture{position:absolute;inset:0 9rem 0 auto;width:28%;pointer-events:none}
.stack{display:block;width:100%;height:14px;margin:.35rem 0;border-radius:3px}
.key{display:inline-block;width:.75rem;height:.75rem;margin-right:.5rem;border-radius:2px}
.fill-done{fill:var(--done);background:var(--done)}.fill-soft{fill:var(--accent);background:var(--accent)}.fill-attention{fill:var(--att);background:var(--att)}.fill-danger{fill:var(--bad);background:var(--bad)}.fill-info{fill:var(--run);background:var(--run)}.fill-none{fill:var(--grey);background:var(--grey)}
.finding{margin:0 0 .9rem;padding:.7rem 1rem .6rem;border:1px solid var(--line);border-left:3px solid var(--grey);border-radius:6px}
.finding h3{font-size:14px}
.tone-danger{border-left-color:var(--bad)}.tone-attention{border-left-color:var(--att)}.tone-info{border-left-color:var(--run)}
.severity{display:inline-block;min-width:4.5rem;text-transform:uppercase;font-size:11px;font-weight:600;letter-spacing:.04em;color:var(--soft)}
.tone-danger .severity{color:var(--bad)}.tone-attention .severity{color:var(--att)}.tone-info .severity{color:var(--run)}
.finding ul{columns:24rem;column-gap:1.5rem;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:11.5px}
@media (max-width:44rem){body{padding:1.25rem 1rem 3rem}.charts{columns:auto}section{overflow-x:auto}dl:not(.totals){grid-template-columns:minmax(0,1fr)}dl:not(.totals) dd{margin-bottom:.3rem}}
`.trim();

const PRINT = `
@page{margin:18mm 14mm 17mm;@top-left{content:TITLE;font:9px system-ui,sans-serif;color:#535b67}@bottom-left{content:STATED;font:9px system-ui,sans-serif;color:#535b67}@bottom-right{content:counter(page) " / " counter(pages);font:9px system-ui,sans-serif;color:#535b67;font-variant-numeric:tabular-nums}}
@page :first{@top-left{content:none}}
@media print{
:root{color-scheme:light}
body{max-width:none;padding:0;font-size:10.5px;orphans:3;widows:3}
h1{font-size:22px}h2{font-size:14px;margin-top:1.5rem}h3,.finding h3{font-size:11px}.strong{font-size:12px}.total{padding:.4rem .6rem}.total dd{font-size:16px}.total dt{font-size:9.5px}
h1,h2,h3,thead{break-after:avoid}
thead{display:table-header-group}tr,li,.total,.chart{break-inside:avoid}
.finding{break-inside:auto;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.finding h3,.finding>p,.finding>dl{break-inside:avoid}.finding h3,.finding>p{break-after:avoid}
section>ul{columns:2;column-gap:1.5rem;font-size:9.5px}.charts{columns:2;column-gap:.75rem}.chart{padding:.5rem .75rem;margin-bottom:.75rem}
.finding ul{columns:2;font-size:9.5px}
table{font-size:9.5px}thead th{font-size:9px}th,td{padding:.2rem .5rem .2rem 0}.totals{grid-template-columns:repeat(auto-fit,minmax(5.2rem,1fr))}.bars .n{width:3.6rem}.picture{right:7.2rem}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`.trim();
