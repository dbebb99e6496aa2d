import type { BrowserContext, CDPSession, Page } from '@playwright/test';
import { plainList } from './page/plain.ts';
import { type Frames, installProbe } from './page/probe.ts';
import { APPLICATION, originOf } from './window-context.ts';
import type { Act, WindowFigures } from './window-table.ts';

/** What shows that the application's picture changed, and the same of the plain list. */
const APP = [
  '[role=grid]',
  '[role=grid] [role=row]:not(.table-row-head)',
  '.action-text',
  '.table-row-head [role=checkbox]',
  '.table-row-head [role=columnheader]',
];
const PLAIN = ['.plain-row', '.plain-status'];

interface Opened {
  readonly page: Page;
  readonly cdp: CDPSession;
}

async function open(context: BrowserContext, selectors: readonly string[], plain: boolean): Promise<Opened> {
  const page = await context.newPage();
  page.setDefaultTimeout(180_000);
  // The bridge loads, the application does not.
  if (plain) await page.route(APPLICATION, (route) => route.abort());
  await page.addInitScript(installProbe, selectors);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  return { page, cdp };
}

async function cpuOf(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
}

/** Arms the probe, does what a person does, waits for the picture to change. */
async function act({ page, cdp }: Opened, fire: () => Promise<void>): Promise<Act> {
  await page.waitForTimeout(120);
  await page.evaluate(() => window.probe.arm());
  const before = await cpuOf(cdp);
  await fire();
  const ms = await page.evaluate(() =>
    Promise.race([
      window.probe.settled,
      new Promise<number>((_, no) =>
        setTimeout(() => no(new Error('nothing changed on the screen')), 20_000),
      ),
    ]),
  );
  const cpu = (await cpuOf(cdp)) - before;
  return { ms, cpu };
}

async function scroll({ page, cdp }: Opened, selector: string): Promise<{ wheel: Frames; thumb: Frames }> {
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`no ${selector}`);
  await page.waitForTimeout(300);
  await page.evaluate(() => window.probe.watchFrames());
  await cdp.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: -24_000,
    speed: 8000,
    gestureSourceType: 'mouse',
  });
  const wheel = await page.evaluate(() => window.probe.frames());
  await page.evaluate(() => window.probe.watchFrames());
  // The thumb pulled through the whole list: each frame shows rows that were not on screen before.
  await page.evaluate(async (which) => {
    const scroller = document.querySelector(which);
    if (scroller === null) return;
    for (let i = 0; i <= 90; i += 1) {
      scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * (i / 90);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    scroller.scrollTop = 0;
  }, selector);
  const thumb = await page.evaluate(() => window.probe.frames());
  return { wheel, thumb };
}

async function heapOf(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.enable');
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  await cdp.send('HeapProfiler.disable');
  return usedSize / 1024 ** 2;
}

/** What a person does with a list. The same in the application at rest and during a run. */
async function actOnApp(opened: Opened): Promise<Pick<WindowFigures, 'acts' | 'wheel' | 'thumb'>> {
  const { page } = opened;
  const acts: Record<string, Act> = {};
  const filter = page.getByRole('searchbox', { name: 'Filter blobs' });
  await filter.click();
  acts['filter, first letter'] = await act(opened, () => page.keyboard.press('7'));
  acts['filter, second letter'] = await act(opened, () => page.keyboard.press('1'));
  acts['filter, letter taken back'] = await act(opened, () => page.keyboard.press('Backspace'));
  await act(opened, () => page.keyboard.press('Backspace'));
  const name = page.getByRole('columnheader', { name: 'Name' }).getByRole('button');
  acts['sort by name'] = await act(opened, () => name.click());
  acts['sort by name, downwards'] = await act(opened, () => name.click());
  acts['sort by state'] = await act(opened, () =>
    page.getByRole('columnheader', { name: 'State' }).getByRole('button').click(),
  );
  for (const group of ['None', 'Folder', 'File', 'Key']) {
    await page.getByRole('button', { name: /Group$/ }).click();
    const option = page.getByRole('option', { name: group, exact: true });
    await option.waitFor();
    await page.waitForTimeout(250);
    acts[`group by ${group.toLowerCase()}`] = await act(opened, () => option.click());
  }
  const all = page.getByRole('checkbox', { name: 'Select all shown' });
  acts['select all'] = await act(opened, () => all.click());
  acts['select none'] = await act(opened, () => all.click());
  return { acts, ...(await scroll(opened, '.table')) };
}

