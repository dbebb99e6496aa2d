import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const key = async (): Promise<string> =>
  ((await practice.call('CreateKey', {})).KeyMetadata as { Arn: string }).Arn;

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

beforeEach(async () => {
  children = [];
  harness = await RunHarness.make();
  folder = mkdtempSync(join(tmpdir(), 'rewrap-workers-'));
  practice = await startPracticeKms({ stateDir: folder });
  kms = await connect(
    { kind: 'practice' },
    {
      endpoint: practice.endpoint,
      region: 'us-east-1',
      accessKeyId: PRACTICE_ACCESS_KEY_ID,
      secretAccessKey: PRACTICE_SECRET_ACCESS_KEY,
    },
  );
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
  const { files, ...input } = harness.input(kms, {
    verify: true,
    destination: { keyId, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    pace: { concurrency: null, perSecond: null, processes: 2 },
  });
  const run = await manager.start({ ...input, files });
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
  const names = readdirSync(harness.folder);
  // Each file and its one backup, and no temporary one.
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
  // A run has ended once its processes are gone.
  expect(children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)).toBe(true);
});

test('a process has no credentials but those that it is given, and ends with its pipe', async () => {
  const child = start();
  const [process_] = children;
  if (process_?.pid === undefined) throw new Error('not started');
  const environment = readFileSync(`/proc/${process_.pid}/environ`, 'utf8');
  expect(environment).not.toMatch(/AWS_|NODE_OPTIONS|_PROXY/i);
  process_.disconnect();
  await new Promise<void>((resolve) => child.onEnd(resolve));
});
