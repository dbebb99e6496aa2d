import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type FaultRule, type PracticeKms, startPracticeKms } from '../../electron/practice-kms/index.ts';
import { bundleForNode, ENGINE, SHELL } from '../node-bundles.ts';
import { makeShardFiles, type ShardFiles } from './shard-files.ts';

/** What happens to the processes of one round. */
export interface ShardRound {
  readonly shards: number;
  readonly files: number;
  /** Part of the starts that end by SIGKILL at a random moment. */
  readonly kills: number;
  /** Two processes at a time for each shard. `overlap`: nothing keeps them apart. */
  readonly twins: 'none' | 'at once' | 'overlap';
  readonly throttling: boolean;
  /** One process stands still for longer than its lease. */
  readonly slow: boolean;
  /** Requests a second of all shards together; null: no ceiling. */
  readonly rate: number | null;
  readonly backup: boolean;
}

export interface ShardReport {
  readonly starts: number;
  readonly killed: number;
  readonly requests: number;
  /** Most requests in any second. */
  readonly peak: number;
  /** What is wrong; empty: the round was survived. */
  readonly faults: readonly string[];
}

const NODE = ['--disable-warning=ExperimentalWarning'];
const LEASE_SECONDS = 1.5;
/** Starts of one shard before it is given up. */
const MOST_STARTS = 40;

