import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, vi } from 'vitest';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { type PutBackFs, scan } from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import { type PlanFile, type Run, type RunInput, RunManager } from '../index.ts';
import { blobRef } from '../run/open-file.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob, OLD_KEY } from './fake-kms.ts';

/** What may happen to a run, one thing at a time. `n` chooses among what there is. */
export type Action =
  | { readonly do: 'answer'; readonly n: number }
  | {
      readonly do: 'kms';
      readonly fault:
        | 'AccessDeniedException'
        | 'ThrottlingException'
        | 'ECONNRESET'
        | 'ExpiredTokenException';
    }
  | { readonly do: 'disk' | 'journal fails' | 'journal heals' | 'pause' | 'go on' | 'cancel' }
  | { readonly do: 'kill' | 'kill at once' | 'put off' | 'resume' | 'close' | 'retry' | 'undo' }
  | { readonly do: 'edit'; readonly n: number };

export interface Terms {
  /** Blobs of each file, by their key: 'old', 'other', or one that is as asked already. */
  readonly files: readonly (readonly ('old' | 'other' | 'current')[])[];
  readonly verify: boolean;
  readonly takeGood: boolean;
  readonly concurrency: number;
  readonly failurePolicy: 'wait' | 'end';
}

const CURRENT = 'c'.repeat(64);
const OTHER_KEY = OLD_KEY.replace('eeeeeeee', 'ffffffff');
/** Faults of a blob in a file that was not found as it was. */
const NOT_SEEN = new Set(['FileChanged', 'FileMissing', 'FileUnreadable']);

/** A KMS that answers when the test lets it, and keeps for which run each new blob was made. */
class GatedKms extends FakeKms {
  readonly made = new Map<string, string>();
  readonly faults: string[] = [];
  run = '';
  dead = false;
  open = false;
  #waiting: (() => void)[] = [];
  #permits = 0;

  constructor() {
    super();
    this.onDescribe = (): Partial<KeyInfo> => ({ currentKeyMaterialId: CURRENT });
  }

  let(n: number): void {
    this.#permits = Math.min(this.#permits + n, 50);
    this.#go();
  }

  letAll(): void {
    this.open = true;
    this.#go();
  }

  override async reEncrypt(input: Parameters<FakeKms['reEncrypt']>[0]) {
    await this.#turn();
    const other = Buffer.from(input.blob).includes(Buffer.from(FINGERPRINT_OTHER, 'hex'));
    this.onReEncrypt = () => ({
      sourceKeyArn: other ? OTHER_KEY : OLD_KEY,
      destinationKeyMaterialId: CURRENT,
    });
    const out = await super.reEncrypt(input);
    this.made.set(sha256(out.blob), this.run);
    return out;
  }

  override async dryRun(input: Parameters<FakeKms['dryRun']>[0]) {
    await this.#turn();
    return super.dryRun(input);
  }

  async #turn(): Promise<void> {
    if (this.dead) await new Promise(() => undefined);
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#go();
    });
    if (this.dead) await new Promise(() => undefined);
    const fault = this.faults.shift();
    if (fault !== undefined) throw kmsFault(fault);
  }

  #go(): void {
    while (this.#waiting.length > 0 && (this.open || this.#permits > 0)) {
      if (!this.open) this.#permits--;
      this.#waiting.shift()?.();
    }
  }
}

const fingerprintOf = (blob: Uint8Array): string =>
  scan(blob, 'x').blobs[0]?.identification.keyFingerprint ?? '';
const FINGERPRINT_OTHER = fingerprintOf(madeUpBlob(OTHER_KEY));
const FINGERPRINT_CURRENT = fingerprintOf(madeUpBlob('current'));

/** One data folder with a few files, and all that happens to runs over them. */
export class FiguresHarness {
  readonly #terms: Terms;
  readonly #fs: PutBackFs;
  readonly #folder: string;
  #home: string;
  /** Data folders of processes that were killed. */
  readonly #former: string[] = [];
  #manager: RunManager;
  #kms = new GatedKms();
  readonly #files: PlanFile[];
  /** Runs by id, with the blobs that each has. */
  readonly #blobs = new Map<string, { path: string; place: string; sha256: string; bytes: number }[]>();
  #live: Run | null = null;
  #diskFaults = 0;
  #failing = false;
  /** Runs during which the journal could not be written. */
  readonly #unwritten = new Set<string>();
  #dead = { now: false };
  /** Calls to the file system that are under way. */
  readonly #going = new Set<Promise<unknown>>();
  checks = 0;
  readonly reports: RunSummary[] = [];

  private constructor(terms: Terms, fs: PutBackFs, folder: string, home: string, files: PlanFile[]) {
    this.#terms = terms;
    this.#fs = fs;
    this.#folder = folder;
    this.#home = home;
    this.#files = files;
    this.#manager = this.#newBook();
  }

