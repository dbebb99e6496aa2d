import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bundledPart } from '../../../tools/bundled.ts';
import { MAX_UPLOAD_BYTES } from './limits.ts';
import { type Answered, type Bench, nextMessage, openBench } from './testing.ts';
import { UploadScanner } from './upload-scanner.ts';

const BATCH = '0f0e0d0c-0b0a-4908-8706-050403020100';
let bench: Bench;
let secret: string;

beforeEach(async () => {
  bench = await openBench({ uploadThread: await bundledPart('upload-thread') });
  secret = await bench.enter();
});
afterEach(() => bench.close());

function post(path: string, body?: Uint8Array | string, headers = {}): Promise<Answered> {
  const origin = `http://127.0.0.1:${bench.served.port}`;
  const type = 'application/octet-stream';
  return bench.ask(
    'POST',
    path,
    { 'x-rewrap-session': secret, origin, 'content-type': type, ...headers },
    body,
  );
}
const upload = (path: string, body: Uint8Array | string, batch = BATCH): Promise<Answered> =>
  post(`/upload?${new URLSearchParams({ batch, path })}`, body);
const done = (batch = BATCH): Promise<Answered> => post(`/upload/done?batch=${batch}`);

const inbox = (): string =>
  join(bench.root, readdirSync(bench.root).find((name) => name.startsWith('rewrap-inbox-')) ?? 'none');

/** Every file and folder below the inbox: path from the inbox, and its mode. */
function tree(): Record<string, string> {
  const dir = inbox();
  const entries = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    ['', ...entries].map((path) => [path, (statSync(join(dir, path)).mode & 0o777).toString(8)]),
  );
}

describe('an upload', () => {
  it('keeps its tree, in a private folder, and is taken in when the batch is done', async () => {
    expect((await upload('vault/db/prod.b64', 'QUJD')).text).toBe('{"ok":true,"value":{}}');
    expect((await upload('one.bin', Buffer.from([1, 2, 3]))).status).toBe(200);
    expect(tree()).toEqual({
      '': '700',
      [BATCH]: '700',
      [`${BATCH}/one.bin`]: '600',
      [`${BATCH}/vault`]: '700',
      [`${BATCH}/vault/db`]: '700',
      [`${BATCH}/vault/db/prod.b64`]: '600',
    });
    expect(bench.engine.hostCalls).toEqual([]);
    const value = { sources: 2, blobs: 2, skippedFiles: [], moreSkipped: 0 };
    bench.engine.replies.set('intake.addPaths', { ok: true, value });
    expect(JSON.parse((await done()).text)).toEqual({ ok: true, value });
    const paths = [join(inbox(), BATCH, 'one.bin'), join(inbox(), BATCH, 'vault')];
    expect(bench.engine.hostCalls[0]).toEqual({
      name: 'intake.addPaths',
      input: { paths, origin: 'upload' },
    });
    expect(readFileSync(paths[0] ?? '')).toEqual(Buffer.from([1, 2, 3]));
  });

  it.each([
    ['../../x', 'x'],
    ['/etc/passwd', 'etc/passwd'],
    ['a/../../../../b', 'a/b'],
    ['./a//b/.', 'a/b'],
    ['..\\..\\x', '.._.._x'],
    ['a\u0000b\nc', 'a_b_c'],
    ['a/\u0000', 'a/_'],
    ['…/ü.json', '…/ü.json'],
  ])('named %j stays inside, as %s', async (name, kept) => {
    expect((await upload(name, 'x')).status).toBe(200);
    expect(Object.keys(tree()).at(-1)).toBe(`${BATCH}/${kept}`);
    expect(readdirSync(bench.root).sort()).toEqual(
      ['bridge.js', 'renderer', inbox().slice(bench.root.length + 1)].sort(),
    );
  });

  it.each(['..', '/', './..', `${'d/'.repeat(64)}x`])('named %j is refused', async (name) => {
    expect(JSON.parse((await upload(name, 'x')).text)).toMatchObject({
      ok: false,
      fault: { code: 'BadPath' },
    });
    expect(tree()).toEqual({ '': '700' });
  });

  it.each(['', 'x', '../../x', `${BATCH}/..`, BATCH.toUpperCase()])(
    'into batch %j is refused',
    async (batch) => {
      expect((await upload('x', 'x', batch)).status).toBe(400);
      expect((await done(batch)).status).toBe(400);
      expect(tree()).toEqual({ '': '700' });
    },
  );

  it('of a name that is taken gets a number; neither is lost', async () => {
    await upload('a.json', 'first');
    await upload('a.json', 'second');
    const read = (name: string): string => readFileSync(join(inbox(), BATCH, name), 'utf8');
    expect([read('a.json'), read('a (2).json')]).toEqual(['first', 'second']);
  });

  it('of a file over a folder says so', async () => {
    await upload('a', 'file');
    expect(JSON.parse((await upload('a/b', 'x')).text)).toMatchObject({ fault: { code: 'BadPath' } });
  });

  it('that is announced as too large is refused, and what was dropped with it goes on', async () => {
    const length = { 'content-length': String(MAX_UPLOAD_BYTES + 1) };
    const sent = post(`/upload?batch=${BATCH}&path=big`, 'x', length);
    expect(await sent).toMatchObject({ status: 413 });
    expect((await upload('small', 'x')).status).toBe(200);
    expect(Object.keys(tree()).at(-1)).toBe(`${BATCH}/small`);
  });

  it('that turns out too large is refused and leaves nothing', async () => {
    const big = Buffer.alloc(MAX_UPLOAD_BYTES + 1);
    const answered = await post(`/upload?batch=${BATCH}&path=big`, big, { 'transfer-encoding': 'chunked' });
    expect(answered.status).toBe(413);
    expect(JSON.parse(answered.text)).toMatchObject({
      fault: { code: 'FileTooLarge', remedy: expect.stringContaining('rewrap serve PATH') },
    });
    expect(tree()).toEqual({ '': '700' });
  });

  it('that breaks off half-way leaves nothing', async () => {
    const { request } = await import('node:http');
    const { port } = bench.served;
    const headers = {
      'x-rewrap-session': secret,
      origin: `http://127.0.0.1:${port}`,
      'content-type': 'application/octet-stream',
      'content-length': '100',
    };
    const path = `/upload?batch=${BATCH}&path=half`;
    const sending = request({ host: '127.0.0.1', port, method: 'POST', path, headers });
    sending.on('error', () => undefined);
    await new Promise((resolve) => sending.write('half', resolve));
    await new Promise((resolve) => sending.once('close', resolve).destroy());
    expect((await upload('after', 'x')).status).toBe(200);
    expect(Object.keys(tree()).filter((name) => !/^$|^[^/]*$|after$/.test(name))).toEqual([]);
  });
});

