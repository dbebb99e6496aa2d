import { shapeWords, share } from '#shared/audit-words.ts';
import { count } from '#shared/format.ts';
import { html } from './escape.ts';
import type { ReportBar, ReportCell } from './report.ts';

/** Words too long for a narrow column may break anywhere; others stay whole. */
const LONG = /\S{28,}/;

/** Text from outside as an element of its own, so that its direction stays its own. */
export const cellText = (value: ReportCell): string =>
  typeof value === 'number'
    ? count(value)
    : `<bdi${LONG.test(value) ? ' class="long"' : ''}>${html(value)}</bdi>`;

/**
 * Horizontal bars in the rows of their own table, so that picture and figures cannot differ. To those who do not see
 * them they are one picture that says its shape in words, which stand under the title for everyone.
 */
export function barChart(
  title: string,
  bars: readonly ReportBar[],
  total: number,
  rest: { readonly values: number; readonly blobs: number },
): string {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const words = shapeWords(bars, total, rest);
  const rows = bars.map(({ label, count: n, tone }) => {
    const width = Math.max(0.75, (n / most) * 100).toFixed(2);
    return `<tr><th scope="row">${cellText(label)}</th><td class="bar" aria-hidden="true"><svg viewBox="0 0 100 10" preserveAspectRatio="none"><rect class="track" width="100" height="10"/><rect class="fill-${tone ?? 'soft'}" width="${width}" height="10"/></svg></td><td class="n">${count(n)}</td><td class="n share">${share(n, total)}</td></tr>`;
  });
  if (rest.values > 0)
    rows.push(
      `<tr><th scope="row" class="rest">${count(rest.values)} more</th><td></td><td class="n">${count(rest.blobs)}</td><td class="n share">${share(rest.blobs, total)}</td></tr>`,
    );
  return `<figure class="chart"><figcaption><h3>${cellText(title)}</h3></figcaption><div class="beside"><table class="bars"><thead><tr><th scope="col">${cellText(title)}</th><td></td><th scope="col" class="n">Blobs</th><th scope="col" class="n share">Share</th></tr></thead><tbody>${rows.join('')}</tbody></table><div class="picture" role="img" aria-label="${html(`${title}. ${words}`)}"></div></div></figure>`;
}

/** Parts of a whole as one bar, and a table with the same figures. */
export function stackChart(title: string, bars: readonly ReportBar[]): string {
  const total = bars.reduce((sum, bar) => sum + bar.count, 0);
  let x = 0;
  const rects = bars
    .filter((bar) => bar.count > 0)
    .map((bar) => {
      const width = total === 0 ? 0 : (bar.count / total) * 100;
      const rect = `<rect class="fill-${bar.tone ?? 'none'}" x="${x.toFixed(3)}" width="${width.toFixed(3)}" height="10"/>`;
      x += width;
      return rect;
    });
  const rows = bars.map(
    (bar) =>
      `<tr><th scope="row"><span class="key fill-${bar.tone ?? 'none'}"></span>${cellText(bar.label)}</th><td class="n">${count(bar.count)}</td><td class="n share">${share(bar.count, total)}</td></tr>`,
  );
  return `<figure class="chart"><figcaption><h3>${cellText(title)}</h3></figcaption><svg class="stack" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${html(`${title}. ${shapeWords(bars, total)}`)}">${rects.join('')}</svg><table class="bars"><tbody>${rows.join('')}</tbody></table></figure>`;
}