  /** `fs`: the file system that faults are put in front of. */
  static async make(terms: Terms, fs: PutBackFs): Promise<FiguresHarness> {
    const folder = await mkdtemp(join(tmpdir(), 'rewrap-figures-'));
    const home = await mkdtemp(join(tmpdir(), 'rewrap-figures-home-'));
    const files: PlanFile[] = [];
    for (const [i, kinds] of terms.files.entries()) {
      const path = join(folder, `${i}.env`);
      const key = { old: OLD_KEY, other: OTHER_KEY, current: 'current' };
      const lines = kinds.map(
        (kind, b) => `KEY_${b}=${Buffer.from(madeUpBlob(key[kind])).toString('base64')}\n`,
      );
      await writeFile(path, `# secrets\n${lines.join('')}`);
      const bytes = await readFile(path);
      files.push({
        path,
        bytes: null,
        display: `${i}.env`,
        relative: `${i}.env`,
        sha256: sha256(bytes),
        blobs: scan(bytes, path).blobs.map((found, b) => blobRef(`${i}#${b}`, found)),
      });
    }
    return new FiguresHarness(terms, fs, folder, home, files);
  }

  #newBook(): RunManager {
    const dead = { now: false };
    this.#dead = dead;
    const fs: PutBackFs = { ...this.#fs };
    for (const name of Object.keys(fs) as (keyof PutBackFs)[]) {
      const call = this.#fs[name] as (...args: unknown[]) => Promise<unknown>;
      Object.assign(fs, {
        [name]: async (...args: unknown[]) => {
          if (dead.now) await new Promise(() => undefined);
          if (name === 'rename' && this.#diskFaults > 0) {
            this.#diskFaults--;
            throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
          }
          const going = call.apply(this.#fs, args);
          this.#going.add(going);
          return going.finally(() => this.#going.delete(going));
        },
      });
    }
    return new RunManager(this.#home, (summary) => this.reports.push(summary), {
      fs,
      sleep: async () => undefined,
      random: () => 0,
    });
  }

  #over(): Pick<RunInput, 'kms' | 'target' | 'failurePolicy' | 'namedMaterials'> {
    return {
      kms: this.#kms,
      target: 'test',
      failurePolicy: this.#terms.failurePolicy,
      namedMaterials: (fingerprint) =>
        fingerprint === FINGERPRINT_CURRENT
          ? [{ keyArn: KEY, keyMaterialId: CURRENT, evidence: 'a reply' }]
          : [],
    };
  }

