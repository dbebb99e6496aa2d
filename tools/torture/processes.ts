import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunSummary } from '#shared/model/run.ts';
import { type FaultRule, type PracticeKms, startPracticeKms } from '../../electron/practice-kms/index.ts';
import { bundleForNode, ENGINE } from '../node-bundles.ts';
import type { Task } from './crash-process.ts';
import { Fixture, type TortureOutput } from './harness.ts';
import { practiceVault } from './sample-files.ts';

/** What a host says, a line each. */
export type HostSays =
  | { readonly begun: true }
  | { readonly child: number }
  | { readonly status: RunSummary['status']; readonly succeeded: number }
  | { readonly runs: readonly RunSummary[] };

/** A run by processes, and what happens to it. */
export interface ProcessRound {
  readonly processes: number;
  readonly output: TortureOutput;
  readonly kms: readonly FaultRule[];
  /** What is done to it at most: a process killed, the host killed, paused and gone on with. */
  readonly acts: number;
}

export interface ProcessReport {
  /** Processes that did files and were killed. */
  readonly killed: number;
  /** Hosts that were. */
  readonly hosts: number;
  readonly pauses: number;
  readonly undone: boolean;
}

/** Between two things that happen, milliseconds at most. */
const BETWEEN_MS = 300;
/** Part of the kills that come while a file is put back. */
const IN_PUT_BACK = 0.75;
/** How long after that began at most, milliseconds, where it is not at the instant at which the new file stands. */
const PUT_BACK_MS = 25;
/** How long nothing may be sent after a pause, milliseconds. */
const QUIET_MS = 60;
/** Times that what failed is tried again, once nothing happens any more. */
const ROUNDS = 4;

