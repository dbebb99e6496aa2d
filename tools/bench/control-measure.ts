import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { explainKms } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { assemble } from '../../electron/core/inspect/assemble.test-help.ts';
import { DISK_THREAD_OPTIONS, DiskPool, scan } from '../../electron/core/intake/index.ts';
import type { Kms, ReEncryptInput } from '../../electron/core/kms/index.ts';
import { type PlanFile, type Run, RunManager, type RunTerms } from '../../electron/core/rotation/index.ts';
import {
  type Actor,
  type AskedRun,
  History,
  HistoryRecorder,
} from '../../electron/services/history/index.ts';
import { Workspace } from '../../electron/services/workspace/index.ts';

/** What one step took; printed as JSON on the last line, in the order in which it was done. Milliseconds. */
export interface ControlStep {
  readonly what: string;
  readonly ms: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
  /** The longest time in which nothing else was answered, by the clock. */
  readonly heldMs: number;
  /** The longest stretch of this thread's own processor time in which nothing else was answered. */
  readonly heldCpuMs: number;
}

const OLD = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000001';
const NEW = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000002';
const THREAD = new URL('../../dist/disk-thread.cjs', import.meta.url);
const LAYOUT = assemble({ layout: 'v2', fingerprint: new Uint8Array(32).fill(17) });
const TERMS: RunTerms = {
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: NEW, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  grantTokens: [],
  method: 'reencrypt',
  verify: false,
  dryRun: false,
};
const OVER = { connection: 'bench', target: 'bench', failurePolicy: 'end' } as const;
/** All that the record of a run asks of a connection. */
const CONNECTION: Actor = { state: { status: 'ready', identity: null }, describe: () => 'bench' };
/** Of so many blobs one fails. */
const FAILS = 10;
const PAGE = 200;

const size = Number(process.argv[2] ?? '10000');
/** Replies at once, fails one blob of ten, and calls `onHalf` when half of all were asked for. */
class InstantKms {
  onHalf = (): void => {};
  asked = 0;

  async reEncrypt({ blob }: ReEncryptInput): ReturnType<Kms['reEncrypt']> {
    this.asked++;
    if (this.asked === size / 2) this.onHalf();
    if (this.asked % FAILS === 0)
      throw new FaultError(
        explainKms('InvalidCiphertextException', '', `request-${this.asked}`, { operation: 'ReEncrypt' }),
      );
    const next = Buffer.from(blob);
    // Under another key material, and no two the same.
    next.fill(34, 5, 37);
    next.writeUInt32BE(this.asked, 38);
    return {
      blob: next,
      sourceKeyArn: OLD,
      destinationKeyArn: NEW,
      sourceAlgorithm: 'SYMMETRIC_DEFAULT',
      destinationAlgorithm: 'SYMMETRIC_DEFAULT',
      sourceKeyMaterialId: 'a'.repeat(64),
      destinationKeyMaterialId: 'b'.repeat(64),
      requestId: `request-${this.asked}`,
    };
  }

  describeKey(): never {
    throw new FaultError(explainKms('AccessDeniedException', '', 'request', { operation: 'DescribeKey' }));
  }
}

