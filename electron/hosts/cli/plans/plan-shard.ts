import { resolve } from 'node:path';
import { count, plural } from '#shared/format.ts';
import { estimate } from '#shared/kms/estimate.ts';
import { type EncryptionAlgorithm, regionOfArn } from '#shared/kms/facts.ts';
import { jobScale, PROCESS_PER_SECOND } from '#shared/kms/scale.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  openPlan,
  type PlanSource,
  type ShardManifest,
  shardPlan,
  shardsNotWritten,
} from '../../../services/plans/index.ts';
import { OK } from '../exit-code.ts';
import { estimateLines } from '../runs/estimate.ts';

export interface ShardFlags {
  shards: number;
  rate?: number;
  output?: string;
}

/** `rewrap plan shard PLAN --shards N [--rate TOTAL] -o DIR`: plans that machines run at the same time. */
export async function planShard(path: string, { shards, rate, output }: ShardFlags): Promise<number> {
  if (output === undefined)
    throw new FaultError(
      fault(
        'BadUsage',
        'Say which folder the shards go into: -o DIR.',
        '',
        'It is made where there is none.',
      ),
    );
  const folder = resolve(output);
  try {
    const plan = await openPlan(path);
    const made = await shardPlan(plan, shards, rate ?? null, folder);
    const empty = Math.max(0, shards - made.files);
    console.error(
      `rewrap: ${plural(made.blobs, 'blob')} in ${plural(made.files, 'file')} split into ${plural(shards, 'shard')}${empty > 0 ? `, ${count(empty)} of them empty: no file is split` : ''}`,
    );
    if (made.perSecond !== null)
      console.error(`rewrap: together at most ${count(made.perSecond)} requests a second`);
    for (const line of estimateOf(plan, made)) console.error(`rewrap: ${line}`);
    console.error(`rewrap: run each with: rewrap run ${output} --index-from-env (or --index K, from 0)`);
    return OK;
  } catch (error) {
    throw error instanceof FaultError ? error : shardsNotWritten(output, error);
  }
}

/** Requests, time, cost and quota of all shards together, from what the plan says alone. */
function estimateOf({ terms }: PlanSource, { blobs, count, perSecond }: ShardManifest): string[] {
  const side = ({ algorithm }: { algorithm: EncryptionAlgorithm }) => ({ algorithm, spec: null });
  const { source, destination, verify } = terms;
  const found = estimate({
    blobs,
    method: 'reencrypt',
    verify,
    source: side(source),
    destination: side(destination),
    practice: false,
    region: regionOfArn(destination.keyId),
    destinationRegion: null,
    endpoint: null,
    perSecond,
  });
  const { machine } = jobScale({ ...found, cores: count, perSecond });
  const seconds = Math.max(1, Math.ceil(machine.seconds)).toLocaleString('en-US');
  const each = Math.min(PROCESS_PER_SECOND, (perSecond ?? Infinity) / count);
  // Never rounded up: all of them together would be more than the rate.
  const shown = each < 10 ? Math.floor(each * 100) / 100 : Math.floor(each);
  return [
    ...estimateLines(found, 'reencrypt'),
    `Shards    all at once: about ${seconds} s, at some ${shown === 0 ? 'less than 0.01' : shown.toLocaleString('en-US')} requests a second each`,
  ];
}
