import { renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { connect, type Kms } from '../../electron/core/kms/index.ts';
import { sealingKms } from '../../electron/core/rotation/testing/fake-kms.ts';
import { runTask, type Task } from './crash-process.ts';
import { troubledDisk } from './disk.ts';
import type { FaultScenario } from './fault-scenarios.ts';
import { sha256 } from './folder.ts';
import { Fixture } from './harness.ts';
import { RestartableKms } from './restartable-kms.ts';
import { practiceVault, sealedVault } from './sample-files.ts';
import { fillWith, mountSmall, remount, unmount } from './small-disk.ts';

interface ScenarioTotals {
  readonly scenarios: number;
  /** Requests, calls of the disk and files that were interfered with. */
  readonly faults: number;
  /** Runs: the first, those that tried again, and undoing. */
  readonly runs: number;
  /** Times that a run was held back and went on. */
  readonly held: number;
}

/** Times that what failed is tried again, once all is well. */
const ROUNDS = 4;

/**
 * Goes through fault scenarios with the real engine in this process. After each fault, and when all is well again: every file
 * wholly old or wholly new, journal and disk agreed, what is left completed, undoing restores every hash, nothing of
 * ours left. Throws with the fault scenario's name and what is wrong.
 */
export async function runScenario(
  scenarios: readonly FaultScenario[],
  random: () => number,
  onProgress: (name: string, faults: number) => void = () => {},
): Promise<ScenarioTotals> {
  const sum = { scenarios: 0, faults: 0, runs: 0, held: 0 };
  for (const scenario of scenarios) {
    const trial = await Trial.prepare(scenario, random);
    try {
      await trial.run();
      const { faults, runs, held } = trial;
      if (faults === 0) throw new Error('nothing went wrong');
      sum.scenarios++;
      sum.faults += faults;
      sum.runs += runs;
      sum.held += held;
      onProgress(scenario.name, faults);
    } catch (error) {
      throw new Error(`${scenario.name}: ${messageOf(error)}`, { cause: error });
    } finally {
      await trial.end();
    }
  }
  return sum;
}

const messageOf = (error: unknown): string =>
  error instanceof FaultError
    ? `${error.fault.code}: ${error.fault.message} ${error.fault.detail}`
    : error instanceof Error
      ? error.message
      : String(error);

class Trial {
  faults = 0;
  runs = 0;
  held = 0;
  readonly #scenario: FaultScenario;
  readonly #random: () => number;
  readonly #fixture: Fixture;
  readonly #service: RestartableKms | null;
  #kms: Kms;
  /** Whether things still go wrong. */
  #faulty = true;
  #steps = 0;
  #next: number;
  #waited = false;
  #turned = false;

  private constructor(
    scenario: FaultScenario,
    random: () => number,
    fixture: Fixture,
    kms: Kms,
    service: RestartableKms | null,
  ) {
    this.#scenario = scenario;
    this.#random = random;
    this.#fixture = fixture;
    this.#kms = kms;
    this.#service = service;
    this.#next = 20 + Math.floor(random() * 30);
  }

  static async prepare(scenario: FaultScenario, random: () => number): Promise<Trial> {
    const service = scenario.kms === undefined ? null : await RestartableKms.start();
    const vault = service === null ? sealedVault : await practiceVault(service);
    const { output, disk, mount } = scenario;
    const fixture = await Fixture.make(
      { output, algorithm: 'SYMMETRIC_DEFAULT', vault, leaky: disk?.fails?.unlink !== undefined },
      ({ folder, home, out }) => {
        if (mount?.of === 'home') mountSmall(home);
        else if (mount !== undefined) mountSmall(output === 'folder' ? out : folder);
      },
    );
    const kms = service === null ? sealingKms(0) : await connect({ kind: 'practice' }, service.access);
    return new Trial(scenario, random, fixture, kms, service);
  }

  async run(): Promise<void> {
    const { kms, output, second } = this.#scenario;
    if (kms !== undefined) this.#service?.practice.faults.set(kms);
    if (second !== undefined) await this.#withSecond();
    else await this.#task('start');
    await this.#inspect();
    // What goes wrong with undoing, before all is well.
    if (output !== 'no-backup' && this.#scenario.disk !== undefined) {
      await this.#task('undo').catch(() => undefined);
      await this.#inspect();
      this.#stopFaults();
      await this.#task('undo');
      await this.#fixture.restored();
      await this.#task('start');
    }
    this.#stopFaults();
    await this.#complete();
    if (output === 'no-backup') return;
    await this.#task('undo');
    if (second === 'other-home') {
      // A file that both replaced, in the same instant, goes back through what the other made of it.
      await this.#task('undo', this.#otherHome());
      await this.#task('undo');
    }
    await this.#fixture.restored();
  }

  async end(): Promise<void> {
    this.#kms.close();
    await this.#service?.stop();
    const { mount } = this.#scenario;
    if (mount !== undefined) unmount(this.#mountPoint(mount.of));
    this.#fixture.remove();
  }

  /** Tries again until every file that no other program changed is new. */
  async #complete(): Promise<void> {
    let runs = await this.#task('resume');
    for (let round = 0; round < ROUNDS; round++) {
      if (runs[0]?.retry === null && runs[0].status !== 'undone') break;
      runs = await this.#task(runs[0]?.status === 'undone' ? 'start' : 'retry');
      await this.#inspect();
    }
    await this.#inspect();
    const ended = runs.filter(({ status }) => status !== 'undone');
    if (this.#scenario.second !== 'other-home') await this.#fixture.complete(ended, false);
    const { holds } = this.#scenario;
    if (holds !== undefined && !this.#waited) throw new Error(`the run was not held back for ${holds}`);
  }

  /** With files of two data folders the journals of neither speak of all. */
  async #inspect(): Promise<void> {
    if (this.#scenario.second !== 'other-home') return this.#fixture.inspect();
    await this.#wholeFiles();
  }

  async #wholeFiles(): Promise<void> {
    for (const [relative, original] of this.#fixture.files) {
      const state = await this.#fixture.stateOf(relative, original);
      if (state !== 'old' && state !== 'new') throw new Error(`${relative} is ${state}`);
    }
  }

  async #task(what: Task['what'], home = this.#fixture.home): Promise<readonly RunSummary[]> {
    this.runs++;
    const faulty = this.#faulty;
    try {
      return await runTask(this.#fixture.task(what, home), {
        kms: this.#kms,
        disk: {
          fs: troubledDisk({
            trouble: faulty ? (this.#scenario.disk ?? {}) : {},
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
      if (faulty && this.#scenario.disk?.slowMs !== undefined) this.faults++;
    }
  }

  async #withSecond(): Promise<void> {
    const { second } = this.#scenario;
    const both = await Promise.allSettled([
      this.#task('start'),
      this.#task('start', second === 'other-home' ? this.#otherHome() : this.#fixture.home),
    ]);
    this.faults++;
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    if (second === 'other-home') {
      for (const error of refused) throw error;
      return;
    }
    const [error] = refused;
    if (refused.length !== 1 || !(error instanceof FaultError) || error.fault.code !== 'FilesInUse')
      throw new Error(`of two Rewraps ${2 - refused.length} took the files: ${refused.map(messageOf)}`);
  }

  #otherHome(): string {
    return join(this.#fixture.top, 'other-home');
  }

  #onHeld(fault: Fault): Promise<boolean> {
    this.held++;
    if (fault.code === this.#scenario.holds) this.#waited = true;
    this.faults++;
    if (fault.code === 'JournalFailed') this.#stopFaults();
    return new Promise((resolve) => setTimeout(() => resolve(true), 5));
  }

  #onProgress({ status, fault }: RunSummary): void {
    const { outage } = this.#scenario;
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
    const { outsider, mount, outage } = this.#scenario;
    this.#steps++;
    if (!this.#faulty || this.#steps < this.#next) return;
    if (outage !== undefined && !this.#turned) {
      this.#turned = true;
      void this.#service?.goAway();
    }
    if (mount !== undefined && !this.#turned) this.#turned = this.#turn(mount);
    // What is written between the last look at a file and the rename, one system call apart, is not seen.
    if (outsider !== undefined && name !== 'rename' && this.#fixture.changedByOthers.size < 4) {
      this.#changeFile(outsider);
      this.#next = this.#steps + Math.floor(this.#random() * 25);
    }
  }

  #changeFile(how: NonNullable<FaultScenario['outsider']>): void {
    const { files, changedByOthers, folder } = this.#fixture;
    const left = [...files.keys()].filter((relative) => !changedByOthers.has(relative));
    const relative = left[Math.floor(this.#random() * left.length)];
    if (relative === undefined) return;
    const path = join(folder, relative);
    const bytes = Buffer.from(`of another program, ${this.#steps}\n`);
    changedByOthers.set(relative, how === 'deletes' ? null : sha256(bytes));
    this.faults++;
    if (how === 'changes') writeFileSync(path, bytes);
    if (how === 'deletes') unlinkSync(path);
    if (how === 'replaces') {
      writeFileSync(join(this.#fixture.top, 'draft'), bytes);
      renameSync(join(this.#fixture.top, 'draft'), path);
    }
  }

  #turn({ of, turns }: NonNullable<FaultScenario['mount']>): boolean {
    // At the next step, where it is refused.
    if (turns === 'read-only' && !remount(this.#mountPoint(of), 'ro')) return false;
    if (turns === 'full') fillWith(this.#filler(of));
    this.faults++;
    return true;
  }

  #stopFaults(): void {
    if (!this.#faulty) return;
    this.#faulty = false;
    const { practice } = this.#service ?? {};
    if (practice !== undefined) {
      this.faults += practice.faults.list().reduce((sum, { hits }) => sum + hits, 0);
      practice.faults.clear();
    }
    const { mount } = this.#scenario;
    if (mount === undefined) return;
    if (mount.turns === 'read-only') remount(this.#mountPoint(mount.of), 'rw');
    else rmSync(this.#filler(mount.of), { force: true });
  }

  #mountPoint(of: 'files' | 'home'): string {
    const { home, folder, out } = this.#fixture;
    return of === 'home' ? home : this.#scenario.output === 'folder' ? out : folder;
  }

  #filler(of: 'files' | 'home'): string {
    return join(this.#mountPoint(of), 'filler.tmp');
  }
}