export async function measureApp(context: BrowserContext, rows: number): Promise<WindowFigures> {
  const opened = await open(context, APP, false);
  const { page, cdp } = opened;
  await page.goto(`${originOf(context)}/`);
  await page.locator('.table-blob').first().waitFor();
  const firstRow = await page.evaluate(() => performance.now());
  await page.waitForFunction(
    (text) => document.querySelector('.action-text')?.textContent === text,
    `${rows.toLocaleString('en-US')} blobs`,
  );
  const allRows = await page.evaluate(() => performance.now());
  await page.waitForTimeout(1500);
  const used = await actOnApp(opened);
  const figures = { ...used, heapMiB: await heapOf(cdp), firstRow, allRows };
  await page.close();
  return figures;
}

export async function measureBusy(
  context: BrowserContext,
  rows: number,
  running: number,
): Promise<{ figures: WindowFigures; events: number }> {
  const opened = await open(context, APP, false);
  const { page, cdp } = opened;
  await page.goto(`${originOf(context)}/`);
  await page.waitForFunction(
    (text) => document.querySelector('.action-text')?.textContent === text,
    `${rows.toLocaleString('en-US')} blobs`,
  );
  await page.evaluate(async (runBlobs) => {
    interface Row {
      id: string;
    }
    const { rewrap } = window as unknown as {
      rewrap: {
        on(event: string, heard: () => void): void;
        blobs: { list(p: object): Promise<{ value: { rows: Row[] } }> };
        runs: { start(request: object): Promise<{ ok: boolean; fault?: object }> };
      };
    };
    Object.assign(window, { heard: 0 });
    rewrap.on('runProgress', () =>
      Object.assign(window, { heard: (window as unknown as { heard: number }).heard + 1 }),
    );
    const blobIds: string[] = [];
    for (let offset = 0; offset < runBlobs; offset += 5000) {
      const { value } = await rewrap.blobs.list({ offset, limit: 5000 });
      blobIds.push(...value.rows.map(({ id }) => id));
      if (value.rows.length < 5000) break;
    }
    const started = await rewrap.runs.start({
      blobIds,
      source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
      destination: {
        keyId: 'alias/payments-2027',
        algorithm: 'SYMMETRIC_DEFAULT',
        context: { mode: 'same' },
      },
      grantTokens: [],
      output: { mode: 'download' },
      method: 'reencrypt',
      verify: true,
      dryRun: true,
    });
    if (!started.ok) throw new Error(JSON.stringify(started.fault));
  }, running);
  const used = await actOnApp(opened);
  const events = await page.evaluate(() => (window as unknown as { heard: number }).heard);
  const going = await page.getByText(/running/).count();
  if (going === 0) console.warn('The run ended before the measurement did.');
  const figures = { ...used, heapMiB: await heapOf(cdp), firstRow: null, allRows: null };
  await page.evaluate(async () => {
    const { rewrap } = window as unknown as {
      rewrap: {
        runs: {
          list(p: object): Promise<{ value: { runs: { id: string }[] } }>;
          cancel(p: object): Promise<unknown>;
        };
      };
    };
    for (const { id } of (await rewrap.runs.list({})).value.runs) await rewrap.runs.cancel({ runId: id });
  });
  await page.close();
  return { figures, events };
}

export async function measurePlain(context: BrowserContext): Promise<WindowFigures> {
  const opened = await open(context, PLAIN, true);
  const { page, cdp } = opened;
  await page.goto(`${originOf(context)}/`);
  await page.evaluate(plainList);
  await page.waitForTimeout(1500);
  const acts: Record<string, Act> = {};
  await page.locator('.plain-filter').click();
  acts['filter, first letter'] = await act(opened, () => page.keyboard.press('7'));
  acts['filter, second letter'] = await act(opened, () => page.keyboard.press('1'));
  acts['filter, letter taken back'] = await act(opened, () => page.keyboard.press('Backspace'));
  await act(opened, () => page.keyboard.press('Backspace'));
  acts['sort by name'] = await act(opened, () => page.locator('.plain-sort').click());
  acts['group by key'] = await act(opened, () => page.locator('.plain-group').click());
  acts['select all'] = await act(opened, () => page.locator('.plain-all').click());
  acts['select none'] = await act(opened, () => page.locator('.plain-all').click());
  const scrolled = await scroll(opened, '.plain-scroller');
  const figures = { acts, ...scrolled, heapMiB: await heapOf(cdp), firstRow: null, allRows: null };
  await page.close();
  return figures;
}
