import type { BenchSection } from './results.ts';
import { makeBenchFiles, openBrowser, PER_FILE, startBenchHost } from './setup.ts';
import { measureApp, measureBusy, measurePlain } from './window-acts.ts';
import { contextOf, untilTaken } from './window-context.ts';
import { type WindowFigures, windowTable } from './window-table.ts';

/** Blobs of the run that goes on while the window is measured; real ones, so that KMS answers. */
const RUN_BLOBS = 20_000;

/**
 * The window with many rows, through the loopback host in Chromium: the application, the application while a run is
 * going on, and a hand-written list of the same rows, taking turns. Null where there is no Chromium.
 */
export async function windowSuite(rows: number, rounds: number): Promise<BenchSection | null> {
  const browser = await openBrowser();
  if (browser === null) return null;
  const running = Math.min(rows / 5, RUN_BLOBS);
  const stage = await makeBenchFiles(rows, running);
  const app: WindowFigures[] = [];
  const busy: WindowFigures[] = [];
  const plain: WindowFigures[] = [];
  const events: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const host = await startBenchHost(stage);
      try {
        await untilTaken(browser, host, rows);
        const context = await contextOf(browser, host);
        app.push(await measureApp(context, rows));
        plain.push(await measurePlain(context));
        const during = await measureBusy(context, rows, running);
        busy.push(during.figures);
        events.push(during.events);
        await context.close();
      } finally {
        await host.stop();
      }
    }
  } finally {
    stage.remove();
    await browser.close();
  }
  return {
    title: 'The window',
    text:
      `${rows.toLocaleString('en')} blobs in ${(rows / PER_FILE).toLocaleString('en')} files, shown by \`rewrap serve\` in Chromium; median of ${rounds} rounds, taking turns.\n` +
      'Each action: milliseconds from the key or pointer event to the frame that shows its effect, and in brackets the\n' +
      'time that the page\u2019s main thread was scheduled for it, which other programs do not raise. During a run: the\n' +
      `same while a preflight of ${running.toLocaleString('en')} blobs reports its progress. Plain list: the same rows in a virtual list written by hand\n` +
      'without framework, roles, focus or inspector; ratio: Rewrap at rest to it. Scrolling: longest frame, and frames of\n' +
      'more than 50 ms among all.',
    table: windowTable(app, busy, plain),
    figures: { rows, rounds, app, busy, plain, progressEvents: events },
  };
}
