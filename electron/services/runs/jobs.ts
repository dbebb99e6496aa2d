import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { PlannedFile, PlanTerms, RunPlan } from '#shared/model/plan.ts';
import { Turns } from '../../core/limits/turns.ts';
import {
  type Job,
  outputMode,
  type PlanFile,
  type ResolvedOutput,
  type RunTerms,
  storedTerms,
} from '../../core/rotation/index.ts';
import type { Workspace } from '../workspace/index.ts';

/** Files of a plan hashed before others get a turn. */
const CHUNK = 500;

/**
 * A plan as a job: by all that it says, however its file is laid out. It is done once and for all. Whether what is as asked
 * is sent, too, may be said when it is run, and makes it no other plan.
 */
export async function planJob({ files, ...terms }: RunPlan): Promise<Job> {
  const hash = new PlanHash(terms);
  for (const [i, file] of files.entries()) {
    hash.add(file);
    if (i % CHUNK === CHUNK - 1) await setImmediate();
  }
  return { id: hash.id(), lasts: true };
}

/** The hash of a plan, file by file in its order. */
export class PlanHash {
  readonly #hash: Hash;

  constructor({ evenIfThere: _, ...terms }: PlanTerms) {
    this.#hash = createHash('sha256').update(JSON.stringify(['plan', terms]));
  }

  add(file: PlannedFile): void {
    this.#hash.update(JSON.stringify(file));
  }

  /** Hex SHA-256. Nothing is added any more. */
  id(): string {
    return this.#hash.digest('hex');
  }
}

/**
 * What a command asks of files and folders as a job, by their absolute paths. In place, the same command is a new job once it
 * is done: keys rotate. Into a folder it is done once and for all, as what is there is not written over. Grant tokens differ
 * from one time to the next, and do not count.
 */
export function commandJob(paths: readonly string[], terms: RunTerms, output: ResolvedOutput): Job {
  const { dryRun: _, grantTokens: __, ...asked } = terms;
  const text = JSON.stringify(['command', paths, sorted(storedTerms(asked)), output]);
  return { id: createHash('sha256').update(text).digest('hex'), lasts: !outputMode(output).inPlace };
}

/** What the list has of the blobs of these files now, where it has them: a file may have been read again since. */
export async function asListed(
  workspace: Pick<Workspace, 'plan'>,
  files: readonly PlanFile[],
): Promise<PlanFile[]> {
  const turns = new Turns();
  const listed: PlanFile[] = [];
  for (const file of files) {
    try {
      const now = (await workspace.plan(file.blobs.map(({ blobId }) => blobId))).files;
      const [one, ...others] = now;
      // Of what a run goes on with in its output folder, the list has the source.
      listed.push(one !== undefined && others.length === 0 && one.path === file.path ? one : file);
    } catch {
      listed.push(file);
    }
    if (turns.over) await turns.give();
  }
  return listed;
}

/** The same value with the members of every object in one order: a context's pairs may be given in any. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
