import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MOST_SHARDS } from '#shared/kms/scale.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { PlannedFile, PlanTerms } from '#shared/model/plan.ts';
import { makeFolders } from '../../core/storage/files.ts';
import { writePrivate } from '../../core/storage/private.ts';
import { PlanHash } from '../runs/index.ts';
import { LineBuffer, type PlanLines } from './plan-lines.ts';
import { openPlan, type PlanSource } from './plan-source.ts';

/** Lowest rate of one run, requests a second. */
const SLOWEST = 0.1;
const MANIFEST = 'shards.json';
const ORDER = 'shards.order';

/** What a folder of shards says of itself. */
const Manifest = z.strictObject({
  rewrapShards: z.literal(1),
  /** Hash of the whole plan. */
  plan: z.string().regex(/^[0-9a-f]{64}$/),
  count: z.int().min(1).max(MOST_SHARDS),
  /** Requests a second of all shards together; null: no ceiling of ours. */
  perSecond: z.number().nullable(),
  files: z.int().min(0),
  blobs: z.int().min(0),
  /** Of ciphertext. */
  bytes: z.int().min(0),
});
export type ShardManifest = z.infer<typeof Manifest>;

export const shardName = (index: number): string => `shard-${String(index).padStart(5, '0')}`;

/** Path of the plan of one shard. */
export const shardPath = (folder: string, index: number): string => join(folder, `${shardName(index)}.json`);

/**
 * Splits a plan into ordinary plans in a folder of their own: no file is split, and blobs and bytes are spread evenly.
 * The same plan makes the same shards. Memory holds no more than a few lines of each. `perSecond`: of all shards together;
 * null: what the plan says. Throws FaultError `FolderInUse`, `IsShard`, `NoPlan`, `RateTooLow`, and system errors; then nothing stays.
 */