describe('plaintext that a file declares', () => {
  const canary = Buffer.from('canary-plaintext-0123456789abcdef');
  const json = JSON.stringify(
    {
      CiphertextBlob: Buffer.alloc(64, 7).toString('base64'),
      Plaintext: canary.toString('base64'),
      KeyId: 'arn:aws:kms:us-east-1:111122223333:key/11111111-2222-4333-8444-555555555555',
    },
    null,
    4,
  );

  it('is never written, and the page hears of it', async () => {
    await upload('keys/payload.json', json);
    await upload('other.txt', 'nothing here');
    for (const path of Object.keys(tree()).filter((name) => /\.\w+$/.test(name))) {
      const bytes = readFileSync(join(inbox(), path));
      expect(bytes.includes(canary)).toBe(false);
      expect(bytes.includes(canary.toString('base64'))).toBe(false);
    }
    const kept: unknown = JSON.parse(readFileSync(join(inbox(), BATCH, 'keys/payload.json'), 'utf8'));
    const { Plaintext: _, ...rest } = JSON.parse(json) as Record<string, string>;
    expect(kept).toEqual(rest);
    const reply = z
      .object({ value: z.object({ skippedFiles: z.array(z.unknown()) }) })
      .parse(JSON.parse((await done()).text));
    expect(reply.value.skippedFiles).toEqual([
      {
        file: 'keys/payload.json',
        code: 'plaintext-left-out',
        message: expect.stringMatching(
          /^keys\/payload\.json held .*Plaintext member was left out of the copy/,
        ),
      },
    ]);
  });
});

describe('plaintext that a file declares and that cannot be cut out', () => {
  const whole = JSON.stringify({
    CiphertextBlob: 'AQID',
    Plaintext: Buffer.from('canary').toString('base64'),
    KeyId: 'k',
  });
  it.each([
    ['JSON cut short', whole.slice(0, -1)],
    ['JSON amid a terminal session', `$ aws kms generate-data-key\n${whole}\n$ `],
    ['the same as UTF-16', Buffer.from(`$ aws\n${whole}`, 'utf16le')],
    ['JSON within a string', `x = "${whole.replaceAll('"', '\\"')}"`],
  ])('keeps the file from being written: %s', async (_what, body) => {
    expect(JSON.parse((await upload('session.json', body)).text)).toMatchObject({
      ok: false,
      fault: { code: 'HoldsPlaintext', message: expect.stringContaining('session.json') },
    });
    expect(tree()).toEqual({ '': '700' });
  });

  it('is no reason to refuse what only speaks of it', async () => {
    await upload('notes.txt', 'The Plaintext member of the reply is a secret.');
    expect(Object.keys(tree()).at(-1)).toBe(`${BATCH}/notes.txt`);
  });
});