/** A host, the processes that do files, and their threads, bundled once. */
export async function bundleHost(): Promise<{ host: string; remove: () => void }> {
  const outDir = mkdtempSync(join(tmpdir(), 'rewrap-torture-host-'));
  const entries = [
    { entry: 'process-host', source: 'tools/torture/process-host.ts' },
    { entry: 'run-worker', source: 'electron/core/rotation/workers/main.ts' },
    ...ENGINE.filter(({ entry }) => entry === 'disk-thread'),
  ];
  for (const entry of entries) await bundleForNode(entry, outDir);
  return {
    host: join(outDir, 'process-host.cjs'),
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}

/**
 * A folder of mixed files is rotated by several processes, which are killed, as their host is, and paused, at random; then it
 * is undone in the same way. Throws with what is wrong.
 */
export async function processRound(
  host: string,
  how: ProcessRound,
  random: () => number,
): Promise<ProcessReport> {
  const stateDir = mkdtempSync(join(tmpdir(), 'rewrap-torture-kms-'));
  const practice = await startPracticeKms({ stateDir });
  const { output } = how;
  const fixture = await Fixture.make({
    output,
    algorithm: 'SYMMETRIC_DEFAULT',
    vault: await practiceVault(practice),
  });
  try {
    const round = new Round(host, how, practice, fixture, random);
    await round.run();
    return round.report;
  } finally {
    fixture.remove();
    await practice.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

class Round {
  readonly report = { killed: 0, hosts: 0, pauses: 0, undone: false };
  readonly #host: string;
  readonly #how: ProcessRound;
  readonly #practice: PracticeKms;
  readonly #fixture: Fixture;
  readonly #random: () => number;
  #acts: number;
  /** Requests to re-encrypt that arrived. */
  #arrived = 0;

  constructor(
    host: string,
    how: ProcessRound,
    practice: PracticeKms,
    fixture: Fixture,
    random: () => number,
  ) {
    this.#host = host;
    this.#how = how;
    this.#practice = practice;
    this.#fixture = fixture;
    this.#random = random;
    this.#acts = how.acts;
  }

  async run(): Promise<void> {
    const { faults } = this.#practice;
    const next = faults.next.bind(faults);
    faults.next = (operation, ...rest) => {
      if (operation === 'ReEncrypt') this.#arrived++;
      return next(operation, ...rest);
    };
    faults.set(this.#how.kms);
    let runs = await this.#untilEnd('start', 'resume');
    faults.clear();
    this.#acts = 0;
    // A file that lost its process again and again is left as it was, and said to have failed.
    for (let again = 0; again < ROUNDS && runs[0]?.retry !== null; again++)
      runs = await this.#untilEnd('retry', 'resume');
    await this.#fixture.complete(runs, false);
    if (this.#how.output === 'no-backup') return;
    this.#acts = Math.ceil(this.#how.acts / 2);
    await this.#untilEnd('undo', 'undo');
    await this.#fixture.restored();
    this.report.undone = true;
  }

  /** Hosts, one after the other, until one comes to its end. All runs, newest first. */
  async #untilEnd(first: Task['what'], then: Task['what']): Promise<readonly RunSummary[]> {
    for (let what = first; ; ) {
      const runs = await this.#once(what);
      await this.#fixture.inspect();
      if (runs !== null) return runs;
      what = first === 'start' && !this.#fixture.begun() ? 'start' : then;
    }
  }

  /** One host; null: it was killed. */
  async #once(what: Task['what']): Promise<readonly RunSummary[] | null> {
    const task = { ...this.#fixture.task(what), processes: this.#how.processes };
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#practice;
    const access = { endpoint, region, accessKeyId, secretAccessKey };
    const args = [this.#host, JSON.stringify(task), JSON.stringify(access)];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const heard = new Heard(child);
    const closed = once(child, 'close');
    const acting = what === 'undo' ? this.#killUndo(child, heard) : this.#act(child, heard);
    const [code, signal] = await closed;
    await acting;
    for (const pid of heard.children) await gone(pid);
    if (signal === 'SIGKILL') return null;
    if (code !== 0 || heard.runs === null) throw new Error(`${what} ended with ${code}: ${heard.complained}`);
    return heard.runs;
  }

  /** An undo is done by the host alone. */
  async #killUndo(child: ChildProcess, heard: Heard): Promise<void> {
    if (this.#acts === 0) return;
    await Promise.race([heard.begun.then(() => wait(this.#random() * BETWEEN_MS)), heard.over]);
    if (heard.ended) return;
    this.#acts--;
    this.report.hosts++;
    child.kill('SIGKILL');
  }

  /** What happens to a run from its first process on, until it has ended or enough has happened. */
  async #act(child: ChildProcess, heard: Heard): Promise<void> {
    await Promise.race([heard.working, heard.over]);
    while (this.#acts > 0 && !heard.ended) {
      await Promise.race([wait(this.#random() * BETWEEN_MS), heard.over]);
      if (heard.ended) return;
      this.#acts--;
      const what = this.#random();
      if (what < 0.65 && this.#random() < IN_PUT_BACK) await this.#putBack(heard);
      if (what < 0.45) this.#killSome(heard);
      else if (what < 0.65) {
        if (heard.ended) return;
        this.report.hosts++;
        child.kill('SIGKILL');
        return;
      } else await this.#pause(child, heard);
    }
  }

  /** Waits for a file that is being put back, and some milliseconds more; or for one that was replaced just now. */
  async #putBack({ over }: Heard): Promise<void> {
    const { written, files } = this.#fixture;
    const stands = this.#random() < 0.5;
    // A folder that is not there yet cannot be watched.
    mkdirSync(written, { recursive: true });
    const watching = watch(written, { recursive: true });
    const happens = new Promise<void>((resolve) => {
      watching.on('change', (_, name) => {
        if (stands ? files.has(String(name)) : /\.rewrap-[^/]*\.tmp$/.test(String(name))) resolve();
      });
    });
    await Promise.race([happens, over]);
    watching.close();
    if (!stands) await wait(this.#random() * PUT_BACK_MS);
  }

  /** One process, or all at once: of one in some it is not known which file it has. */
  #killSome({ children }: Heard): void {
    const living = [...children].filter(isAlive);
    const one = living[Math.floor(this.#random() * living.length)];
    for (const pid of this.#random() < 0.3 ? living : one === undefined ? [] : [one]) {
      this.report.killed++;
      process.kill(pid, 'SIGKILL');
    }
  }

  /** From when it says that it is paused, nothing arrives until it goes on, also where a process dies meanwhile. */
  async #pause(child: ChildProcess, heard: Heard): Promise<void> {
    const paused = heard.until('paused');
    child.stdin?.write('pause\n');
    await Promise.race([paused, heard.over]);
    if (heard.ended) return;
    this.report.pauses++;
    const before = this.#arrived;
    if (this.#random() < 0.5) this.#killSome(heard);
    await wait(QUIET_MS);
    if (this.#arrived !== before) throw new Error(`${this.#arrived - before} requests arrived after a pause`);
    child.stdin?.write('go\n');
  }
}

/** What a host has said. */
class Heard {
  readonly children = new Set<number>();
  /** Resolves when it has what has the runs; when it has started a process; when it has ended. */
  readonly begun: Promise<void>;
  readonly working: Promise<void>;
  readonly over: Promise<void>;
  readonly #begins = Promise.withResolvers<void>();
  readonly #works = Promise.withResolvers<void>();
  runs: readonly RunSummary[] | null = null;
  complained = '';
  ended = false;
  #waiting: { readonly status: RunSummary['status']; readonly resolve: () => void }[] = [];

  constructor(child: ChildProcess) {
    this.begun = this.#begins.promise;
    this.working = this.#works.promise;
    this.over = once(child, 'close').then(() => {
      this.ended = true;
    });
    // Writing to one that was killed.
    child.stdin?.on('error', () => undefined);
    child.stderr?.on('data', (text) => {
      this.complained += text;
    });
    if (child.stdout === null) throw new Error('no output');
    createInterface(child.stdout).on('line', (line) => this.#take(line));
  }

  until(status: RunSummary['status']): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ status, resolve }));
  }

  #take(line: string): void {
    let said: HostSays;
    try {
      said = JSON.parse(line);
    } catch {
      // Cut off with the host.
      return;
    }
    if ('begun' in said) this.#begins.resolve();
    else if ('child' in said) {
      this.children.add(said.child);
      this.#works.resolve();
    } else if ('runs' in said) this.runs = said.runs;
    else {
      const { status } = said;
      for (const one of this.#waiting) if (one.status === status) one.resolve();
      this.#waiting = this.#waiting.filter((one) => one.status !== status);
    }
  }
}

/** Signal 0 asks whether there is such a process; one that was not waited for still has its number. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc') || existsSync(`/proc/${pid}/exe`);
  } catch {
    return false;
  }
}

/** Throws where a process outlives its host. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries++) {
    if (tries > 500) throw new Error(`process ${pid} goes on without its host`);
    await wait(20);
  }
}