const root = mkdtempSync(join(tmpdir(), 'rewrap-bench-control-'));
const home = join(root, 'home');
const steps: ControlStep[] = [];
try {
  await everything();
  console.log(JSON.stringify(steps));
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function everything(): Promise<void> {
  makeFiles(join(root, 'files'));
  const workspace = new Workspace(
    () => {},
    () => {},
  );
  await step('taken in', () => workspace.addPaths([join(root, 'files')], 'path'));
  const ids = workspace.list.places(0, size).map(({ id }) => id);
  const kms = new InstantKms() as unknown as Kms & InstantKms;

  let manager = openBook();
  const history = new History(home);
  const recorder = new HistoryRecorder(history, () => CONNECTION);
  const asked: AskedRun = { terms: TERMS, output: 'in-place', again: false };
  let files: readonly PlanFile[] = [];
  await step('run planned', async () => {
    ({ files } = await workspace.plan(ids));
  });
  let run: Run | null = null;
  await step('run begun: files taken, plan in the journal', async () => {
    run = await manager.start({
      ...OVER,
      kms,
      request: TERMS,
      output: { mode: 'in-place', backup: true },
      files,
    });
    while (kms.asked === 0) await turn();
  });
  if (run === null) throw new Error('no run');
  const first: Run = run;
  await step('run, to half way, put off', () => {
    kms.onHalf = () => first.suspend();
    return first.done;
  });
  await manager.close();

  manager = openBook();
  recorder.note('run-started', { runId: first.id });
  await step('recorded at the next start: what it did', async () => {
    for (const left of await manager.interrupted())
      await recorder.left(left, (query) => manager.recorded.items(left.id, query).items, {
        ...asked,
        again: true,
      });
  });
  let second: Run | null = null;
  await step('resumed: files looked at, until the first request', async () => {
    const before = kms.asked;
    second = await manager.resume(first.id, { ...OVER, kms });
    while (kms.asked === before) await turn();
  });
  await step('run, second half', async () => {
    if (second !== null) await second.done;
  });
  await step('recorded: what became of each blob', async () => {
    if (second !== null) recorder.run(second, { ...asked, again: true });
    await recorder.settled();
  });
  const runId = first.id;
  await manager.close();
  manager = openBook();
  await step('runs listed', () => manager.list());
  await step('summary, a thousand times', async () => {
    for (let i = 0; i < 1000; i++) await manager.summary(runId);
  });
  for (const only of ['all', 'failed'] as const)
    await step(`record of the run, every page of ${only === 'all' ? 'all' : 'what failed'}`, async () => {
      for (let offset = 0, total = 1; offset < total; offset += PAGE) {
        ({ total } = manager.recorded.items(runId, { offset, limit: PAGE, only }));
        await turn();
      }
    });
  await step('keys that KMS named', () => manager.recorded.keysSeen(runId));
  await step('what failed, planned again', () => manager.again(runId));
  await step('list read again after the run', () => workspace.refresh(manager.recorded.paths(runId)));
  await step('history, every page', async () => {
    for (let offset = 0, total = 1; offset < total; offset += PAGE) {
      ({ total } = await history.list(offset, PAGE));
      await turn();
    }
  });
  await step('history checked', () => history.verify());
  await step('undone', () => manager.undo(runId));
  await step('list read again after the undo', () => workspace.refresh(manager.recorded.paths(runId)));
  await step('every second file taken off the list', () =>
    workspace.remove(workspace.all.filter((_, i) => i % 2 === 0).map(({ id }) => id)),
  );
  const lot = Math.round(size * 0.6);
  const line = Array.from({ length: lot }, (_, i) => blobOf(i).toString('base64')).join(' ');
  await step('one line with 0.6 as many blobs', () => scan(Buffer.from(line), 'one.txt'));
  const json = `[${Array.from({ length: lot }, (_, i) => `{"a":"${blobOf(i).toString('base64')}"}`).join(',')}]`;
  await step('one JSON file with 0.6 as many blobs', () => scan(Buffer.from(json), 'one.json'));
  const same = Array.from({ length: lot }, (_, i) => `A=${blobOf(i).toString('base64')}`).join('\n');
  await step('one dotenv file with 0.6 as many blobs of one name', () => scan(Buffer.from(same), '.env'));
  await manager.close();
  history.close();
}

async function step(what: string, work: () => unknown): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  let heldMs = 0;
  let heldCpuMs = 0;
  let last = performance.now();
  let lastCpu = process.threadCpuUsage();
  const tick = (): void => {
    const now = performance.now();
    const { user, system } = process.threadCpuUsage(lastCpu);
    heldMs = Math.max(heldMs, now - last);
    heldCpuMs = Math.max(heldCpuMs, (user + system) / 1000);
    last = now;
    lastCpu = process.threadCpuUsage();
  };
  const timer = setInterval(tick, 1);
  const used = process.cpuUsage();
  const before = performance.now();
  await work();
  const ms = performance.now() - before;
  const { user, system } = process.cpuUsage(used);
  tick();
  clearInterval(timer);
  steps.push({ what, ms, cpuMs: (user + system) / 1000, heldMs, heldCpuMs });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function openBook(): RunManager {
  return new RunManager(home, () => {}, {
    disk: new DiskPool(() => new Worker(THREAD, DISK_THREAD_OPTIONS)),
  });
}

function blobOf(i: number): Buffer {
  const bytes = Buffer.from(LAYOUT);
  // Salt, nonce and content differ from blob to blob, as they do in life.
  for (const at of [38, 108, 140]) bytes.writeUInt32BE(i, at);
  return bytes;
}

/** One blob to a file, a thousand files to a folder. */
function makeFiles(folder: string): void {
  for (let i = 0; i < size; i++) {
    const inside = join(folder, `part-${Math.floor(i / 1000)}`);
    if (i % 1000 === 0) mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `${i}.bin`), blobOf(i));
  }
}
