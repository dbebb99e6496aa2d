import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTemporaryName, ownerOfTemporary } from '../../intake/index.ts';
import { AttemptLog, AttemptLogs } from './attempt-log.ts';
import { adoptRecords, attemptsIn, copyRecords, restoreRecords } from './checkpoint.ts';
import { Lease, lives, processSpace } from './lease.ts';
import type { LoggedFile, SharedWork } from './shared-work.ts';
import { removeSpareBackups } from './spare-backups.ts';

/** Time between two copies of the records, milliseconds; more where a copy takes long. */
const COPY_MS = 30_000;
/** Part of the time that copying may take. */
const COPY_PART = 20;

interface AttemptParts {
  /** The folder of the shard's state, which every machine sees. */
  readonly state: string;
  /** A folder of this machine for local records, of this shard alone. */
  readonly local: string;
  readonly leaseMs?: number;
  readonly copyMs?: number;
}

/**
 * One attempt of one process at one shard: it has the lease, local records that go on from where the last attempt's stood,
 * and a log that later attempts read.
 */
export class Attempt implements SharedWork {
  readonly lease: Lease;
  /** Folder of journal and history of this attempt, on a local disk. */
  readonly records: string;
  readonly #shared: string;
  readonly #log: AttemptLog;
  readonly #logs: AttemptLogs;
  /** By file: what other attempts logged of it. */
  readonly #logged = new Map<number, (LoggedFile & { readonly attempt: string })[]>();
  #copying: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #copyMs: number;

  private constructor(parts: AttemptParts, lease: Lease, records: string) {
    this.lease = lease;
    this.records = records;
    this.#shared = join(parts.state, lease.attempt);
    this.#copyMs = parts.copyMs ?? COPY_MS;
    this.#log = new AttemptLog(parts.state, lease.attempt);
    this.#logs = new AttemptLogs(parts.state);
    this.#readLogs();
    this.#copyLater();
  }

  /** Throws FaultError `ShardElsewhere`, and system errors. */
  static async begin(parts: AttemptParts): Promise<Attempt> {
    const lease = await Lease.take(parts.state, parts.leaseMs);
    try {
      const records = join(parts.local, lease.attempt);
      const before = lease.before;
      // Of a process that may live still, the local records are not touched.
      const here = before?.dead === true && adoptRecords(join(parts.local, before.attempt), records);
      const [last] = attemptsIn(parts.state);
      if (!here && last !== undefined) restoreRecords(join(parts.state, last), records);
      return new Attempt(parts, lease, records);
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  begins(owner: string, folders: readonly string[]): Promise<void> {
    return this.#log.begins(owner, folders);
  }

  staged(file: LoggedFile): Promise<void> {
    return this.#log.add(file);
  }

  made(file: number, sha256: string): LoggedFile | null {
    const find = () => this.#logged.get(file)?.findLast(({ after }) => after === sha256) ?? null;
    const known = find();
    if (known !== null) return known;
    this.#readLogs();
    return find();
  }

  leftovers(file: number): readonly LoggedFile[] {
    return (this.#logged.get(file) ?? []).filter(
      ({ attempt }) => this.#isGone(attempt) ?? this.#isEarlier(attempt),
    );
  }

  /** Copies the records now. What fails is tried again with the next copy. */
  copy(): Promise<void> {
    this.#copying = this.#copying.then(async () => {
      const from = performance.now();
      await copyRecords(this.records, this.#shared).catch(() => undefined);
      this.#copyMs = Math.max(this.#copyMs, COPY_PART * (performance.now() - from));
    });
    return this.#copying;
  }

  /**
   * The last copy, once nothing writes the records any more; then the shard is let go. `done`: nothing is left to do, so that
   * local records and what dead attempts left beside files can go; only for one that has the lease still. Throws system
   * errors where the copy could not be made.
   */
  async end(done: boolean): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#copying;
    await this.#log.close();
    try {
      await copyRecords(this.records, this.#shared);
      if (!done) return;
      await this.#removeLeftovers();
      rmSync(this.records, { recursive: true, force: true });
    } finally {
      this.lease.release();
    }
  }

  #copyLater(): void {
    this.#timer = setTimeout(() => void this.copy().then(() => this.#copyLater()), this.#copyMs);
    this.#timer.unref();
  }

  #readLogs(): void {
    for (const logged of this.#logs.more(this.lease.attempt)) {
      const of = this.#logged.get(logged.file);
      if (of === undefined) this.#logged.set(logged.file, [logged]);
      else of.push(logged);
    }
  }

  /** Whether an attempt had the lease before this one: numbers of leases rise. */
  #isEarlier(attempt: string): boolean {
    const number = (name: string): number => Number(name.split('-')[1]);
    return number(attempt) < number(this.lease.attempt);
  }

  /** Whether the process of an attempt is gone; null: it is one of another machine, of which that cannot be known. */
  #isGone(attempt: string): boolean | null {
    const known = this.#logs.of(attempt);
    if (known?.closed === true) return true;
    const { pid, space } = known?.process ?? {};
    return pid === undefined || space !== processSpace() ? null : !lives(pid);
  }

  /**
   * Temporary files of attempts that died, whichever number they had, also those that they had not come to log, and backups
   * of files that they did not come to replace. One of another machine counts as dead because it let its lease go by: every
   * file is done, so that nothing would come of its own.
   */
  async #removeLeftovers(): Promise<void> {
    this.#readLogs();
    const gone = new Set(this.#logs.attempts().filter((attempt) => this.#isGone(attempt) !== false));
    const owners = new Set<string>();
    const folders = new Set<string>();
    for (const attempt of gone) {
      for (const owner of this.#logs.of(attempt)?.owners ?? []) owners.add(owner);
      for (const folder of this.#logs.of(attempt)?.folders ?? []) folders.add(folder);
    }
    for (const logged of this.#logged.values())
      for (const { temporary, attempt } of logged)
        if (temporary !== null && gone.has(attempt) && isTemporaryName(basename(temporary)))
          rmSync(temporary, { force: true });
    for (const folder of folders)
      for (const name of namesIn(folder))
        if (owners.has(ownerOfTemporary(name) ?? '')) rmSync(join(folder, name), { force: true });
    const left = [...this.#logged.values()].flat().filter(({ attempt }) => gone.has(attempt));
    await removeSpareBackups(this.records, left);
  }
}

/** Names in a folder; none in one that is not there, or cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