export async function shardPlan(
  plan: PlanSource,
  count: number,
  perSecond: number | null,
  folder: string,
): Promise<ShardManifest> {
  if (plan.terms.shardOf !== undefined)
    throw new FaultError(
      fault(
        'IsShard',
        'This plan is itself a shard of another one.',
        'A shard of a shard could not be merged with the rest.',
        'Split the whole plan again, into more shards.',
      ),
    );
  const rate = perSecond ?? plan.terms.pace.perSecond;
  if (rate !== null && rate / count < SLOWEST)
    throw new FaultError(
      fault(
        'RateTooLow',
        `A rate of ${rate} a second is too low for ${count} shards.`,
        `Each would get less than ${SLOWEST} requests a second.`,
        `Make at most ${Math.max(1, Math.floor(rate / SLOWEST))}, or give a higher --rate.`,
      ),
    );
  const id = await planHash(plan);
  const { files, blobs, bytes } = plan.totals;
  const manifest: ShardManifest = { rewrapShards: 1, plan: id, count, perSecond: rate, files, blobs, bytes };
  makeEmpty(folder);
  const buffer = new LineBuffer();
  const shards = Array.from({ length: count }, (_, i) =>
    buffer.open(join(folder, `${shardName(i)}.files.jsonl`)),
  );
  try {
    const order = await dealOut(plan, shards);
    for (const [index, lines] of shards.entries())
      lines.finish(shardPath(folder, index), termsOfShard(plan.terms, manifest, index));
    writeFileSync(join(folder, ORDER), order, { mode: 0o600 });
    // Last: a folder without it is no folder of shards.
    writePrivate(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  } catch (error) {
    buffer.discard();
    throw error;
  }
  return manifest;
}

/** The hash of a whole plan: the id of its job. Throws FaultError `NoPlan`. */
async function planHash(plan: PlanSource): Promise<string> {
  const hash = new PlanHash(plan.terms);
  for await (const files of plan.files()) for (const file of files) hash.add(file);
  return hash.id();
}

/** What a folder of shards says of itself. Throws FaultError `NoShards`. */
export function readShards(folder: string): ShardManifest {
  try {
    const read = Manifest.safeParse(JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')));
    if (read.success) return read.data;
  } catch {
    // Not there, not to be read, or no JSON.
  }
  throw new FaultError(
    fault(
      'NoShards',
      `${folder} is no folder of shards.`,
      `It has no ${MANIFEST} that can be read.`,
      'Make one with: rewrap plan shard PLAN --shards N -o DIR',
    ),
  );
}

/** Which shard has each file of the whole plan, in the plan's order. Throws system errors. */
export function readOrder(folder: string): Uint16Array {
  const bytes = readFileSync(join(folder, ORDER));
  const order = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < order.length; i++) order[i] = bytes.readUInt16LE(2 * i);
  return order;
}

/** One shard. Throws FaultError `NoPlan`, also where it is a shard of another plan, or another part. */
export async function openShard(folder: string, manifest: ShardManifest, index: number): Promise<PlanSource> {
  const path = shardPath(folder, index);
  const plan = await openPlan(path);
  const { shardOf } = plan.terms;
  if (shardOf?.plan === manifest.plan && shardOf.index === index && shardOf.count === manifest.count)
    return plan;
  throw new FaultError(
    fault(
      'NoShards',
      `${path} is not shard ${index} of the plan that ${MANIFEST} names.`,
      'Files of two plans stand in one folder, or one was renamed.',
      'Make the shards again: rewrap plan shard PLAN --shards N -o DIR',
    ),
  );
}

function termsOfShard(terms: PlanTerms, { plan, count, perSecond }: ShardManifest, index: number): PlanTerms {
  return {
    ...terms,
    // Rounded down to a thousandth: together they never exceed the rate.
    pace: {
      ...terms.pace,
      perSecond: perSecond === null ? null : Math.max(SLOWEST, Math.floor((perSecond / count) * 1000) / 1000),
    },
    shardOf: { plan, index, count },
  };
}

/**
 * Gives each file to the shard that has least, half by blobs and half by bytes; the first of those that are alike.
 * Returns the shard of each file, two bytes each, the lower first.
 */
async function dealOut(plan: PlanSource, shards: readonly PlanLines[]): Promise<Buffer> {
  const { files, blobs, bytes } = plan.totals;
  const order = Buffer.alloc(2 * files);
  const perBlob = 1 / Math.max(1, blobs);
  const perByte = 1 / Math.max(1, bytes);
  const least = new Least(shards.length);
  let at = 0;
  for await (const lot of plan.files())
    for (const file of lot) {
      const index = least.give(weightOf(file, perBlob, perByte));
      shards[index]?.add(file);
      order.writeUInt16LE(index, 2 * at++);
    }
  return order;
}

function weightOf({ blobs }: PlannedFile, perBlob: number, perByte: number): number {
  let bytes = 0;
  for (const blob of blobs) bytes += blob.bytes;
  return blobs.length * perBlob + bytes * perByte;
}

/** A binary heap of loads: {@link give} adds to the least of them. */
class Least {
  readonly #heap: Uint32Array;
  readonly #loads: Float64Array;

  constructor(count: number) {
    this.#heap = Uint32Array.from({ length: count }, (_, i) => i);
    this.#loads = new Float64Array(count);
  }

  give(weight: number): number {
    const heap = this.#heap;
    const first = heap[0] ?? 0;
    this.#loads[first] = (this.#loads[first] ?? 0) + weight;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && this.#before(heap[child] ?? 0, heap[least] ?? 0)) least = child;
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least] ?? 0, heap[at] ?? 0];
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#loads[a] ?? 0, this.#loads[b] ?? 0];
    return x < y || (x === y && a < b);
  }
}

/** What is said where the disk did not take the shards. */
export const shardsNotWritten = (folder: string, error: unknown): FaultError =>
  new FaultError(
    fault(
      'ShardsNotWritten',
      `The shards could not be written to ${folder}.`,
      `The system says ${error instanceof Error && 'code' in error ? String(error.code) : 'nothing more'}.`,
      'Free some space, or name a folder on another disk.',
    ),
  );

/** What stands in the folder may be in use by a scheduler: it is not written over. */
function makeEmpty(folder: string): void {
  makeFolders(folder, 0o700);
  if (readdirSync(folder).length === 0) return;
  throw new FaultError(
    fault(
      'FolderInUse',
      `${folder} is not empty.`,
      'Shards that a scheduler may be running are not written over.',
      'Name another folder with -o, or remove this one.',
    ),
  );
}
