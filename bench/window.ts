import type { Browser, BrowserContext, CDPSession, Page } from '@playwright/test';
import { plainList } from './page/plain.ts';
import { type Frames, installProbe } from './page/probe.ts';
import { median, type Section, table } from './results.ts';
import { type Host, makeStage, openBrowser, PER_FILE, startHost } from './stage.ts';

/** One figure of one list, in one round. `ms` from the input event to the frame that shows its effect. */
interface Act {
  readonly ms: number;
  /** Time that the page's main thread was scheduled for it, milliseconds: not raised by other programs. */
  readonly cpu: number;
}

interface Figures {
  readonly acts: Readonly<Record<string, Act>>;
  readonly wheel: Frames;
  readonly thumb: Frames;
  /** MiB of JavaScript heap after a collection. */
  readonly heapMiB: number;
  readonly firstRow: number | null;
  readonly allRows: number | null;
}

const APP = [
  '[role=grid]',
  '[role=grid] [role=row]:not(.table-row-head)',
  '.action-text',
  '.table-row-head [role=checkbox]',
  '.table-row-head [role=columnheader]',
];
const PLAIN = ['.plain-row', '.plain-status'];

const VIEWPORT = { width: 1440, height: 900 };

/**
 * The window with many rows, through the loopback host in Chromium: the application, the application while a run is
 * going on, and a hand-written list of the same rows, taking turns. Null where there is no Chromium.
 */
export async function windowSuite(rows: number, rounds: number): Promise<Section | null> {
  const browser = await openBrowser();
  if (browser === null) return null;
  const running = Math.min(rows / 5, RUN_BLOBS);
  const stage = await makeStage(rows, running);
  const app: Figures[] = [];
  const busy: Figures[] = [];
  const plain: Figures[] = [];
  const events: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const host = await startHost(stage);
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

/** Blobs of the run that goes on while the window is measured; real ones, so that KMS answers. */
const RUN_BLOBS = 20_000;

function windowTable(
  ...lists: readonly [readonly Figures[], readonly Figures[], readonly Figures[]]
): string {
  const [app, , plain] = lists;
  const names = Object.keys(app[0]?.acts ?? {});
  const of = (
    list: readonly Figures[],
    pick: (figures: Figures) => number | null | undefined,
  ): number | null => {
    const values = list.map(pick).filter((value) => value != null);
    return values.length === 0 ? null : median(values);
  };
  const text = (value: number | null, unit: string): string =>
    value === null ? '' : `${value.toFixed(0)}${unit}`;
  const line = (
    name: string,
    pick: (figures: Figures) => number | null | undefined,
    cell: (list: readonly Figures[]) => string,
  ): string[] => {
    const [mine, other] = [of(app, pick), of(plain, pick)];
    return [name, ...lists.map(cell), mine === null || !other ? '' : (mine / other).toFixed(1)];
  };
  const acts = names.map((name) => {
    const ms = ({ acts }: Figures) => acts[name]?.ms;
    const cpu = ({ acts }: Figures) => acts[name]?.cpu;
    return line(name, ms, (list) =>
      of(list, ms) === null ? '' : `${text(of(list, ms), ' ms')} (${text(of(list, cpu), '')})`,
    );
  });
  const scrolls = (['wheel', 'thumb'] as const).map((how) => {
    const longest = (figures: Figures) => figures[how].longest;
    return line(
      how === 'wheel' ? 'scrolled by wheel' : 'thumb through the whole list',
      longest,
      (list) =>
        `${text(of(list, longest), ' ms')}, ${text(
          of(list, (f) => f[how].long),
          '',
        )} of ${text(
          of(list, (f) => f[how].count),
          '',
        )}`,
    );
  });
  const single = (name: string, pick: (figures: Figures) => number | null, unit: string): string[] =>
    line(name, pick, (list) => text(of(list, pick), unit));
  return table(
    ['', 'Rewrap', 'during a run', 'plain list', 'ratio'],
    [
      single('page opened to first row', ({ firstRow }) => firstRow, ' ms'),
      single('page opened to every row', ({ allRows }) => allRows, ' ms'),
      ...acts,
      ...scrolls,
      single('JavaScript heap', ({ heapMiB }) => heapMiB, ' MiB'),
    ],
  );
}

/** The address works once; its cookie then lets every page of the context in. */
const contexts = new WeakMap<Host, BrowserContext>();
async function contextOf(browser: Browser, host: Host): Promise<BrowserContext> {
  const known = contexts.get(host);
  if (known !== undefined) return known;
  const context = await browser.newContext({ viewport: VIEWPORT });
  contexts.set(host, context);
  const page = await context.newPage();
  // The page itself is not to load: the host shall be measured at rest.
  await page.route(APPLICATION, (route) => route.abort());
  await page.goto(host.address);
  return context;
}

/** Waits until the host has read every file. */
async function untilTaken(browser: Browser, host: Host, rows: number): Promise<void> {
  const context = await contextOf(browser, host);
  const [page] = context.pages();
  if (page === undefined) throw new Error('no page');
  const deadline = Date.now() + 300_000;
  // While it reads, the list stands as it was when it was first asked for.
  while ((await page.evaluate(totalOfList)) !== rows) {
    if (Date.now() > deadline) throw new Error('The host did not read every file in five minutes.');
    await page.waitForTimeout(250);
  }
  originOf.set(context, new URL(host.address).origin);
  await page.close();
}

/** Runs in the page. */
async function totalOfList(): Promise<number> {
  const { rewrap } = window as unknown as {
    rewrap: { blobs: { list(p: object): Promise<{ value: { total: number } }> } };
  };
  return (await rewrap.blobs.list({ offset: 0, limit: 1 })).value.total;
}

const originOf = new WeakMap<BrowserContext, string>();

const APPLICATION = /\/assets\/.*\.js$/;

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
async function actOnApp(opened: Opened): Promise<Pick<Figures, 'acts' | 'wheel' | 'thumb'>> {
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
  acts['sort by key'] = await act(opened, () =>
    page.getByRole('columnheader', { name: 'Key' }).getByRole('button').click(),
  );
  for (const group of ['None', 'File', 'Key']) {
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

async function measureApp(context: BrowserContext, rows: number): Promise<Figures> {
  const opened = await open(context, APP, false);
  const { page, cdp } = opened;
  await page.goto(`${originOf.get(context)}/`);
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

async function measureBusy(
  context: BrowserContext,
  rows: number,
  running: number,
): Promise<{ figures: Figures; events: number }> {
  const opened = await open(context, APP, false);
  const { page, cdp } = opened;
  await page.goto(`${originOf.get(context)}/`);
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
      route: 'reencrypt',
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

async function measurePlain(context: BrowserContext): Promise<Figures> {
  const opened = await open(context, PLAIN, true);
  const { page, cdp } = opened;
  await page.goto(`${originOf.get(context)}/`);
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
