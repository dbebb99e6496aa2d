import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RunSummary } from '#shared/model/run.ts';
import type { ResolvedOutput } from '../../electron/core/rotation/index.ts';
import type { Task } from './crash-process.ts';
import { type ContentState, listing, makeFolder, type Original, sha256, stateOf } from './folder.ts';
import type { Vault } from './sample-files.ts';

export type TortureOutput = 'in-place' | 'no-backup' | 'folder';

interface FixtureOptions {
  readonly output: TortureOutput;
  readonly algorithm: Task['algorithm'];
  readonly vault: Vault;
  /** A disk refuses calls on purpose, so that files of ours may be refused their removal. */
  readonly leaky?: boolean;
}

interface FileRow {
  readonly relative: string;
  readonly state: string;
  readonly after: string | null;
}

/** A folder of mixed files with the data folder of the Rewraps that work on it, and what must hold of them. */
export class Fixture {
  readonly top = mkdtempSync(join(tmpdir(), 'rewrap-torture-'));
  readonly folder = join(this.top, 'files');
  readonly home = join(this.top, 'home');
  readonly out = join(this.top, 'out');
  /** By relative path. */
  readonly files: Map<string, Original>;
  /** Files that another program changed: the hash, or null for one that was deleted. */
  readonly changedByOthers = new Map<string, string | null>();
  readonly options: FixtureOptions;
  readonly output: ResolvedOutput;

  private constructor(options: FixtureOptions, files: Map<string, Original>) {
    this.options = options;
    this.files = files;
    this.output =
      options.output === 'folder'
        ? { mode: 'folder', folder: this.out }
        : { mode: 'in-place', backup: options.output === 'in-place' };
  }

