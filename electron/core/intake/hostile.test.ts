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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultError } from '#shared/model/fault.ts';
import { manyRuns } from '../../../tools/many-runs.ts';
import { asOrdinaryUser, madeUpBlob } from './blob.test-help.ts';
import { readSource, SmallFiles, scan, walk, walkNow } from './index.ts';

/** A folder made to harm: whatever is in it, intake ends, follows nothing out, and tells of each skipped file. */

let top = '';
let outside = '';
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'outside-'));
  writeFileSync(join(outside, 'secret'), madeUpBlob());
  top = mkdtempSync(join(tmpdir(), 'hostile-'));
});
afterEach(() => {
  // Deeper than some removers can follow.
  execFileSync('rm', ['-rf', top, outside]);
});

interface Taken {
  blobs: string[];
  skippedFiles: string[];
}

/** The way of a file in the workspace: walk, read, scan; what cannot be taken becomes an skipped file. */
async function intake(...roots: string[]): Promise<Taken> {
  const taken: Taken = { blobs: [], skippedFiles: [] };
  const reader = new SmallFiles();
  for (const met of walkNow(roots)) {
    if (met === null) continue;
    if (met.type === 'skippedFile') {
      taken.skippedFiles.push(`${met.code} ${met.display}`);
      continue;
    }
    try {
      const bytes = reader.read(met.path) ?? (await readSource(met.path)).bytes;
      const found = scan(bytes, met.path);
      if (found.blobs.length > 0) taken.blobs.push(met.relative);
    } catch (error) {
      taken.skippedFiles.push(`${(error as FaultError).fault.code} ${met.display}`);
    }
  }
  return taken;
}

