import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { manyRuns } from '../../../tools/many-runs.ts';
import { assemble } from '../../core/inspect/assemble.test-help.ts';
import { asOrdinaryUser } from '../../core/intake/blob.test-help.ts';
import { client } from '../../hosts/cli/client.ts';
import type { Engine } from '../index.ts';
import { engineAt } from './engine.test-help.ts';

/** A folder made to harm, taken in by the whole engine: it ends, follows nothing out, tells of all, and goes on answering. */

const blob = () => assemble({ layout: 'v2' });
let home = '';
let top = '';
let outside = '';
let engine: Engine;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'rewrap-hostile-home-'));
  outside = mkdtempSync(join(tmpdir(), 'rewrap-outside-'));
  writeFileSync(join(outside, 'secret'), blob());
  engine = engineAt(home);
});

afterAll(async () => {
  await engine.close();
  rmSync(home, { recursive: true, force: true });
  rmSync(outside, { recursive: true, force: true });
});

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'rewrap-hostile-'));
});

afterEach(async () => {
  await client(engine).page.intake.clear({ sourceIds: null });
  // Deeper than some removers can follow.
  execFileSync('rm', ['-rf', top]);
});

/** Takes a folder in; other requests are made all the while, and their answers counted. */
async function ingest(...paths: string[]) {
  let done = false;
  const taking = client(engine)
    .host.intake.addPaths({ paths, origin: 'path' })
    .finally(() => {
      done = true;
    });
  let answers = 0;
  while (!done) {
    await client(engine).page.blobs.list({ offset: 0, limit: 1 });
    if (!done) answers++;
    await setImmediate();
  }
  const result = await taking;
  const { rows } = await client(engine).page.blobs.list({ offset: 0, limit: 1000 });
  return {
    ...result,
    answers,
    files: rows.map(({ file }) => file.slice(file.indexOf('/') + 1)),
    codes: result.skippedFiles.map(({ code }) => code).sort(),
  };
}

describe('a hostile folder, through the engine', () => {
  test('links, pipes, sockets, devices: each reported, none followed', async () => {
    mkdirSync(join(top, 'a'));
    writeFileSync(join(top, 'a', 'blob'), blob());
    symlinkSync('..', join(top, 'a', 'up'));
    symlinkSync('self', join(top, 'self'));
    symlinkSync('two', join(top, 'one'));
    symlinkSync('one', join(top, 'two'));
    symlinkSync(outside, join(top, 'out'));
    symlinkSync(join(outside, 'secret'), join(top, 'out-file'));
    symlinkSync('/dev/zero', join(top, 'zero'));
    symlinkSync('nowhere', join(top, 'dangling'));
    execFileSync('mkfifo', [join(top, 'pipe')]);
    const server = createServer();
    await new Promise<void>((listening) => server.listen(join(top, 'socket'), listening));
    const { files, codes } = await ingest(top);
    server.close();
    expect(files).toEqual(['a/blob']);
    expect(codes).toEqual(['link-inside', 'special', 'special', ...Array(7).fill('symlink')]);
  });

  test('10 GB of nothing, folders a thousand deep, no permission', async () => {
    writeFileSync(join(top, 'big'), '');
    truncateSync(join(top, 'big'), 10 * 1024 ** 3);
    mkdirSync(join(top, ...Array(1000).fill('d')), { recursive: true });
    writeFileSync(join(top, 'closed'), blob());
    chmodSync(join(top, 'closed'), 0);
    writeFileSync(join(top, 'open'), blob());
    chmodSync(top, 0o755);
    const before = process.memoryUsage.rss();
    const { files, codes } = await asOrdinaryUser(() => ingest(top));
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024);
    expect(files).toEqual(['open']);
    expect(codes).toEqual(['too-deep', 'too-large', 'unreadable']);
  });

  test('names that deceive are shown escaped in every reply', async () => {
    for (const name of ['new\nline', 'txt.\u202eexe', '\u2066hidden', '\u001b[2J', '<img src=x>'])
      writeFileSync(join(top, name), blob());
    writeFileSync(Buffer.concat([Buffer.from(`${top}/bad`), Buffer.from([0xff])]), blob());
    const { files, codes, skippedFiles } = await ingest(top);
    expect(files).toHaveLength(5);
    for (const shown of [...files, ...skippedFiles.map(({ file }) => file)])
      expect(shown).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
    expect(codes).toEqual(['unreadable']);
  });

  test('bombs: aliases that multiply, brackets without end, one line of megabytes', async () => {
    const laughs = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++) {
      const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
      laughs.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`);
    }
    writeFileSync(join(top, 'laughs.yaml'), laughs.join('\n'));
    writeFileSync(join(top, 'deep.json'), '['.repeat(2_000_000));
    writeFileSync(join(top, 'deep.yaml'), '- '.repeat(500_000));
    writeFileSync(join(top, 'flow.yaml'), `{a: `.repeat(500_000));
    writeFileSync(join(top, 'line.txt'), 'QUJDREVG'.repeat(700_000));
    writeFileSync(join(top, 'sops.yaml'), `sops:\n    kms:\n${'    - arn: x\n'.repeat(100_000)}`);
    writeFileSync(join(top, 'good.json'), JSON.stringify({ b: Buffer.from(blob()).toString('base64') }));
    const before = process.memoryUsage.rss();
    const { files } = await ingest(top);
    expect(files).toEqual(['good.json']);
    expect(process.memoryUsage.rss() - before).toBeLessThan(500 * 1024 * 1024);
  });

  test('a file that another program keeps writing to', async () => {
    const growing = join(top, 'growing');
    writeFileSync(growing, randomBytes(24 * 1024 * 1024));
    let done = false;
    const taking = ingest(top).finally(() => {
      done = true;
    });
    while (!done) {
      appendFileSync(growing, 'more');
      await setImmediate();
    }
    const { codes, skippedFiles } = await taking;
    expect(codes).toEqual(['unreadable']);
    expect(skippedFiles[0]?.message).toContain('changed while it was being read');
  });

  test('many tiny files: requests are answered all the while', async () => {
    const files = manyRuns(8000, 2000);
    for (let i = 0; i < files; i++) writeFileSync(join(top, String(i)), i % 100 === 0 ? blob() : 'x');
    const { blobs, answers, skippedFiles } = await ingest(top);
    expect(blobs).toBe(files / 100);
    expect(answers).toBeGreaterThan(2);
    expect(skippedFiles.map(({ message }) => message)).toEqual([
      `${files - files / 100} files hold no ciphertext that Rewrap knows.`,
    ]);
  });

  test('a folder given again, while it is still taken in: each file once', async () => {
    for (let i = 0; i < 3000; i++) writeFileSync(join(top, String(i)), blob());
    const both = await Promise.all([ingest(top), ingest(top)]);
    expect(both.map(({ blobs }) => blobs)).toEqual([3000, 3000]);
    const { total, rows } = await client(engine).page.blobs.list({ offset: 0, limit: 1000 });
    expect(total).toBe(3000);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1000);
    await ingest(join(top, '7'));
    expect((await client(engine).page.blobs.list({ offset: 0, limit: 1 })).total).toBe(3000);
  });
});
