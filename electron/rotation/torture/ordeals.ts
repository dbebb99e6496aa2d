import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { connect, type Kms } from '../../kms/index.ts';
import { type FaultRule, type PracticeKms, startPracticeKms } from '../../practice-kms/index.ts';
import { type DiskTrouble, troubledDisk } from './disk.ts';
import { sha256 } from './folder.ts';
import { live, type Task } from './life.ts';
import { type Output, Stage } from './stage.ts';
import { ToyKms } from './toy-kms.ts';
import { practiceVault, toyVault } from './vault.ts';

/** One thing that goes wrong, and how. */
export interface Ordeal {
  readonly name: string;
  readonly output: Output;
  /** The real SDK against the practice KMS, with these faults; absent: a KMS in the process, which is well. */
  readonly kms?: readonly FaultRule[];
  /** The endpoint is gone for a while. */
  readonly outage?: true;
  readonly disk?: DiskTrouble;
  /** The disk of the files, or of Rewrap's own data, is a small one (needs root) to which this happens on the way. */
  readonly mount?: { readonly of: 'files' | 'home'; readonly turns: 'full' | 'read-only' };
  /** Somebody else does this to files, meanwhile. */
  readonly meddle?: 'changes' | 'replaces' | 'deletes';
  /** A second Rewrap on the same files: of the same data folder, or of another. */
  readonly rival?: 'twin' | 'stranger';
  /** Why the run has to be held back meanwhile: a fault's code. */
  readonly holds?: string;
}

export interface Endured {
  readonly ordeals: number;
  /** Requests, calls of the disk and files that were interfered with. */
  readonly faults: number;
  /** Runs: the first, those that tried again, and undoing. */
  readonly runs: number;
  /** Times that a run was held back and went on. */
  readonly held: number;
}

const every = (kind: 'drop' | 'drop-after' | 'truncate' | 'duplicate' | 'stale' | 'garbage', n: number) =>
  ({ kind, every: n }) as FaultRule;

/** Needs the practice KMS, the toy KMS, or mounts: all that `npm run torture` goes through. */
export const ORDEALS: readonly Ordeal[] = [
  { name: 'KMS drops connections', output: 'in-place', kms: [every('drop', 3), every('drop-after', 4)] },
  { name: 'KMS breaks off its replies', output: 'folder', kms: [every('truncate', 3)] },
  { name: 'KMS answers twice', output: 'in-place', kms: [every('duplicate', 2)] },
  {
    name: 'KMS gives replies to other requests',
    output: 'in-place',
    kms: [{ kind: 'stale', operations: ['ReEncrypt'], every: 3 }],
  },
  { name: 'KMS answers with a web page', output: 'no-backup', kms: [every('garbage', 3)] },
  {
    name: 'KMS fails inside',
    output: 'in-place',
    kms: [
      { kind: 'internal', every: 3 },
      { kind: 'dependency-timeout', every: 5 },
      { kind: 'key-unavailable', every: 7 },
      { kind: 'error', code: 'ServiceUnavailable', status: 503, every: 11 },
    ],
  },
  { name: 'KMS is slow', output: 'in-place', kms: [{ kind: 'latency', every: 2, ms: 40 }] },
  {
    name: 'KMS throttles in three phases',
    output: 'in-place',
    kms: [
      { kind: 'throttling', skip: 4, times: 10 },
      { kind: 'throttling', skip: 40, times: 15 },
      { kind: 'throttling', skip: 80, times: 20 },
    ],
  },
  { name: 'KMS has a small quota', output: 'folder', kms: [{ kind: 'quota', perSecond: 8 }] },
  {
    name: 'credentials expire',
    output: 'in-place',
    kms: [{ kind: 'expired-token', skip: 12, times: 8 }],
    holds: 'ExpiredTokenException',
  },
  { name: 'the network goes and comes', output: 'in-place', kms: [], outage: true, holds: 'network' },
  { name: 'KMS ignores DryRun', output: 'in-place', kms: [{ kind: 'ignore-dry-run' }] },
  { name: 'a slow disk', output: 'in-place', disk: { slowMs: 12 } },
  ...(['in-place', 'folder'] as const).flatMap((output): Ordeal[] => [
    { name: `the disk is full (${output})`, output, disk: failing('ENOSPC', 'create', 'write', 'link') },
    { name: `the quota is used up on flushing (${output})`, output, disk: failing('EDQUOT', 'sync') },
    { name: `fsync fails (${output})`, output, disk: failing('EIO', 'sync') },
    { name: `the folder cannot be flushed (${output})`, output, disk: failing('EIO', 'syncFolder') },
    { name: `a read-only folder (${output})`, output, disk: failing('EROFS', 'create', 'link', 'rename') },
    { name: `no links are made (${output})`, output, disk: failing('EPERM', 'link') },
  ]),
  { name: 'rename fails', output: 'in-place', disk: failing('EACCES', 'rename') },
  { name: 'files are in use', output: 'no-backup', disk: failing('EBUSY', 'rename') },
  { name: 'somebody changes files', output: 'in-place', meddle: 'changes' },
  { name: 'somebody changes files, no backups', output: 'no-backup', meddle: 'changes' },
  { name: 'somebody replaces files', output: 'in-place', meddle: 'replaces' },
  { name: 'somebody deletes files', output: 'in-place', meddle: 'deletes' },
  {
    name: 'somebody changes files where no links are made',
    output: 'in-place',
    meddle: 'changes',
    disk: failing('EPERM', 'link'),
  },
  { name: 'two Rewraps on the same files', output: 'in-place', rival: 'twin' },
  { name: 'two users on the same files', output: 'in-place', rival: 'stranger' },
];