/** The shell and its threads, bundled once. */
export async function bundleShell(): Promise<{ cli: string; remove: () => void }> {
  const outDir = mkdtempSync(join(tmpdir(), 'rewrap-torture-shell-'));
  const entries = [...SHELL, ...ENGINE.filter(({ entry }) => entry === 'disk-thread')];
  for (const entry of entries) await bundleForNode(entry, outDir);
  return {
    cli: join(outDir, 'cli-main.cjs'),
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}

/** One plan in shards, on machines that die; compared with the run of one process over a copy of the files. */
export async function shardRound(cli: string, round: ShardRound, random: () => number): Promise<ShardReport> {
  const top = mkdtempSync(join(tmpdir(), 'rewrap-torture-shards-'));
  const practice = await startPracticeKms({ stateDir: join(top, 'kms') });
  try {
    return await new Round(cli, top, practice, round, random).run();
  } finally {
    await practice.close();
    rmSync(top, { recursive: true, force: true });
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Round {
  readonly #cli: string;
  readonly #top: string;
  readonly #practice: PracticeKms;
  readonly #round: ShardRound;
  readonly #random: () => number;
  readonly #faults: string[] = [];
  /** When each request arrived, milliseconds. */
  readonly #arrived: number[] = [];
  #starts = 0;
  #killed = 0;

  constructor(cli: string, top: string, practice: PracticeKms, round: ShardRound, random: () => number) {
    this.#cli = cli;
    this.#top = top;
    this.#practice = practice;
    this.#round = round;
    this.#random = random;
  }

  async run(): Promise<ShardReport> {
    const { shards, rate, backup, throttling } = this.#round;
    const files = await makeShardFiles(this.#practice, this.#top, this.#round.files);
    const [plan, folder] = [join(this.#top, 'plan.json'), join(this.#top, 'shards')];
    const made = await this.#rewrap(
      'home',
      [
        ...['plan', files.folder, '--to', files.destination, '--to-algorithm', 'SYMMETRIC_DEFAULT'],
        ...['--concurrency', '4', ...(backup ? [] : ['--no-backup']), '-o', plan],
      ],
      this.#top,
    );
    if (made.code !== 0) throw new Error(made.stderr);
    const split = ['plan', 'shard', plan, '--shards', String(shards), '-o', folder];
    const dealt = await this.#rewrap('home', [...split, ...(rate === null ? [] : ['--rate', String(rate)])]);
    if (dealt.code !== 0) throw new Error(dealt.stderr);

    this.#count();
    const rules: FaultRule[] = throttling
      ? [{ kind: 'throttling', operations: ['ReEncrypt'], every: 9 }]
      : [];
    this.#practice.faults.set(rules);
    await Promise.all(Array.from({ length: shards }, (_, index) => this.#shard(folder, index)));
    this.#practice.faults.clear();
    const requests = this.#arrived.length;
    const peak = peakOf(this.#arrived);
    // Requests on their way are counted where they arrive: so many may arrive together, four at a time with their
    // verification.
    if (rate !== null && this.#round.twins !== 'overlap' && peak > rate * 1.02 + shards + 8 * shards)
      this.#faults.push(`${peak} requests in a second, of ${rate} allowed`);
    await this.#checkFiles(files);
    await this.#compare(files, plan, folder);
    return {
      starts: this.#starts,
      killed: this.#killed,
      requests,
      peak,
      faults: this.#faults,
    };
  }

  #count(): void {
    const { faults } = this.#practice;
    const next = faults.next.bind(faults);
    faults.next = (operation, ...rest) => {
      if (operation === 'ReEncrypt') this.#arrived.push(performance.now());
      return next(operation, ...rest);
    };
  }

  /** Starts a shard until it is done, as a scheduler would. */
  async #shard(folder: string, index: number): Promise<void> {
    for (let start = 0; start < MOST_STARTS; start++) {
      const { twins } = this.#round;
      const all = [this.#start(folder, index, start)];
      if (twins !== 'none') {
        if (twins === 'overlap') await this.#loseLease(folder, index);
        all.push(this.#start(folder, index, start));
      }
      const ends = await Promise.all(all);
      for (const { code, signal, stderr } of ends)
        if (signal === null && code !== 0 && code !== 1 && code !== 3)
          this.#faults.push(`shard ${index} ended with ${code}: ${stderr}`);
      if (ends.some(({ code }) => code === 0 || code === 1)) return;
    }
    this.#faults.push(`shard ${index} was not done after ${MOST_STARTS} starts`);
  }

  async #start(folder: string, index: number, start: number): Promise<Ended> {
    const { kills, slow } = this.#round;
    this.#starts += 1;
    // Whatever machine is free; what stood on the disk of another one is not there.
    const machine = `machine-${Math.floor(this.#random() * 3)}`;
    const child = this.#spawn(machine, [
      ...['run', folder, '--index', String(index), '--lease', String(LEASE_SECONDS)],
      ...['--region', 'us-east-1', '--endpoint-url', this.#practice.endpoint],
    ]);
    const ended = endOf(child);
    const over = new AbortController();
    void ended.then(() => over.abort());
    const later = (ms: number) =>
      wait(ms, undefined, { signal: over.signal }).then(
        () => true,
        () => false,
      );
    if (start < MOST_STARTS - 5 && this.#random() < kills) {
      if (await later(300 + this.#random() * 2500)) {
        this.#killed += 1;
        child.kill('SIGKILL');
      }
    } else if (slow && index === 0 && start === 0) {
      if (await later(700 + this.#random() * 1000)) {
        child.kill('SIGSTOP');
        await wait(LEASE_SECONDS * 2000);
        child.kill('SIGCONT');
      }
    }
    return ended;
  }

  /** Takes the first one's lease away once it has it, so that the second begins beside it. */
  async #loseLease(folder: string, index: number): Promise<void> {
    const state = join(folder, 'state', `shard-${String(index).padStart(5, '0')}`);
    for (let tries = 0; tries < 200; tries++) {
      const [lease] = existsSync(state) ? readdirSync(state).filter((name) => name.startsWith('lease-')) : [];
      if (lease !== undefined) return rmSync(join(state, lease), { force: true });
      await wait(20);
    }
  }

  async #checkFiles(files: ShardFiles): Promise<void> {
    for (const name of files.names) {
      const wrong = await files.wrong(files.folder, name, false);
      if (wrong !== null) this.#faults.push(`${name}: ${wrong}`);
    }
    for (const part of readdirSync(files.folder))
      for (const name of readdirSync(join(files.folder, part)))
        if (name.endsWith('.tmp')) this.#faults.push(`left behind: ${part}/${name}`);
  }

  async #compare(files: ShardFiles, plan: string, folder: string): Promise<void> {
    const over = ['--region', 'us-east-1', '--endpoint-url', this.#practice.endpoint];
    const single = await this.#rewrap('alone', ['run', plan, '--root', files.single, '--json', ...over]);
    const merged = await this.#rewrap('home', ['runs', 'merge', folder, '--json']);
    if (merged.code !== single.code)
      this.#faults.push(`merged ends with ${merged.code}, single with ${single.code}: ${merged.stderr}`);
    const [a, b] = [comparable(merged.stdout), comparable(single.stdout)];
    if (a !== b) this.#faults.push(`merged differs from single at ${difference(a, b)}`);
  }

  #spawn(home: string, args: readonly string[], cwd = this.#top): ChildProcess {
    const { accessKeyId, secretAccessKey } = this.#practice;
    const { PATH, TMPDIR } = process.env;
    return spawn(process.execPath, [...NODE, this.#cli, ...args], {
      cwd,
      env: {
        PATH,
        ...(TMPDIR === undefined ? {} : { TMPDIR }),
        HOME: this.#top,
        REWRAP_HOME: join(this.#top, home),
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  #rewrap(home: string, args: readonly string[], cwd?: string): Promise<Ended> {
    return endOf(this.#spawn(home, args, cwd));
  }
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (part: Buffer) => {
    stdout += part.toString('utf8');
  });
  child.stderr?.on('data', (part: Buffer) => {
    stderr += part.toString('utf8');
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
}

/** Most of these times within one second. */
export function peakOf(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= 1000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/** Members that differ between two runs of the same: ids, dates, ciphertext and its hashes, request ids, timings. */
const DIFFERENT: ReadonlySet<string> = new Set([
  ...['id', 'startedAt', 'finishedAt', 'connection', 'rate', 'secondsLeft', 'slowedTo', 'retries'],
  ...['sha256After', 'requestId', 'decryptRequestId', 'backup', 'raw', 'missing', 'chains', 'heads'],
]);

function comparable(text: string): string {
  try {
    return JSON.stringify(
      JSON.parse(text, (name, value) => (DIFFERENT.has(name) ? undefined : value)),
      (_, value) =>
        value !== null && typeof value === 'object' && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
          : value,
      1,
    );
  } catch {
    return text;
  }
}

function difference(a: string, b: string): string {
  const [x, y] = [a.split('\n'), b.split('\n')];
  const at = x.findIndex((line, i) => line !== y[i]);
  return `line ${at}: ${x.slice(Math.max(0, at - 4), at + 3).join(' ')} | ${y.slice(Math.max(0, at - 4), at + 3).join(' ')}`;
}