describe('a hostile folder', () => {
  test('links that loop, lead up, lead out, or lead nowhere', async () => {
    mkdirSync(join(top, 'a'));
    writeFileSync(join(top, 'a', 'blob'), madeUpBlob());
    symlinkSync('a', join(top, 'to-a'));
    symlinkSync('..', join(top, 'a', 'up'));
    symlinkSync('self', join(top, 'self'));
    symlinkSync('two', join(top, 'one'));
    symlinkSync('one', join(top, 'two'));
    symlinkSync(outside, join(top, 'out'));
    symlinkSync(join(outside, 'secret'), join(top, 'out-file'));
    symlinkSync('/dev/zero', join(top, 'zero'));
    symlinkSync('nowhere', join(top, 'dangling'));
    const { blobs, skippedFiles } = await intake(top);
    expect(blobs).toEqual(['a/blob']);
    expect(skippedFiles).toHaveLength(9);
    expect(skippedFiles.filter((one) => !/^(?:symlink|link-inside) /.test(one))).toEqual([]);
  });

  test('a link given by itself is what was meant; one to a device is not read', async () => {
    symlinkSync(outside, join(top, 'out'));
    symlinkSync('/dev/zero', join(top, 'zero'));
    symlinkSync('self', join(top, 'self'));
    const { blobs, skippedFiles } = await intake(join(top, 'out'), join(top, 'zero'), join(top, 'self'));
    expect(blobs).toEqual(['secret']);
    expect(skippedFiles).toEqual(['symlink self', 'special zero']);
  });

  test('pipes and sockets are not opened', async () => {
    execFileSync('mkfifo', [join(top, 'pipe')]);
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(top, 'socket'), done));
    writeFileSync(join(top, 'blob'), madeUpBlob());
    const { blobs, skippedFiles } = await intake(top);
    server.close();
    expect(blobs).toEqual(['blob']);
    expect(skippedFiles.map((one) => one.split(' ')[0])).toEqual(['special', 'special']);
  });

  test('a file that became something else after it was met', async () => {
    const reader = new SmallFiles();
    execFileSync('mkfifo', [join(top, 'pipe')]);
    symlinkSync('/dev/zero', join(top, 'zero'));
    mkdirSync(join(top, 'folder'));
    expect(reader.read(join(top, 'folder'))).toBeNull();
    expect(reader.read('/dev/zero')).toBeNull();
    expect(() => reader.read(join(top, 'zero'))).toThrow();
    for (const name of ['pipe', 'folder']) {
      const fault = await readSource(join(top, name)).catch((error: FaultError) => error.fault.code);
      expect(fault).toBe('NotAFile');
    }
  });

  test('10 GB of nothing are not read', async () => {
    writeFileSync(join(top, 'big'), '');
    truncateSync(join(top, 'big'), 10 * 1024 ** 3);
    const before = process.memoryUsage.rss();
    const { skippedFiles } = await intake(top);
    expect(skippedFiles).toHaveLength(1);
    expect(skippedFiles[0]).toMatch(/^FileTooLarge /);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  });

  test('a thousand folders inside each other', async () => {
    // Names of one letter keep the path within what the system takes.
    mkdirSync(join(top, ...Array(1000).fill('d')), { recursive: true });
    writeFileSync(join(top, ...Array(1000).fill('d'), 'end'), 'x');
    writeFileSync(join(top, 'blob'), madeUpBlob());
    const { blobs, skippedFiles } = await intake(top);
    expect(blobs).toEqual(['blob']);
    expect(skippedFiles).toHaveLength(1);
    expect(skippedFiles[0]).toMatch(/^too-deep /);
  });

  test('a path longer than the system takes', async () => {
    const name = 'n'.repeat(200);
    execFileSync('sh', ['-c', `i=0; while [ $i -lt 40 ]; do mkdir ${name}; cd ${name}; i=$((i+1)); done`], {
      cwd: top,
    });
    const { skippedFiles } = await intake(top);
    expect(skippedFiles).toHaveLength(1);
    expect(skippedFiles[0]).toMatch(/^too-deep /);
  });

  test('names that deceive are shown escaped, and read as they are', async () => {
    const names = [
      'new\nline',
      'tab\there',
      'txt.\u202eexe',
      '\u2066hidden',
      '-rf',
      '..hidden',
      ' ',
      'e\u0301',
      '\\',
    ];
    for (const name of names) writeFileSync(join(top, name), madeUpBlob());
    const { blobs } = await intake(top);
    expect(blobs.sort()).toEqual([...names].sort());
    for (const met of walkNow([top])) if (met !== null) expect(met.display).toMatch(/^[^\p{Cc}\p{Cf}]*$/u);
  });

  test('names that are not UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${top}/bad`), Buffer.from([0xff])]), 'x');
    expect((await intake(top)).skippedFiles[0]).toMatch(/^unreadable /);
    writeFileSync(join(top, 'really \ufffd'), madeUpBlob());
    expect((await intake(top)).blobs).toEqual(['really \ufffd']);
  });

  test('no permission', async () => {
    writeFileSync(join(top, 'closed'), madeUpBlob());
    mkdirSync(join(top, 'shut'));
    writeFileSync(join(top, 'shut', 'blob'), madeUpBlob());
    writeFileSync(join(top, 'open'), madeUpBlob());
    chmodSync(join(top, 'closed'), 0);
    chmodSync(join(top, 'shut'), 0);
    chmodSync(top, 0o755);
    const { blobs, skippedFiles } = await asOrdinaryUser(() => intake(top));
    chmodSync(join(top, 'shut'), 0o700);
    expect(blobs).toEqual(['open']);
    expect(skippedFiles.map((one) => one.split(' ')[0])).toEqual(['FileUnreadable', 'unreadable']);
  });

  test('files that change or vanish while they are read', async () => {
    const large = join(top, 'growing');
    writeFileSync(large, randomBytes(32 * 1024 * 1024));
    for (let i = 0; i < 100; i++) writeFileSync(join(top, `k${String(i).padStart(3, '0')}`), madeUpBlob());
    let met = 0;
    const faults: string[] = [];
    for await (const one of walk([top])) {
      if (one.type === 'skippedFile') continue;
      met++;
      // What comes next is gone, grown or another size before it is opened.
      rmSync(join(top, `k${String(met * 2).padStart(3, '0')}`), { force: true });
      const reading = readSource(one.path);
      if (one.path === large) appendFileSync(large, 'more');
      await reading.catch((error: FaultError) => faults.push(error.fault.code));
    }
    expect(faults).toContain('FileChanging');
    expect(faults.filter((code) => code !== 'FileMissing' && code !== 'FileChanging')).toEqual([]);
    expect(faults.length).toBeGreaterThan(10);
  });

  test('thousands of tiny files in one folder', async () => {
    const files = manyRuns(20_000, 4000);
    for (let i = 0; i < files; i++) writeFileSync(join(top, String(i)), i % 100 === 0 ? madeUpBlob() : 'x');
    const { blobs, skippedFiles } = await intake(top);
    expect(blobs).toHaveLength(files / 100);
    expect(skippedFiles).toEqual([]);
  });
});