/** Those that need a disk of their own, which only root can mount. */
export const MOUNTED: readonly Ordeal[] = (['in-place', 'no-backup', 'folder'] as const).flatMap((output) => [
  { name: `the disk fills up (${output})`, output, mount: { of: 'files', turns: 'full' } },
  {
    name: `the disk turns read-only (${output})`,
    output,
    mount: { of: 'files', turns: 'read-only' },
  },
  {
    name: `the disk of the journal fills up (${output})`,
    output,
    mount: { of: 'home', turns: 'full' },
    holds: 'JournalFailed',
  },
]);

function failing(code: string, ...calls: (keyof NonNullable<DiskTrouble['fails']>)[]): DiskTrouble {
  return { fails: Object.fromEntries(calls.map((call) => [call, { code, part: 0.4 }])) };
}

/** Whether this process may mount: root, on Linux. */
export const mayMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** Bytes of a small disk. */
const SMALL = 4 * 1024 * 1024;
/** Times that what failed is tried again, once all is well. */
const ROUNDS = 4;

/**
 * Goes through ordeals with the real engine in this process. After each fault, and when all is well again: every file
 * wholly old or wholly new, journal and disk agreed, what is left completed, undoing restores every hash, nothing of
 * ours left. Throws with the ordeal's name and what is wrong.
 */
export async function endure(
  ordeals: readonly Ordeal[],
  random: () => number,
  told: (name: string, faults: number) => void = () => {},
): Promise<Endured> {
  const sum = { ordeals: 0, faults: 0, runs: 0, held: 0 };
  for (const ordeal of ordeals) {
    const trial = await Trial.prepare(ordeal, random);
    try {
      await trial.run();
      const { faults, runs, held } = trial;
      if (faults === 0) throw new Error('nothing went wrong');
      sum.ordeals++;
      sum.faults += faults;
      sum.runs += runs;
      sum.held += held;
      told(ordeal.name, faults);
    } catch (error) {
      throw new Error(`${ordeal.name}: ${said(error)}`, { cause: error });
    } finally {
      await trial.end();
    }
  }
  return sum;
}

const said = (error: unknown): string =>
  error instanceof FaultError
    ? `${error.fault.code}: ${error.fault.message} ${error.fault.detail}`
    : error instanceof Error
      ? error.message
      : String(error);

class Trial {
  faults = 0;
  runs = 0;
  held = 0;
  readonly #ordeal: Ordeal;
  readonly #random: () => number;
  readonly #stage: Stage;
  readonly #service: Service | null;
  #kms: Kms;
  /** Whether things still go wrong. */
  #ill = true;
  #steps = 0;
  #next: number;
  #waited = false;
  #turned = false;

  private constructor(ordeal: Ordeal, random: () => number, stage: Stage, kms: Kms, service: Service | null) {
    this.#ordeal = ordeal;
    this.#random = random;
    this.#stage = stage;
    this.#kms = kms;
    this.#service = service;
    this.#next = 20 + Math.floor(random() * 30);
  }

  static async prepare(ordeal: Ordeal, random: () => number): Promise<Trial> {
    const service = ordeal.kms === undefined ? null : await Service.start();
    const vault = service === null ? toyVault : await practiceVault(service);
    const { output, disk, mount } = ordeal;
    const stage = await Stage.make(
      { output, algorithm: 'SYMMETRIC_DEFAULT', vault, leaky: disk?.fails?.unlink !== undefined },
      ({ folder, home, out }) => {
        if (mount?.of === 'home') mountSmall(home);
        else if (mount !== undefined) mountSmall(output === 'folder' ? out : folder);
      },
    );
    const kms = service === null ? new ToyKms(0) : await connect({ kind: 'practice' }, service.access);
    return new Trial(ordeal, random, stage, kms, service);
  }