describe('done', () => {
  it('of nothing asks the engine nothing', async () => {
    expect(JSON.parse((await done()).text)).toMatchObject({ ok: true, value: { sources: 0 } });
    expect(bench.engine.hostCalls).toEqual([]);
  });

  it('removes what no entry of the list points at, and keeps the rest', async () => {
    const other = BATCH.replace('0f', 'ff');
    await upload('used.bin', 'x');
    await upload('unused.bin', 'x', other);
    bench.engine.replies.set('intake.unusedFolders', {
      ok: true,
      value: { folders: [join(inbox(), other)] },
    });
    await done(other);
    await done();
    await expect.poll(() => Object.keys(tree())).toEqual(['', BATCH, `${BATCH}/used.bin`]);
    // Folders that are no finished batch of ours are never removed, whatever the engine answers.
    bench.engine.replies.set('intake.unusedFolders', {
      ok: true,
      value: { folders: [bench.root, '/', inbox()] },
    });
    const page = await bench.page(secret);
    const answered = nextMessage(page);
    page.send(JSON.stringify({ id: 1, name: 'intake.clear', input: { sourceIds: null } }));
    await answered;
    expect(bench.engine.hostCalls.at(-1)?.name).toBe('intake.unusedFolders');
    expect(Object.keys(tree())).toEqual(['', BATCH, `${BATCH}/used.bin`]);
    page.terminate();
  });

  it('fails the file when its thread ends, and starts another for the next', async () => {
    let started = 0;
    const thread = await bundledPart('upload-thread');
    const scanner = new UploadScanner(() => {
      started += 1;
      const source = "require('node:worker_threads').parentPort.once('message', () => process.exit(1))";
      return started === 1 ? new Worker(source, { eval: true }) : new Worker(thread);
    });
    const bytes = () => Uint8Array.from([1, 2, 3]);
    await expect(scanner.examine('a', bytes())).rejects.toMatchObject({
      fault: { code: 'UploadThreadEnded' },
    });
    expect((await scanner.examine('a', bytes())).leftOut).toBeNull();
    await scanner.close();
    expect(started).toBe(2);
  });

  it('ends the batch: it is taken in once', async () => {
    await upload('a', 'x');
    await done();
    await done();
    expect(bench.engine.hostCalls.filter(({ name }) => name === 'intake.addPaths')).toHaveLength(1);
  });

  it('passes on why the engine would not', async () => {
    const fault = { code: 'X', message: 'm', detail: 'd', remedy: 'r', raw: null, retryable: false };
    bench.engine.replies.set('intake.addPaths', { ok: false, fault });
    await upload('a', 'x');
    expect(JSON.parse((await done()).text)).toEqual({ ok: false, fault });
  });
});

describe('the inbox', () => {
  it('is gone when the host stops', async () => {
    await upload('a', 'x');
    const dir = inbox();
    await bench.served.close();
    expect(() => statSync(dir)).toThrow('ENOENT');
  });

  it('of a dead process is removed at start; of a living one, or what only looks like one, is left', async () => {
    const { spawnSync } = await import('node:child_process');
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const names = {
      dead: inbox().replace(/.*(rewrap-inbox-.*-)\d+-\w+$/, `$1${dead}-abc`),
      earlier: `rewrap-inbox-${dead}-abc`,
      // Of another machine, or container, in which that process may live.
      elsewhere: `rewrap-inbox-m00000000-${dead}-abc`,
      living: `rewrap-inbox-${process.ppid}-abc`,
      linked: `rewrap-inbox-${dead}-link`,
      other: 'rewrap-inbox-notes',
    };
    for (const name of [names.dead, names.earlier, names.elsewhere, names.living, names.other]) {
      mkdirSync(join(bench.root, name));
      writeFileSync(join(bench.root, name, 'file'), 'x');
    }
    symlinkSync(join(bench.root, 'renderer'), join(bench.root, names.linked));
    const second = await openBench({ inboxParent: bench.root });
    const left = readdirSync(bench.root);
    expect(left).not.toContain(names.dead);
    expect(left).not.toContain(names.earlier);
    const { elsewhere, living, linked, other } = names;
    expect(left).toEqual(expect.arrayContaining([elsewhere, living, linked, other, 'renderer']));
    expect(readdirSync(join(bench.root, 'renderer'))).toContain('index.html');
    await second.close();
  });
});
