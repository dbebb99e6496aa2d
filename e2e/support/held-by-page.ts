import type { Page } from '@playwright/test';
import type { Searched } from './canary.ts';

/** What a page holds at the moment: its heap, document, storage and clipboard, and every report that it can be given. */
export async function heldBy(page: Page, runIds: readonly string[] = []): Promise<Searched[]> {
  const cdp = await page.context().newCDPSession(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const chunks: Buffer[] = [];
  cdp.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(Buffer.from(chunk)));
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
  await cdp.detach();
  const stored = await page.evaluate(async () => [
    JSON.stringify(Object.entries(sessionStorage)),
    JSON.stringify(Object.entries(localStorage)),
    JSON.stringify(await indexedDB.databases()),
    await navigator.clipboard.readText().catch(() => ''),
    document.cookie,
  ]);
  const reports = await page.evaluate(
    async (runs) => {
      type Reply = { ok: boolean; value?: { url: string | null } };
      const { rewrap } = window as unknown as {
        rewrap: { audit: { export(input: unknown): Promise<Reply> } };
      };
      const subjects = [{ of: 'audit' }, { of: 'history' }, ...runs.map((runId) => ({ of: 'run', runId }))];
      const texts: string[] = [];
      for (const subject of subjects)
        for (const format of ['html', 'csv', 'json', 'sarif']) {
          const { value } = await rewrap.audit.export({ subject, format });
          if (value?.url) texts.push(await (await fetch(value.url)).text());
        }
      return texts;
    },
    [...runIds],
  );
  return [
    { where: 'heap of the page', bytes: Buffer.concat(chunks) },
    { where: 'document', bytes: Buffer.from(await page.content()) },
    ...['sessionStorage', 'localStorage', 'IndexedDB', 'clipboard', 'cookies'].map((where, i) => ({
      where,
      bytes: Buffer.from(stored[i] ?? ''),
    })),
    ...reports.map((text) => ({ where: 'report', bytes: Buffer.from(text) })),
  ];
}