  async run(): Promise<void> {
    const { kms, output, rival } = this.#ordeal;
    if (kms !== undefined) this.#service?.practice.faults.set(kms);
    if (rival !== undefined) await this.#withRival();
    else await this.#live('start');
    await this.#inspect();
    // What goes wrong with undoing, before all is well.
    if (output !== 'no-backup' && this.#ordeal.disk !== undefined) {
      await this.#live('undo').catch(() => undefined);
      await this.#inspect();
      this.#cure();
      await this.#live('undo');
      await this.#stage.restored();
      await this.#live('start');
    }
    this.#cure();
    await this.#complete();
    if (output === 'no-backup') return;
    await this.#live('undo');
    if (rival === 'stranger') {
      // A file that both replaced, in the same instant, goes back through what the other made of it.
      await this.#live('undo', this.#otherHome());
      await this.#live('undo');
    }
    await this.#stage.restored();
  }

  async end(): Promise<void> {
    this.#kms.close();
    await this.#service?.stop();
    const { mount, output } = this.#ordeal;
    const { home, folder, out } = this.#stage;
    if (mount !== undefined)
      execFileSync('umount', [mount.of === 'home' ? home : output === 'folder' ? out : folder]);
    this.#stage.remove();
  }

  /** Tries again until everything that nobody meddled with is new. */
  async #complete(): Promise<void> {
    let runs = await this.#live('resume');
    for (let round = 0; round < ROUNDS; round++) {
      if (runs[0]?.retry === null && runs[0].status !== 'undone') break;
      runs = await this.#live(runs[0]?.status === 'undone' ? 'start' : 'retry');
      await this.#inspect();
    }
    await this.#inspect();
    const ended = runs.filter(({ status }) => status !== 'undone');
    if (this.#ordeal.rival !== 'stranger') await this.#stage.complete(ended, false);
    const { holds } = this.#ordeal;
    if (holds !== undefined && !this.#waited) throw new Error(`the run was not held back for ${holds}`);
  }

  /** With files of two data folders the journals of neither speak of all. */
  async #inspect(): Promise<void> {
    if (this.#ordeal.rival !== 'stranger') return this.#stage.inspect();
    await this.#wholeFiles();
  }

  async #wholeFiles(): Promise<void> {
    for (const [relative, original] of this.#stage.files) {
      const state = await this.#stage.stateOf(relative, original);
      if (state !== 'old' && state !== 'new') throw new Error(`${relative} is ${state}`);
    }
  }

  async #live(what: Task['what'], home = this.#stage.home): Promise<readonly RunSummary[]> {
    this.runs++;
    const ill = this.#ill;
    try {
      return await live(this.#stage.task(what, home), {
        kms: this.#kms,
        disk: {
          fs: troubledDisk({
            trouble: ill ? (this.#ordeal.disk ?? {}) : {},
            random: this.#random,
            step: (call) => this.#step(call),
            failed: () => {
              this.faults++;
            },
          }),
        },
        step: (name) => this.#step(name),
        held: (fault) => this.#onHeld(fault),
        progress: (summary) => this.#onProgress(summary),
      });
    } finally {
      if (ill && this.#ordeal.disk?.slowMs !== undefined) this.faults++;
    }
  }

