import { spawn } from 'node:child_process';
import type { Browser } from '@playwright/test';
import { type BenchSection, median, table } from './results.ts';
import { type BenchFiles, makeBenchFiles, openBrowser, PER_FILE, startBenchHost } from './setup.ts';

/** Milliseconds since the process was started. */
interface Start {
  /** It said its address. */
  readonly address: number;
  /** The page can be used. */
  readonly interactive: number;
  readonly firstRow: number | null;
}

/** The least that a page on loopback can be: one file, no script. */
const BARE = `
const server = require('node:http').createServer((_, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><title>bare</title><button>Add files</button>');
});
server.listen(0, '127.0.0.1', () => console.log('at http://127.0.0.1:' + server.address().port + '/'));
`;

/** `rewrap serve` with a folder, from the start of the process until it can be used and shows a row. */
export async function startSuite(files: number, rounds: number): Promise<BenchSection | null> {
  const browser = await openBrowser();
  if (browser === null) return null;
  const stage = await makeBenchFiles(files * PER_FILE, PER_FILE);
  const rewrap: Start[] = [];
  const bare: Start[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      rewrap.push(await startRewrap(browser, stage));
      bare.push(await startBare(browser));
    }
  } finally {
    stage.remove();
    await browser.close();
  }
  const line = (name: string, pick: (start: Start) => number | null): string[] => {
    const [mine, other] = [rewrap, bare].map((list) => {
      const values = list.map(pick).filter((value) => value !== null);
      return values.length === 0 ? null : median(values);
    });
    const text = (value: number | null | undefined): string =>
      value == null ? '' : `${value.toFixed(0)} ms`;
    return [name, text(mine), text(other), mine == null || other == null ? '' : (mine / other).toFixed(1)];
  };
  return {
    title: 'Start',
    text:
      `\`rewrap serve\` with a folder of ${files.toLocaleString('en')} files, from the start of the process; median of ${rounds} rounds. Bare: a Node\n` +
      'process that serves one page with a button, started and opened in the same way, taking turns.',
    table: table(
      ['', '`rewrap serve`', 'bare', 'ratio'],
      [
        line('says its address', ({ address }) => address),
        line('can be used', ({ interactive }) => interactive),
        line('first row', ({ firstRow }) => firstRow),
      ],
    ),
    figures: { files, rounds, rewrap, bare },
  };
}

async function startRewrap(browser: Browser, stage: BenchFiles): Promise<Start> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const begun = performance.now();
  const host = await startBenchHost(stage);
  const address = performance.now() - begun;
  try {
    await page.goto(host.address);
    await page.getByRole('searchbox', { name: 'Filter blobs' }).waitFor({ timeout: 120_000 });
    const interactive = performance.now() - begun;
    await page.locator('.table-blob').first().waitFor({ timeout: 120_000 });
    return { address, interactive, firstRow: performance.now() - begun };
  } finally {
    await context.close();
    await host.stop();
  }
}

async function startBare(browser: Browser): Promise<Start> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const begun = performance.now();
  const child = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const match = /at (\S+)/.exec(chunk.toString('utf8'));
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
  const address = performance.now() - begun;
  try {
    await page.goto(url);
    await page.getByRole('button', { name: 'Add files' }).waitFor();
    return { address, interactive: performance.now() - begun, firstRow: null };
  } finally {
    await context.close();
    child.kill();
  }
}
