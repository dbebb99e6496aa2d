import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  PRACTICE_ACCESS_KEY_ID,
  PRACTICE_SECRET_ACCESS_KEY,
  type PracticeKms,
  startPracticeKms,
} from '../../../practice-kms/index.ts';
import { runWorkerEnvironment } from '../../children/index.ts';
import { identify } from '../../inspect/index.ts';
import { connect, type KmsConnection } from '../../kms/index.ts';
import { channelTo } from '../../two-step/index.ts';
import { RunHarness } from '../testing/run-harness.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const FILES = 40;
const EACH = 3;

let harness: RunHarness;
let practice: PracticeKms;
let kms: KmsConnection;
let folder = '';
let children: ChildProcess[] = [];

/** As the loopback host starts them, from the sources. */
const start = () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: runWorkerEnvironment(),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  return channelTo(child);
};

const access = () => ({
  endpoint: practice.endpoint,
  region: 'us-east-1',
  accessKeyId: PRACTICE_ACCESS_KEY_ID,
  secretAccessKey: PRACTICE_SECRET_ACCESS_KEY,
});

const key = async (): Promise<string> =>
  ((await practice.call('CreateKey', {})).KeyMetadata as { Arn: string }).Arn;

/** A verified run by two processes. */
const byTwo = (keyId: string) =>
  harness.input(kms, {
    verify: true,
    destination: { keyId, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    pace: { concurrency: null, perSecond: null, processes: 2 },
  });

async function planned(from: string): Promise<void> {
  for (let i = 0; i < FILES; i++) {
    const lines: string[] = [];
    for (let n = 0; n < EACH; n++) {
      const { CiphertextBlob } = await practice.call('Encrypt', {
        KeyId: from,
        Plaintext: Buffer.from(`${i} ${n}`).toString('base64'),
      });
      lines.push(String(CiphertextBlob));
    }
    await harness.add(`f${i}.txt`, lines.join('\n'));
  }
}

/** Each file and its one backup, nothing else beside; each blob opens under the key, with its own plaintext. */
async function eachBlobMoved(keyId: string): Promise<void> {
  const names = readdirSync(harness.folder);
  expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  expect(names.filter((name) => name.includes('.rewrap-backup-'))).toHaveLength(FILES);
  const prints = new Set<string | null>();
  for (let i = 0; i < FILES; i++)
    for (const blob of await harness.blobs(harness.path(`f${i}.txt`))) {
      const { Plaintext, KeyId } = await practice.call('Decrypt', {
        CiphertextBlob: Buffer.from(blob).toString('base64'),
      });
      expect(Buffer.from(String(Plaintext), 'base64').toString()).toMatch(new RegExp(`^${i} [0-2]$`));
      expect(KeyId).toBe(keyId);
      prints.add(identify(blob).keyFingerprint);
    }
  expect(prints.size).toBe(1);
}

beforeEach(async () => {
  children = [];
  harness = await RunHarness.make();
  folder = mkdtempSync(join(tmpdir(), 'rewrap-workers-'));
  practice = await startPracticeKms({ stateDir: folder });
  kms = await connect({ kind: 'practice' }, access());
});
afterEach(async () => {
  await harness.remove();
  kms.close();
  await practice.close();
  rmSync(folder, { recursive: true, force: true });
});

test('processes killed in the middle of their files: each blob is under the other key, once, and nothing is left beside', async () => {
  const [from, keyId] = [await key(), await key()];
  await planned(from);
  const manager = harness.manager(harness.home, { workers: { start, most: 2 } });
  const run = await manager.start(byTwo(keyId));
  await expect.poll(() => run.summary().counts.succeeded, { timeout: 30_000 }).toBeGreaterThan(5);
  children[0]?.kill('SIGKILL');
  await expect.poll(() => run.summary().counts.succeeded, { timeout: 30_000 }).toBeGreaterThan(40);
  children[1]?.kill('SIGKILL');
  await run.done;
  const { counts, workers, status, undo } = run.summary();
  expect({ counts, status }).toMatchObject({
    status: 'finished',
    counts: { total: FILES * EACH, succeeded: FILES * EACH, failed: 0 },
  });
  expect(workers?.died).toBeGreaterThan(0);
  expect(undo).toEqual({ blobs: FILES * EACH, files: FILES });
  await eachBlobMoved(keyId);
  // Nothing is left of the two that were killed.
  expect(readdirSync(join(harness.home, 'owners'))).toHaveLength(1);
  // A run has ended once its processes are gone.
  expect(children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)).toBe(true);
});

test.skipIf(!existsSync('/proc'))(
  'a process has no credentials but those that it is given, and ends with its pipe',
  async () => {
    const child = start();
    const [process_] = children;
    if (process_?.pid === undefined) throw new Error('not started');
    const environment = readFileSync(`/proc/${process_.pid}/environ`, 'utf8');
    expect(environment).not.toMatch(/AWS_|NODE_OPTIONS|_PROXY/i);
    process_.disconnect();
    await new Promise<void>((resolve) => child.onEnd(resolve));
  },
);

test.skipIf(process.platform === 'win32')(
  'a host that is killed takes its processes along; the run is resumed by two others',
  async () => {
    const [from, keyId] = [await key(), await key()];
    await planned(from);
    const { kms: _, ...input } = byTwo(keyId);
    const task = JSON.stringify({ home: harness.home, input, access: access() });
    const host = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'host.test-help.ts'), task],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pids: number[] = [];
    for await (const line of createInterface(host.stdout)) {
      const [what, number] = line.split(' ');
      if (what === 'child') pids.push(Number(number));
      else if (Number(number) > 20) break;
    }
    host.kill('SIGKILL');
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    const manager = harness.manager(harness.home, { workers: { start, most: 2 } });
    const [unfinished] = await manager.list();
    expect(unfinished?.status).toBe('unfinished');
    const run = await manager.resume(unfinished?.id ?? '', { kms, target: 'test' });
    await run.done;
    expect(run.summary()).toMatchObject({
      status: 'finished',
      counts: { total: FILES * EACH, succeeded: FILES * EACH, failed: 0 },
      workers: { processes: 2, died: 0 },
      undo: { blobs: FILES * EACH, files: FILES },
    });
    expect(await manager.list()).toHaveLength(1);
    await eachBlobMoved(keyId);
  },
);

/** Signal 0 asks whether there is such a process. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that was not waited for still has its number.
    return !existsSync('/proc') || existsSync(`/proc/${pid}/exe`);
  } catch {
    return false;
  }
}
