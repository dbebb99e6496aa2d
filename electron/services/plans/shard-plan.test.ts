import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PlannedFile, planText, type RunPlan } from '#shared/model/plan.ts';
import { manyRuns } from '../../../tools/many-runs.ts';
import { planJob } from '../runs/index.ts';
import { readPlanFile } from './plan-file.ts';
import { LineBuffer } from './plan-lines.ts';
import { openPlan, readWholePlan } from './plan-source.ts';
import { openShard, readOrder, readShards, shardPath, shardPlan } from './shard-plan.ts';

let folder = '';
let made = 0;
const fresh = (): string => join(folder, `d${made++}`);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-shards-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One shard, whole. */
async function readShard(at: string, index: number): Promise<RunPlan> {
  await openShard(at, readShards(at), index);
  return readWholePlan(shardPath(at, index));
}

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const file = (n: number, blobs: readonly number[]): PlannedFile => ({
  path: `dir/${n}.env`,
  sha256: hash(n),
  blobs: blobs.map((bytes, i) => ({
    place: `P${i}`,
    sha256: hash(n * 1000 + i),
    bytes,
    fingerprint: null,
    encoding: 'base64',
    kind: 'kms-symmetric',
  })),
});
const planOf = (files: PlannedFile[], perSecond: number | null = null): RunPlan => ({
  rewrapPlan: 1,
  createdAt: '2026-11-30T00:00:00.000Z',
  mode: 'change-key',
  root: '/srv',
  source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
  destination: { keyId: 'alias/new', algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
  output: { mode: 'in-place', backup: true },
  verify: true,
  onFailure: 'hold-back',
  pace: { concurrency: null, perSecond },
  rules: [],
  files,
});

function saved(plan: RunPlan): string {
  const path = `${fresh()}.json`;
  writeFileSync(path, planText(plan));
  return path;
}

/** The same plan in two files. */
function streamed({ files, ...terms }: RunPlan): string {
  const path = fresh();
  const lines = new LineBuffer().open(`${path}.files.jsonl`);
  for (const one of files) lines.add(one);
  lines.finish(`${path}.json`, terms);
  return `${path}.json`;
}

const filesOf = fc.array(fc.array(fc.integer({ min: 100, max: 6000 }), { minLength: 1, maxLength: 20 }), {
  maxLength: 60,
});

describe('a plan in shards', () => {
  test('has every file once, whole and in order; the same each time; evenly, but for the largest file', async () => {
    await fc.assert(
      fc.asyncProperty(filesOf, fc.integer({ min: 1, max: 9 }), async (sizes, count) => {
        const plan = planOf(sizes.map((blobs, n) => file(n, blobs)));
        const [a, b] = [fresh(), fresh()];
        const manifest = await shardPlan(await openPlan(saved(plan)), count, null, a);
        await shardPlan(await openPlan(streamed(plan)), count, null, b);
        // However the plan was laid out.
        for (const name of readdirSync(a))
          expect(readFileSync(join(b, name))).toEqual(readFileSync(join(a, name)));
        const shards = await Promise.all(Array.from({ length: count }, (_, index) => readShard(a, index)));
        const left = shards.map(({ files }) => files.values());
        const together = Array.from(readOrder(a), (shard) => left[shard]?.next().value);
        expect(together).toEqual(plan.files);
        expect(shards.map(({ shardOf }) => shardOf)).toEqual(
          shards.map((_, index) => ({ plan: manifest.plan, index, count })),
        );
        expect(manifest.plan).toBe((await planJob(plan)).id);
        const share = (of: (one: PlannedFile) => number): number[] => {
          const all = plan.files.reduce((sum, one) => sum + of(one), 0) || 1;
          return shards.map(({ files }) => files.reduce((sum, one) => sum + of(one), 0) / all);
        };
        const blobs = share((one) => one.blobs.length);
        const bytes = share((one) => one.blobs.reduce((sum, blob) => sum + blob.bytes, 0));
        const loads = blobs.map((part, i) => part + (bytes[i] ?? 0));
        const largest = Math.max(
          0,
          ...plan.files.map((one) => {
            const all = { blobs: manifest.blobs, bytes: manifest.bytes };
            return one.blobs.length / all.blobs + one.blobs.reduce((s, x) => s + x.bytes, 0) / all.bytes;
          }),
        );
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest + 1e-9);
      }),
      { numRuns: manyRuns(60, 15) },
    );
  });

  test('shares the rate, and never more than it', async () => {
    const source = await openPlan(saved(planOf([file(1, [200]), file(2, [200])], 50)));
    const rates = async (count: number, rate: number | null) => {
      const at = fresh();
      await shardPlan(source, count, rate, at);
      const shards = await Promise.all(Array.from({ length: count }, (_, index) => readShard(at, index)));
      return shards.map(({ pace }) => pace.perSecond ?? 0);
    };
    expect(await rates(4, null)).toEqual([12.5, 12.5, 12.5, 12.5]);
    const thirds = await rates(3, 100);
    expect(thirds.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(100);
    expect(thirds[0]).toBeCloseTo(33.333, 2);
    await expect(rates(16, 1)).rejects.toMatchObject({ fault: { code: 'RateTooLow' } });
  });

  test('goes into no folder that is in use, and a shard is not split again', async () => {
    const at = fresh();
    const path = saved(planOf([file(1, [200])]));
    await shardPlan(await openPlan(path), 2, null, at);
    await expect(shardPlan(await openPlan(path), 2, null, at)).rejects.toMatchObject({
      fault: { code: 'FolderInUse' },
    });
    await expect(
      shardPlan(await openPlan(join(at, 'shard-00000.json')), 2, null, fresh()),
    ).rejects.toMatchObject({
      fault: { code: 'IsShard' },
    });
    expect(() => readShards(folder)).toThrow(/no folder of shards/);
  });
});

describe('a plan in two files', () => {
  const plan = planOf([file(1, [200, 300]), file(2, [400])]);

  test('is the plan in one', async () => {
    const path = streamed(plan);
    expect(await readWholePlan(path)).toEqual(plan);
    expect(readPlanFile(path).plan).toEqual(plan);
    expect(await readWholePlan(saved(plan))).toEqual(plan);
    expect((await planJob(await readWholePlan(path))).id).toBe((await planJob(plan)).id);
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.indexOf('\n') + 1)],
    ['changed', (text: string) => text.replace('dir/1.env', 'dir/9.env')],
    ['no lines of a plan', () => 'x\n'],
    ['longer', (text: string) => text + text],
    ['gone', null],
  ])('is refused where its lines are %s', async (_, change) => {
    const path = streamed(plan);
    const lines = path.replace(/json$/, 'files.jsonl');
    if (change === null) rmSync(lines);
    else writeFileSync(lines, change(readFileSync(lines, 'utf8')));
    await expect(readWholePlan(path)).rejects.toMatchObject({ fault: { code: 'NoPlan' } });
    expect(() => readPlanFile(path)).toThrow(/is no plan of Rewrap/);
  });

  test('names no file in another folder', async () => {
    const path = streamed(plan);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"name": "[^"]+"/, '"name": "../x"'));
    await expect(readWholePlan(path)).rejects.toMatchObject({ fault: { code: 'NoPlan' } });
  });
});
