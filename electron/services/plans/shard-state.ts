import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultError, fault } from '#shared/model/fault.ts';
import { makeFolders } from '../../core/storage/files.ts';
import type { ShardManifest } from './shard-plan.ts';

/** A folder of state says in this file of which plan it is, in which division. */
const BOUND = 'state.json';

const boundTo = ({ plan, count }: ShardManifest): string => JSON.stringify({ rewrapState: 1, plan, count });

/** Makes the folder where it is missing. Throws FaultError `StateOfOtherPlan`, `StateNotWritable`. */
export function bindState(state: string, manifest: ShardManifest): void {
  const path = join(state, BOUND);
  const own = boundTo(manifest);
  try {
    makeFolders(state, 0o700);
    try {
      writeFileSync(path, own, { mode: 0o600, flag: 'wx' });
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    // Another shard makes it at this moment, or had no space to.
    if (readFileSync(path, 'utf8') === '') writeFileSync(path, own);
  } catch (error) {
    throw stateNotWritable(state, error);
  }
  checkState(state, manifest);
}

/** A folder that no shard has begun in yet is no other plan's. Throws FaultError `StateOfOtherPlan`, `StateNotWritable`. */
export function checkState(state: string, manifest: ShardManifest): void {
  let text: string;
  try {
    text = readFileSync(join(state, BOUND), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw stateNotWritable(state, error);
  }
  if (text === '' || text === boundTo(manifest)) return;
  throw new FaultError(
    fault(
      'StateOfOtherPlan',
      `The state folder ${state} belongs to other shards.`,
      'It keeps what was done of one plan in one division.',
      'Name another with --state DIR.',
    ),
  );
}

/** A system error of the folder of state, said as a fault. */
export const stateNotWritable = (state: string, error: unknown): FaultError =>
  new FaultError(
    fault(
      'StateNotWritable',
      `The state folder ${state} cannot be used.`,
      `The system says ${codeOf(error) ?? 'nothing more'}.`,
      'Name another with --state DIR: one that every machine sees.',
    ),
  );

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null;