  async #withRival(): Promise<void> {
    const { rival } = this.#ordeal;
    const both = await Promise.allSettled([
      this.#live('start'),
      this.#live('start', rival === 'stranger' ? this.#otherHome() : this.#stage.home),
    ]);
    this.faults++;
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (rival === 'stranger') {
      for (const error of refused) throw error;
      return;
    }
    const [error] = refused;
    if (refused.length !== 1 || !(error instanceof FaultError) || error.fault.code !== 'FilesInUse')
      throw new Error(`of two Rewraps ${2 - refused.length} took the files: ${refused.map(said)}`);
  }

  #otherHome(): string {
    return join(this.#stage.top, 'other-home');
  }

  #onHeld(fault: Fault): Promise<boolean> {
    this.held++;
    if (fault.code === this.#ordeal.holds) this.#waited = true;
    this.faults++;
    if (fault.code === 'JournalFailed') this.#cure();
    return new Promise((resolve) => setTimeout(() => resolve(true), 5));
  }

  #onProgress({ status, fault }: RunSummary): void {
    const { outage } = this.#ordeal;
    if (outage === undefined) return;
    if (status === 'waiting' && fault !== null && !this.#waited) {
      this.#waited = true;
      this.held++;
      this.faults++;
      void this.#service?.comeBack();
    }
  }

  /** Where things go wrong by themselves: at a step. */
  #step(name: string): void {
    const { meddle, mount, outage } = this.#ordeal;
    this.#steps++;
    if (!this.#ill || this.#steps < this.#next) return;
    if (outage !== undefined && !this.#turned) {
      this.#turned = true;
      void this.#service?.goAway();
    }
    if (mount !== undefined && !this.#turned) this.#turned = this.#turn(mount);
    // What is written between the last look at a file and the rename, one system call apart, is not seen.
    if (meddle !== undefined && name !== 'rename' && this.#stage.meddled.size < 4) {
      this.#meddle(meddle);
      this.#next = this.#steps + Math.floor(this.#random() * 25);
    }
  }

  #meddle(how: NonNullable<Ordeal['meddle']>): void {
    const { files, meddled, folder } = this.#stage;
    const left = [...files.keys()].filter((relative) => !meddled.has(relative));
    const relative = left[Math.floor(this.#random() * left.length)];
    if (relative === undefined) return;
    const path = join(folder, relative);
    const bytes = Buffer.from(`somebody else's, ${this.#steps}\n`);
    meddled.set(relative, how === 'deletes' ? null : sha256(bytes));
    this.faults++;
    if (how === 'changes') writeFileSync(path, bytes);
    if (how === 'deletes') unlinkSync(path);
    if (how === 'replaces') {
      writeFileSync(join(this.#stage.top, 'draft'), bytes);
      renameSync(join(this.#stage.top, 'draft'), path);
    }
  }

  #turn({ of, turns }: NonNullable<Ordeal['mount']>): boolean {
    if (turns === 'read-only') {
      // Refused while a file is open for writing: then at the next step.
      if (!mounts('-o', 'remount,ro', this.#mountPoint(of))) return false;
    } else {
      for (let bytes = SMALL; bytes >= 512; bytes = Math.floor(bytes / 2))
        try {
          writeFileSync(this.#filler(of), new Uint8Array(bytes), { flag: 'a' });
        } catch {
          // Full, to the half of this.
        }
    }
    this.faults++;
    return true;
  }

  #cure(): void {
    if (!this.#ill) return;
    this.#ill = false;
    const { practice } = this.#service ?? {};
    if (practice !== undefined) {
      this.faults += practice.faults.list().reduce((sum, { hits }) => sum + hits, 0);
      practice.faults.clear();
    }
    const { mount } = this.#ordeal;
    if (mount === undefined) return;
    if (mount.turns === 'read-only') mounts('-o', 'remount,rw', this.#mountPoint(mount.of));
    else rmSync(this.#filler(mount.of), { force: true });
  }

  #mountPoint(of: 'files' | 'home'): string {
    const { home, folder, out } = this.#stage;
    return of === 'home' ? home : this.#ordeal.output === 'folder' ? out : folder;
  }

  #filler(of: 'files' | 'home'): string {
    return join(this.#mountPoint(of), 'filler.tmp');
  }
}

/** A practice KMS that can go away and come back under the same address. */
class Service {
  readonly #stateDir: string;
  practice: PracticeKms;

  private constructor(stateDir: string, practice: PracticeKms) {
    this.#stateDir = stateDir;
    this.practice = practice;
  }

  static async start(): Promise<Service> {
    const stateDir = mkdtempSync(join(tmpdir(), 'rewrap-torture-kms-'));
    return new Service(stateDir, await startPracticeKms({ stateDir }));
  }

  get access() {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.practice;
    return { endpoint, region, accessKeyId, secretAccessKey };
  }

  readonly call: PracticeKms['call'] = (...args) => this.practice.call(...args);

  goAway(): Promise<void> {
    return this.practice.close();
  }

  async comeBack(): Promise<void> {
    const port = Number(new URL(this.practice.endpoint).port);
    await this.practice.close();
    this.practice = await startPracticeKms({ stateDir: this.#stateDir, port });
  }

  async stop(): Promise<void> {
    await this.practice.close();
    rmSync(this.#stateDir, { recursive: true, force: true });
  }
}

function mountSmall(folder: string): void {
  execFileSync('mkdir', ['-p', folder]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL}`, 'tmpfs', folder]);
}

function mounts(...args: string[]): boolean {
  try {
    execFileSync('mount', args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
