import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { count } from '#shared/format.ts';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Run } from '../types.ts';
import type { Owner } from './owners.ts';

/** Takes files for a run, some at a time. The lock of a run that ended, or that a dead process has, gives way. */
export class FileLocks {
  readonly #sql: (text: string) => StatementSync;
  readonly #owner: Owner;
  readonly #no: number;
  readonly #alive = new Map<string, boolean>();
  readonly #names = new Map<string, string>();
  #held = 0;
  /** Id of a run that has one of them. */
  #by = '';

  /** `no`: the run that takes files. */
  constructor(sql: (text: string) => StatementSync, owner: Owner, no: number) {
    this.#sql = sql;
    this.#owner = owner;
    this.#no = no;
  }

  take(targets: readonly string[]): void {
    const find = this.#sql(
      `SELECT l.run, r.id, r.owner, r.state FROM locks l JOIN runs r ON r.no = l.run WHERE l.target = ?`,
    );
    const put = this.#sql('INSERT OR REPLACE INTO locks (target, run) VALUES (?, ?)');
    for (const target of targets) {
      const name = lockName(target, this.#names);
      const row = find.get(name);
      if (
        row !== undefined &&
        Number(row.run) !== this.#no &&
        row.state !== 'ended' &&
        this.#lives(row.owner)
      ) {
        this.#held++;
        this.#by = String(row.id);
      } else put.run(name, this.#no);
    }
  }

  /** Throws FaultError `FilesInUse` when another run that lives has one of the files. */
  check(): void {
    if (this.#held === 0) return;
    const files = this.#held === 1 ? 'One of these files is' : `${count(this.#held)} of these files are`;
    throw new FaultError(
      explainOwn('FilesInUse', { message: `${files} being worked on by run ${this.#by}.` }),
    );
  }

  #lives(owner: unknown): boolean {
    const id = String(owner);
    let alive = this.#alive.get(id);
    if (alive === undefined) {
      alive = this.#owner.isAlive(id);
      this.#alive.set(id, alive);
    }
    return alive;
  }
}

/** These systems take "A.txt" and "a.txt" for one file by default. */
const CASELESS = process.platform === 'win32' || process.platform === 'darwin';

/**
 * One name for each file, by whatever path it was reached: links on the way are resolved, and letter case and composition
 * are ignored where the system ignores them. `folders` remembers what was resolved.
 */
function lockName(path: string, folders: Map<string, string>): string {
  const folder = dirname(path);
  let real = folders.get(folder);
  if (real === undefined) {
    try {
      real = realpathSync.native(folder);
    } catch {
      // Not made yet, as an output folder may be.
      real = folder;
    }
    folders.set(folder, real);
  }
  const name = join(real, basename(path));
  return CASELESS ? name.normalize('NFC').toLowerCase() : name;
}

/** What a run is taken for. */
export type RunUse = 'resumed' | 'undone' | 'closed' | 'tried again';

/** A run that is taken for one use. Its holder alone may do that. */
export interface Claim {
  readonly runId: string;
  readonly use: RunUse;
}

const STATUS: Partial<Record<ReturnType<Run['summary']>['status'], string>> = {
  paused: 'is paused',
  pausing: 'is being paused',
  waiting: 'waits for the network',
  cancelling: 'is being cancelled',
};

/** One use of a run at a time: a second one is refused, with what the first one does. */
export class RunLocks {
  readonly #claims = new Map<string, Claim>();

  /** Throws FaultError `RunBusy`. `live`: the run, where it is under way here. */
  take(runId: string, use: RunUse, live: Run | null): Claim {
    const held = this.#claims.get(runId);
    if (held !== undefined) throw busy(runId, `is being ${held.use}`);
    if (live !== null) refuseLive(live);
    const claim = { runId, use };
    this.#claims.set(runId, claim);
    return claim;
  }

  release(claim: Claim): void {
    if (this.holds(claim)) this.#claims.delete(claim.runId);
  }

  holds(claim: Claim): boolean {
    return this.#claims.get(claim.runId) === claim;
  }
}

/** Throws FaultError `RunBusy` where the run has not ended. */
export function refuseLive(live: Run): void {
  const { finishedAt, status } = live.summary();
  if (finishedAt === null) throw busy(live.id, STATUS[status] ?? 'is running');
}

const busy = (runId: string, does: string): FaultError =>
  new FaultError(explainOwn('RunBusy', { message: `Run ${runId} ${does}.` }));