  /** `prepare` gets the folders before anything is in them. */
  static async make(
    options: FixtureOptions,
    prepare: (fixture: Fixture) => void = () => {},
  ): Promise<Fixture> {
    const files = new Map<string, Original>();
    const fixture = new Fixture(options, files);
    mkdirSync(fixture.home);
    mkdirSync(fixture.folder);
    prepare(fixture);
    const made = await makeFolder(fixture.folder, fixture.top, options.vault);
    for (const [relative, original] of made) files.set(relative, original);
    return fixture;
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true });
  }

  task(what: Task['what'], home = this.home): Task {
    const { folder, output, options } = this;
    return { home, folder, what, output, algorithm: options.algorithm, newKey: options.vault.newKey };
  }

  /** Whether the journal knows of a run. */
  begun(): boolean {
    try {
      return journalled(this.home).runs.length > 0;
    } catch {
      return false;
    }
  }

  /**
   * After any kill and any fault: each file wholly old or wholly new (or as another program left it), originals untouched
   * by runs into a folder, journal and disk agreed. Throws with what is wrong.
   */
  async inspect(): Promise<void> {
    const known = this.begun() ? journalled(this.home) : { runs: [], files: [] };
    const rows = new Map<string, FileRow>();
    // Of several runs, the last one that did something with a file speaks of it.
    for (const row of known.files)
      if (row.after !== null || !rows.has(row.relative)) rows.set(row.relative, row);
    const undoing = known.runs.some(({ state }) => state === 'undoing');
    for (const [relative, original] of this.files) await this.#inspectFile(relative, original, rows, undoing);
  }

  async #inspectFile(
    relative: string,
    original: Original,
    rows: ReadonlyMap<string, FileRow>,
    undoing: boolean,
  ): Promise<void> {
    const path = join(this.written, relative);
    const row = rows.get(relative);
    if (this.changedByOthers.has(relative)) return this.#expectChanged(relative);
    const state = await this.stateOf(relative, original, row?.after ?? '');
    const inFolder = this.output.mode === 'folder';
    const fine = inFolder ? state === 'missing' || state === 'new' : state === 'old' || state === 'new';
    if (!fine) throw new Error(`${relative} is ${state}`);
    const { vault } = this.options;
    if (inFolder && (await stateOf(join(this.folder, relative), original, vault, '')) !== 'old')
      throw new Error(`the original of ${relative} changed`);
    if (state === 'new') {
      if (row === undefined || !['staged', 'replaced'].includes(row.state))
        throw new Error(`${relative} is new, and the journal says ${row?.state ?? 'nothing'}`);
      if (row.after !== sha256(readFileSync(path)))
        throw new Error(`${relative} is not what the journal says`);
    } else if (row?.state === 'replaced' && !undoing)
      throw new Error(`${relative} is ${state}, and the journal says replaced`);
  }

  #expectChanged(relative: string): void {
    const now = hashOf(join(this.folder, relative));
    if (now !== this.changedByOthers.get(relative))
      throw new Error(`what another program made of ${relative} is lost`);
  }

  /** Each file of a run that was completed is new; nothing of ours is left. `lenient`: some may be old. */
  async complete(runs: readonly RunSummary[], lenient: boolean): Promise<void> {
    await this.inspect();
    const rows = new Map(journalled(this.home).files.map((row) => [row.relative, row]));
    for (const [relative, original] of this.files) {
      if (this.changedByOthers.has(relative)) continue;
      const state = await this.stateOf(relative, original, rows.get(relative)?.after ?? '');
      if (state !== 'new' && !lenient) throw new Error(`${relative} is ${state} after the run`);
    }
    for (const { status, counts } of runs) {
      if (!['finished', 'cancelled', 'failed'].includes(status)) throw new Error(`the run is ${status}`);
      if (counts.succeeded + counts.failed + counts.skipped !== counts.total)
        throw new Error(`counts do not add up: ${JSON.stringify(counts)}`);
    }
    this.tidy(runs.some(({ counts }) => counts.succeeded > 0));
  }

  /** Every file has the hash that it had, and nothing of ours is left. */
  async restored(): Promise<void> {
    for (const [relative, original] of this.files) {
      if (this.changedByOthers.has(relative)) this.#expectChanged(relative);
      else if (hashOf(join(this.folder, relative)) !== original.hash)
        throw new Error(`${relative} was not restored`);
    }
    // A backup of a file that another program changed is kept: the original is nowhere else.
    const names = listing(this.folder).filter((name) => !this.#excused(name) && !this.#ofChanged(name));
    const wanted = [...this.files.keys()].filter((name) => !this.changedByOthers.has(name)).sort();
    if (names.join() !== wanted.join())
      throw new Error(`left behind: ${names.filter((n) => !this.files.has(n))}`);
    if (this.output.mode === 'folder') {
      const left = listed(this.out).filter((name) => !this.#excused(name));
      if (left.length > 0) throw new Error(`left in the output folder: ${left}`);
    }
    this.#unlocked();
  }

  /** Nothing but files, their backups and records is left. */
  tidy(replaced: boolean): void {
    const odd = listed(this.written).filter(
      (name) =>
        !this.files.has(name) &&
        !this.#excused(name) &&
        !name.endsWith('.rewrap.json') &&
        !(replaced && this.options.output === 'in-place' && /\.rewrap-backup-/.test(name)),
    );
    if (odd.length > 0) throw new Error(`left behind: ${odd}`);
    this.#unlocked();
  }

  /** No lock and no half-made blob outlives the last run. */
  #unlocked(): void {
    const db = new DatabaseSync(join(this.home, 'runs.sqlite'));
    try {
      for (const table of ['locks', 'pending', 'owners']) {
        const left = Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
        // The owner of a process that was killed is forgotten by the next one that starts.
        if (left > (table === 'owners' ? 1 : 0)) throw new Error(`${left} rows are left in ${table}`);
      }
    } finally {
      db.close();
    }
    const owners = readdirSync(join(this.home, 'owners'));
    if (owners.length > 1) throw new Error(`left of processes that are gone: ${owners}`);
  }

  get written(): string {
    return this.output.mode === 'folder' ? this.out : this.folder;
  }

  /** What the file that a run writes is now. `after`: the hash that the journal has for it. */
  stateOf(relative: string, original: Original, after = ''): Promise<ContentState> {
    const { algorithm, vault } = this.options;
    const path = join(this.written, relative);
    return stateOf(path, original, vault, algorithm === 'SYMMETRIC_DEFAULT' ? null : after);
  }

  #ofChanged(name: string): boolean {
    return [...this.changedByOthers.keys()].some((relative) => name.startsWith(relative));
  }

  /**
   * What the failing disk refused to remove, in a process that was killed before it could try again: a temporary file, or
   * a backup of a file that is as it was.
   */
  #excused(name: string): boolean {
    if (this.options.leaky !== true) return false;
    if (/\.rewrap-[0-9a-f]{24}-[0-9a-f]{8}\.tmp$/.test(name)) return true;
    const [, of] = /^(.*)\.rewrap-backup-[^/]*$/.exec(name) ?? [];
    const original = of === undefined ? undefined : this.files.get(of);
    return original !== undefined && hashOf(join(this.written, name)) === original.hash;
  }
}

function listed(folder: string): string[] {
  try {
    return listing(folder);
  } catch {
    // Never made.
    return [];
  }
}

function hashOf(path: string): string | null {
  try {
    return sha256(readFileSync(path));
  } catch {
    return null;
  }
}

function journalled(home: string): { runs: { state: string }[]; files: FileRow[] } {
  const db = new DatabaseSync(join(home, 'runs.sqlite'));
  try {
    const check = db.prepare('PRAGMA integrity_check').get();
    if (check?.integrity_check !== 'ok') throw new Error('the journal is damaged');
    return {
      runs: db.prepare("SELECT state FROM runs WHERE state <> 'preparing'").all() as { state: string }[],
      files: db
        .prepare(
          `SELECT f.relative, f.state, lower(hex(f.sha256_after)) AS after FROM files f JOIN runs r ON r.no = f.run
           WHERE r.state <> 'preparing' ORDER BY f.run, f.file`,
        )
        .all()
        .map((row) => ({
          relative: String(row.relative),
          state: String(row.state),
          after: row.after === '' ? null : String(row.after),
        })),
    };
  } finally {
    db.close();
  }
}