  async start(files: readonly PlanFile[] = this.#files): Promise<void> {
    const { verify, takeGood, concurrency } = this.#terms;
    const run = await this.#manager.start({
      request: {
        source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
        destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
        grantTokens: [],
        method: 'reencrypt',
        verify,
        dryRun: false,
        onFailure: takeGood ? 'take-good' : 'hold-back',
        pace: { concurrency, perSecond: null },
      },
      output: { mode: 'in-place', backup: true },
      files,
      connection: 'test',
      ...this.#over(),
    });
    this.#blobs.set(
      run.id,
      files.flatMap(({ path, blobs }) =>
        blobs.map(({ place, sha256: hash, bytes }) => ({ path: path ?? '', place, sha256: hash, bytes })),
      ),
    );
    this.#follow(run);
  }

  #follow(run: Run): void {
    this.#live = run;
    if (this.#failing) this.#unwritten.add(run.id);
    this.#kms.run = run.id;
  }

  /** Does it where it makes sense; a refusal is as good. */
  async act(action: Action): Promise<void> {
    const live = this.#live !== null && this.#live.summary().finishedAt === null ? this.#live : null;
    const runs = await this.#manager.list();
    const refused = (work: Promise<unknown>) =>
      work.catch((error: Error) => {
        if (error.name !== 'FaultError') throw error;
      });
    switch (action.do) {
      case 'answer':
        return this.#kms.let(action.n);
      case 'kms':
        this.#kms.faults.push(action.fault);
        return;
      case 'disk':
        this.#diskFaults = 1;
        return;
      case 'journal fails':
      case 'journal heals':
        return this.#journal(action.do === 'journal fails');
      case 'pause':
        return live?.pause();
      case 'go on':
        return live?.goOn();
      case 'cancel':
        return live?.cancel();
      case 'kill':
        await this.#settled();
        return this.#kill();
      case 'kill at once':
        return this.#kill();
      case 'put off':
        if (live === null) return;
        this.#journal(false);
        this.#kms.letAll();
        live.suspend();
        await live.done;
        await this.#manager.close();
        return this.#reopen();
      case 'resume':
      case 'close': {
        const cut = runs.find(({ status }) => status === 'unfinished');
        if (cut === undefined || live !== null) return;
        if (action.do === 'close') await refused(this.#manager.abandon(cut.id));
        else await refused(this.#manager.resume(cut.id, this.#over()).then((run) => this.#follow(run)));
        return;
      }
      case 'retry': {
        const ended = runs.find(({ retry }) => retry !== null);
        if (ended === undefined || live !== null) return;
        await refused(this.#manager.again(ended.id).then(({ files }) => this.start(files)));
        return;
      }
      case 'undo': {
        const undoable = runs.find(({ undo, finishedAt }) => undo !== null && finishedAt !== null);
        if (undoable === undefined || live !== null) return;
        await refused(this.#manager.undo(undoable.id));
        return;
      }
      case 'edit': {
        const file = this.#files[action.n % this.#files.length];
        if (file?.path == null || live !== null) return;
        await writeFile(file.path, `${await readFile(file.path, 'utf8')}# by another program\n`);
      }
    }
  }

  /** A write of the journal to any file or blob fails while this holds. */
  #journal(fails: boolean): void {
    this.#failing = fails;
    if (fails && this.#live !== null) this.#unwritten.add(this.#live.id);
    const db = new DatabaseSync(join(this.#home, 'runs.sqlite'), { timeout: 5000 });
    db.exec('DROP TRIGGER IF EXISTS no_files; DROP TRIGGER IF EXISTS no_items;');
    if (fails)
      db.exec(`CREATE TRIGGER no_files BEFORE UPDATE ON files BEGIN SELECT raise(ABORT, 'the disk is full'); END;
        CREATE TRIGGER no_items BEFORE UPDATE ON items BEGIN SELECT raise(ABORT, 'the disk is full'); END;`);
    db.close();
  }

  /** What the process had in memory is gone; the files, and what the journal has committed, are what they were. */
  async #kill(): Promise<void> {
    this.#dead.now = true;
    this.#kms.dead = true;
    // What had been handed to the system is done; a process that is gone does nothing after the next one has begun.
    while (this.#going.size > 0) {
      await Promise.allSettled(this.#going);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const home = await mkdtemp(join(tmpdir(), 'rewrap-figures-home-'));
    // The journal as it is committed: a copy of its files could be torn by a write that is still to come.
    await cp(this.#home, home, {
      recursive: true,
      filter: (path) => !basename(path).startsWith('runs.sqlite'),
    });
    const db = new DatabaseSync(join(this.#home, 'runs.sqlite'), { timeout: 5000 });
    db.prepare('VACUUM INTO ?').run(join(home, 'runs.sqlite'));
    db.close();
    this.#former.push(this.#home);
    this.#home = home;
    this.#journal(false);
    this.#reopen();
  }

  #reopen(): void {
    const before = this.#kms;
    this.#kms = new GatedKms();
    for (const [hash, run] of before.made) this.#kms.made.set(hash, run);
    this.#live = null;
    this.#manager = this.#newBook();
  }

  /** Waits until what was let through has come to its end: files on disk and counts agree. */
  async #settled(): Promise<void> {
    const live = this.#live;
    if (live === null || live.summary().finishedAt !== null) return;
    await vi.waitFor(
      async () => {
        const { counts, files, bytes } = live.summary();
        const disk = await this.#recount(live.id);
        expect([counts.succeeded, files.done, bytes.done]).toEqual([disk.blobs, disk.files, disk.bytes]);
      },
      { timeout: 30_000, interval: 2 },
    );
  }

  /** What of a run's new blobs stands on the disk now, and which of its blobs are as they were. */
  async #recount(runId: string) {
    const found = new Map<string, string>();
    const files = new Set<string>();
    for (const { path } of this.#files)
      if (path !== null)
        for (const blob of scan(await readFile(path), path).blobs)
          found.set(`${path} ${blob.place}`, sha256(blob.bytes));
    let blobs = 0;
    let bytes = 0;
    const old = new Set<string>();
    for (const blob of this.#blobs.get(runId) ?? []) {
      const at = `${blob.path} ${blob.place}`;
      const now = found.get(at);
      if (now !== undefined && this.#kms.made.get(now) === runId) {
        blobs++;
        bytes += blob.bytes;
        files.add(blob.path);
        continue;
      }
      // A later run may have re-encrypted it since; what this one says of it is how it left it.
      if (now === blob.sha256 || this.#kms.made.has(now ?? ''))
        old.add(`${basename(blob.path)} ${blob.place}`);
    }
    return { blobs, bytes, files: files.size, old };
  }

  /** Compares every figure of every run with a recount from the files. */
  async check(): Promise<readonly RunSummary[]> {
    await this.#settled();
    const runs = await this.#manager.list();
    for (const run of runs) await this.#checkRun(run);
    return runs;
  }

  async #checkRun(run: RunSummary): Promise<void> {
    this.checks++;
    const live = this.#live?.id === run.id && this.#live.summary().finishedAt === null;
    const disk = await this.#recount(run.id);
    const { counts, outcome } = run;
    const { total, ...states } = counts;
    const items = this.#items(run.id);
    const seen = { status: run.status, counts, outcome, files: run.files, bytes: run.bytes };
    const why = JSON.stringify({
      run: seen,
      items: items?.map(({ file, place, state, fault }) => [file, place, state, fault?.code]),
      disk: [disk.blobs, disk.files],
    });
    expect(total, why).toBe(this.#blobs.get(run.id)?.length);
    expect(
      Object.values(states).reduce((sum, n) => sum + n, 0),
      why,
    ).toBe(total);
    expect(Math.min(...Object.values(states)), why).toBeGreaterThanOrEqual(0);
    if (live) return;
    expect(counts.succeeded, why).toBe(disk.blobs);
    expect(run.files.done, why).toBe(disk.files);
    expect(run.bytes.done, why).toBe(disk.bytes);
    expect(outcome, why).toMatchObject({
      reencrypted: disk.blobs,
      already: counts.already,
      notReencrypted: total - disk.blobs - counts.already,
    });
    // Of a run that ended while the journal could not be written, the journal and this process may differ until the next
    // start, which reads the files.
    const apart = this.#unwritten.has(run.id) && this.#live?.id === run.id;
    if (items === null || apart || run.fault?.code === 'JournalFailed') return;
    expect(states, why).toEqual(statesOf(items));
    expect(
      run.perKey.reduce((sum, { blobs }) => sum + blobs, 0),
      why,
    ).toBe(disk.blobs);
    for (const { state, sha256After } of items)
      if (state === 'reencrypted') expect(this.#kms.made.get(sha256After ?? ''), why).toBe(run.id);
    const named = new Set(
      items.flatMap(({ sourceKeyArn, fingerprintBefore }) =>
        sourceKeyArn === null ? [] : [fingerprintBefore],
      ),
    );
    const underOld = items.filter(
      ({ file, place, state, fault, fingerprintBefore }) =>
        state !== 'already' &&
        disk.old.has(`${file} ${place}`) &&
        named.has(fingerprintBefore) &&
        !NOT_SEEN.has(fault?.code ?? ''),
    ).length;
    // Of a run that ended while the journal could not be written this is not known, and no number is claimed.
    if (!this.#unwritten.has(run.id) || outcome.underOldKey !== null)
      expect(outcome.underOldKey, why).toBe(underOld);
    if (run.undo !== null) expect(run.undo, why).toEqual({ blobs: disk.blobs, files: disk.files });
    if (run.retry !== null)
      expect(run.retry, why).toEqual({
        failed: counts.failed,
        missed: items.filter(
          ({ state, fault }) => state === 'skipped' && /^(Cancelled|RunStopped)$/.test(fault?.code ?? ''),
        ).length,
      });
    if (run.resume !== null) expect(run.resume.blobs, why).toBe(counts.waiting);
  }

  /** What the journal says of each blob; null while it cannot be written. */
  #items(runId: string): readonly RunItem[] | null {
    try {
      return this.#manager.recorded.items(runId, { offset: 0, limit: -1, only: 'all' }).items;
    } catch (error) {
      if (error instanceof FaultError && error.fault.code === 'JournalFailed') return null;
      throw error;
    }
  }

  /** Everything comes to its end. */
  async finish(): Promise<readonly RunSummary[]> {
    this.#journal(false);
    this.#diskFaults = 0;
    this.#kms.faults.length = 0;
    this.#kms.letAll();
    if (this.#live !== null) {
      this.#live.goOn();
      await this.#live.done;
    }
    return this.check();
  }

  async remove(): Promise<void> {
    this.#journal(false);
    this.#kms.letAll();
    this.#live?.cancel();
    await this.#manager.close();
    await rm(this.#folder, { recursive: true, force: true });
    for (const home of [this.#home, ...this.#former]) await rm(home, { recursive: true, force: true });
  }
}

function statesOf(items: readonly RunItem[]): Omit<RunSummary['counts'], 'total'> {
  const of = (...states: RunItem['state'][]) => items.filter(({ state }) => states.includes(state)).length;
  return {
    waiting: of('waiting'),
    running: of('running'),
    succeeded: of('reencrypted', 'would-succeed'),
    already: of('already'),
    failed: of('failed'),
    skipped: of('skipped'),
    restored: of('restored'),
  };
}
