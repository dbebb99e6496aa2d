import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Downloads } from './downloads.ts';
import { MAX_DOWNLOADS } from './limits.ts';
import { type Bench, FakeEngine, nextMessage, openBench } from './testing.ts';

const Offered = z.object({ ok: z.literal(true), value: z.object({ url: z.string(), name: z.string() }) });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let bench: Bench;
let secret: string;

beforeEach(async () => {
  bench = await openBench();
  secret = await bench.enter();
});
afterEach(() => bench.close());

/** Asks for a download as the page does, over the socket. */
async function offer(files: { relative: string; bytes: Uint8Array }[]): Promise<unknown> {
  bench.engine.replies.set('runs.kept', { ok: true, value: { files } });
  const client = await bench.page(secret);
  const answered = nextMessage(client);
  client.send(JSON.stringify({ id: 1, name: 'runs.download', input: { runId: 'run-1' } }));
  const { reply } = z.object({ reply: z.unknown() }).parse(await answered);
  client.terminate();
  return reply;
}

describe('a download', () => {
  it('of one file is that file, once, under a safe name', async () => {
    const name = 'vault/ü "x"; y.json';
    const { value } = Offered.parse(await offer([{ relative: name, bytes: bytes('new') }]));
    expect(bench.engine.hostCalls).toEqual([{ name: 'runs.kept', input: { runId: 'run-1' } }]);
    expect(value.url).toMatch(/^\/download\/[\w-]{43}$/);
    expect((await bench.ask('HEAD', value.url)).status).toBe(404);
    const got = await bench.ask('GET', value.url);
    expect([got.status, got.text]).toEqual([200, 'new']);
    expect(got.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="_ _x__ y.json"; filename*=UTF-8''%C3%BC%20%22x%22%3B%20y.json`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    const again = await bench.ask('GET', value.url);
    expect(again.status).toBe(404);
    expect(again.text).toContain('choose Download again');
  });

  it('of several is a ZIP with their tree, no name in it leaving the folder it is opened in', async () => {
    const { value } = Offered.parse(
      await offer([
        { relative: 'a/one.bin', bytes: bytes('1') },
        { relative: '../a/one.bin', bytes: bytes('2') },
        { relative: '/etc/x', bytes: bytes('3') },
        { relative: '__proto__', bytes: bytes('4') },
      ]),
    );
    expect(value.name).toBe('rewrap-run-1.zip');
    const got = await bench.ask('GET', value.url);
    expect(got.headers['content-type']).toBe('application/zip');
    const files = Object.entries(unzipSync(got.body)).map(([name, data]) => [
      name,
      new TextDecoder().decode(data),
    ]);
    expect(files.sort()).toEqual([
      ['__proto__.bin', '4'],
      ['a/one (2).bin', '2'],
      ['a/one.bin', '1'],
      ['etc/x', '3'],
    ]);
  });

  it('of nothing says so', async () => {
    expect(await offer([])).toMatchObject({ ok: false, fault: { code: 'NothingToDownload' } });
  });

  it('of rules or snapshots is what the engine checked, once, and what it refuses is said', async () => {
    const downloads = new Downloads(bench.engine);
    const value = { name: 'campaign.snapshots.jsonl', type: 'application/jsonl', bytes: bytes('{}\n') };
    bench.engine.replies.set('audit.textFile', { ok: true, value });
    const wanted = { kind: 'snapshots', text: '{}' };
    const reply = await downloads.offerText(wanted);
    expect(reply).toMatchObject({ ok: true, value: { name: value.name, saved: false } });
    expect(bench.engine.hostCalls).toEqual([{ name: 'audit.textFile', input: wanted }]);
    const id = Offered.parse(reply).value.url.replace('/download/', '');
    expect(downloads.take(id)).toEqual(value);
    expect(downloads.take(id)).toBeNull();
    expect(await downloads.offerText({ kind: 'anything', text: '{}' })).toMatchObject({
      fault: { code: 'BadRequest' },
    });
    const fault = { code: 'BadRules', message: 'm', detail: '', remedy: 'r', raw: null, retryable: false };
    bench.engine.replies.set('audit.textFile', { ok: false, fault });
    expect(await downloads.offerText({ kind: 'rules', text: 'x' })).toEqual({ ok: false, fault });
    downloads.close();
  });

  it('of a blob is its ciphertext under its name', async () => {
    const downloads = new Downloads(bench.engine);
    const value = { name: 'a.bin', bytes: bytes('ciphertext') };
    bench.engine.replies.set('blobs.file', { ok: true, value });
    const reply = await downloads.offerBlob({ blobId: 'b1' });
    expect(reply).toMatchObject({ ok: true, value: { name: 'a.bin', saved: false } });
    const id = Offered.parse(reply).value.url.replace('/download/', '');
    expect(downloads.take(id)).toEqual({ ...value, type: 'application/octet-stream' });
    downloads.close();
  });

  it('of shards is their folder as a ZIP, and nothing of it stays on disk', async () => {
    const downloads = new Downloads(bench.engine);
    let parent = '';
    vi.spyOn(bench.engine, 'callHost').mockImplementation(async (name, input) => {
      expect(name).toBe('plans.writeShards');
      ({ parent } = z.object({ parent: z.string(), draft: z.literal('draft') }).parse(input));
      const folder = join(parent, 'rewrap-shards-x');
      mkdirSync(folder);
      for (const file of ['shards.json', 'shard-00000.json']) writeFileSync(join(folder, file), file);
      return { ok: true, value: { name: 'rewrap-shards-x', folder, leftOut: 2 } };
    });
    const reply = await downloads.offerShards('draft');
    expect(reply).toMatchObject({ value: { name: 'rewrap-shards-x.zip', saved: false, leftOut: 2 } });
    const id = Offered.parse(reply).value.url.replace('/download/', '');
    expect(Object.keys(unzipSync(downloads.take(id)?.bytes ?? new Uint8Array())).sort()).toEqual([
      'rewrap-shards-x/shard-00000.json',
      'rewrap-shards-x/shards.json',
    ]);
    expect(existsSync(parent)).toBe(false);
    downloads.close();
  });

  it('of a run that the engine does not know passes on why', async () => {
    const fault = { code: 'NoSuchRun', message: 'm', detail: '', remedy: 'r', raw: null, retryable: false };
    bench.engine.replies.set('runs.kept', { ok: false, fault });
    const downloads = new Downloads(bench.engine);
    expect(await downloads.offer({ runId: 'x' })).toEqual({ ok: false, fault });
    expect(await downloads.offer({ runId: 5 })).toMatchObject({ fault: { code: 'BadRequest' } });
  });
});

describe('an address that was not used', () => {
  const engine = new FakeEngine();
  engine.replies.set('runs.kept', {
    ok: true,
    value: { files: [{ relative: 'a', bytes: bytes('a') }] },
  });
  const idOf = async (downloads: Downloads): Promise<string> =>
    Offered.parse(await downloads.offer({ runId: 'r' })).value.url.slice('/download/'.length);

  it('ends after ten minutes', async () => {
    vi.useFakeTimers();
    try {
      const downloads = new Downloads(engine);
      const [kept, lost] = [await idOf(downloads), await idOf(downloads)];
      vi.advanceTimersByTime(10 * 60_000 - 1);
      expect(downloads.take(kept)?.name).toBe('a');
      vi.advanceTimersByTime(1);
      expect(downloads.take(lost)).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  it('gives way to newer ones', async () => {
    const downloads = new Downloads(engine);
    const first = await idOf(downloads);
    for (let n = 0; n < MAX_DOWNLOADS; n += 1) await idOf(downloads);
    expect(downloads.take(first)).toBeNull();
    downloads.close();
  });
});
