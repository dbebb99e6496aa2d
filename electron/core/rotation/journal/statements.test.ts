import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunManager } from '../index.ts';
import { FakeKms, kmsFault, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

let harness: RunHarness;
let kms: FakeKms;
let statements: Set<string>;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
  statements = new Set();
  const prepare = DatabaseSync.prototype.prepare;
  vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (
    this: DatabaseSync,
    text,
    ...more
  ) {
    statements.add(text);
    return prepare.call(this, text, ...more);
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await harness.remove();
});

const again = async (): Promise<RunManager> => {
  await harness.closeManagers();
  return harness.manager();
};

const input = () => harness.input(kms, { onFailure: 'take-good', pace: { concurrency: 1, perSecond: null } });

/** Everything that is done with a run besides sending requests. */
async function everything(files: number): Promise<void> {
  const lines = (count: number) =>
    `${Array.from({ length: count }, () => base64(madeUpBlob(OLD_KEY))).join('\n')}\n`;
  for (let i = 0; i < files; i++) await harness.add(`${i}.txt`, lines(2));
  const run = await harness.manager().start(input());
  kms.onReEncrypt = (_, nth) => {
    if (nth === files) run.suspend();
    if (nth % 5 === 0) throw kmsFault('DisabledException');
    return {};
  };
  await run.done;
  let manager = await again();
  await manager.interrupted();
  await manager.list();
  const resumed = await manager.resume(run.id, { kms, target: 'test' });
  kms.onReEncrypt = (_, nth) => {
    if (nth === files + 20) resumed.cancel();
    return {};
  };
  await resumed.done;
  manager = await again();
  await manager.list();
  for (const only of ['all', 'failed'] as const)
    manager.recorded.items(run.id, { offset: 2, limit: 2, only });
  for (const words of ['', 'txt'])
    await manager.recorded.record(run.id, { offset: 1, limit: 2, states: [], words });
  await manager.recorded.keysSeen(run.id);
  for await (const _ of manager.recorded.paths(run.id));
  await manager.again(run.id);
  await manager.recorded.resultText(run.id, '0.txt#0');
  expect(manager.recorded.resultPath(run.id, '0.txt#1')).toBe(harness.path('0.txt'));
  await manager.undo(run.id);
  await manager.start({ ...input(), request: { ...input().request, dryRun: true } });
  await again();
}

describe('statements of the journal', () => {
  test('touch the rows that are wanted alone: no statement goes through a whole run', async () => {
    await everything(20);
    const db = new DatabaseSync(`${harness.home}/runs.sqlite`);
    const checked: string[] = [];
    for (const text of [...statements]) {
      if (!/\b(items|files|pending)\b/.test(text) || /^\s*(INSERT|CREATE|ALTER|PRAGMA)/.test(text)) continue;
      const plan = db
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map(({ detail }) => String(detail));
      for (const step of plan.filter((detail) => /^(SCAN|SEARCH) (items|files|pending|i|f)\b/.test(detail))) {
        const bounded =
          /run=\? AND (item|file)[<>=]/.test(step) ||
          /INDEX items_failed|INDEX items_by_blob \(run=\? AND blob_id=\?\)/.test(step);
        const first = /LIMIT 1$|SELECT max\(/.test(text) && /run=\?/.test(step);
        expect(bounded || first, `${text}\n${plan.join('\n')}`).toBe(true);
        checked.push(step);
      }
    }
    db.close();
    expect(checked.length).toBeGreaterThan(20);
  });

  test('eight times the files take eight times the statements', async () => {
    const counts = { ran: 0 };
    const proto = Object.getPrototypeOf(new DatabaseSync(':memory:').prepare('SELECT 1'));
    for (const name of ['all', 'get', 'run']) {
      const method = proto[name];
      vi.spyOn(proto, name).mockImplementation(function (this: unknown, ...values: unknown[]) {
        counts.ran++;
        return method.apply(this, values);
      });
    }
    await everything(20);
    const few = counts.ran;
    await harness.remove();
    harness = await RunHarness.make();
    kms = new FakeKms();
    counts.ran = 0;
    await everything(160);
    expect(counts.ran / few).toBeLessThan(12);
  });
});

test('what goes through a whole run gives others their turn', async () => {
  await harness.add(
    'a.txt',
    `${Array.from({ length: 2500 }, () => base64(madeUpBlob(OLD_KEY))).join('\n')}\n`,
  );
  const manager = harness.manager();
  const run = await manager.start(input());
  await run.done;
  // Each look at the clock finds the slice over.
  let clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 100));
  const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
    let turns = 0;
    let timer = setImmediate(function tick() {
      turns++;
      timer = setImmediate(tick);
    });
    await work();
    clearImmediate(timer);
    return turns;
  };
  const no = harness.journal.runOf(run.id)?.no ?? 0;
  expect(await turnsDuring(() => harness.journal.record(no).figures())).toBeGreaterThan(1);
  expect(await turnsDuring(() => manager.recorded.keysSeen(run.id))).toBeGreaterThan(1);
  expect(await turnsDuring(() => manager.again(run.id).catch(() => null))).toBeGreaterThan(1);
});
