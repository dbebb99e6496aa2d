import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { FaultError, fault } from '#shared/model/fault.ts';
import { makeFolders, writeWhole } from '../../storage/files.ts';

/** How long a holder that shows no sign of life is left alone, milliseconds. */
const LEASE_MS = 15_000;
/** Signs of life within that time. */
const BEATS = 5;
const NAME = /^lease-(\d{6})\.json$/;

const Held = z.object({
  /** Name of the attempt: no other has it. */
  attempt: z.string(),
  host: z.string(),
  pid: z.int(),
  /** Where process ids mean something: {@link processSpace}. */
  space: z.string(),
  /** Counts up while the holder lives. */
  beat: z.int(),
  ended: z.boolean(),
});
type Held = z.infer<typeof Held>;

/** The attempt that had the shard before. `dead`: its process is gone, of this machine. */
interface Predecessor {
  readonly attempt: string;
  readonly dead: boolean;
}

/**
 * A shard that this process works on, and no other that can see the same folder. Each holder has a file of the next number:
 * making it under its name succeeds for one alone (a hard link, on network file systems too). Clocks of two machines are never
 * compared: a holder is given up when its file has not changed for some time of the watcher's own clock.
 *
 * It keeps most twins apart, not all: a machine that stands still for longer than the lease does not know it. What is done
 * to files stays safe without it.
 */
export class Lease {
  readonly attempt: string;
  readonly before: Predecessor | null;
  /** Aborted once another process has the shard, or nothing is known of the folder for too long. */
  readonly lost: AbortSignal;
  readonly #path: string;
  readonly #next: string;
  readonly #losing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #held: Held;
  #beatAt = performance.now();
  readonly #ms: number;

  private constructor(folder: string, number: number, held: Held, before: Predecessor | null, ms: number) {
    this.attempt = held.attempt;
    this.before = before;
    this.lost = this.#losing.signal;
    this.#path = fileOf(folder, number);
    this.#next = fileOf(folder, number + 1);
    this.#held = held;
    this.#ms = ms;
    this.#timer = setInterval(() => this.#beat(), ms / BEATS);
    this.#timer.unref();
  }

  /**
   * Takes a shard. `folder`: that of its state, made where there is none. Throws FaultError `ShardElsewhere` where another
   * process shows that it lives, and system errors.
   */
  static async take(folder: string, ms = LEASE_MS): Promise<Lease> {
    makeFolders(folder, 0o700);
    for (;;) {
      const last = newest(folder);
      const before = last === 0 ? null : await endOf(folder, last, ms);
      const number = last + 1;
      const held: Held = {
        attempt: `attempt-${String(number).padStart(6, '0')}-${randomBytes(6).toString('hex')}`,
        host: hostname(),
        pid: process.pid,
        space: processSpace(),
        beat: 0,
        ended: false,
      };
      if (!make(folder, number, held)) continue;
      for (const old of numbers(folder)) if (old < number) rmSync(fileOf(folder, old), { force: true });
      return new Lease(folder, number, held, before, ms);
    }
  }

  /** Lets the shard go, for the next process to take it at once. */
  release(): void {
    clearInterval(this.#timer);
    if (this.lost.aborted) return;
    try {
      if (read(this.#next) === null) this.#write({ ...this.#held, ended: true });
    } catch {
      // It is given up when it shows no sign of life.
    }
  }

  /** Whether no other process has the shard, as the folder says now. */
  isHeld(): boolean {
    try {
      return !this.lost.aborted && !this.#isTaken();
    } catch {
      return false;
    }
  }

  #isTaken(): boolean {
    return read(this.#next) !== null || read(this.#path)?.attempt !== this.attempt;
  }

  #beat(): void {
    try {
      if (this.#isTaken()) {
        this.#lose();
        return;
      }
      this.#write({ ...this.#held, beat: this.#held.beat + 1 });
      this.#beatAt = performance.now();
    } catch {
      // The folder may come back. Another process may take the shard over before it does.
      if (performance.now() - this.#beatAt > this.#ms / 2) this.#lose();
    }
  }

  #write(held: Held): void {
    writeWhole(this.#path, JSON.stringify(held), { flush: false });
    this.#held = held;
  }

  #lose(): void {
    clearInterval(this.#timer);
    this.#losing.abort();
  }
}

const fileOf = (folder: string, number: number): string =>
  join(folder, `lease-${String(number).padStart(6, '0')}.json`);

const numbers = (folder: string): number[] =>
  readdirSync(folder).flatMap((name) => {
    const number = NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });

const newest = (folder: string): number => Math.max(0, ...numbers(folder));

/** Null: there is no such file, or one that is not to be read. */
function read(path: string): Held | null {
  try {
    return Held.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch (error) {
    if (
      error instanceof SyntaxError ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    )
      return null;
    throw error;
  }
}

/** Makes the file of a holder under its name; false where another was first. */
function make(folder: string, number: number, held: Held): boolean {
  const temporary = join(folder, `.${held.attempt}.tmp`);
  writeFileSync(temporary, JSON.stringify(held), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, fileOf(folder, number));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    // No hard links here: what stands is not written over either way.
    try {
      writeFileSync(fileOf(folder, number), JSON.stringify(held), { mode: 0o600, flag: 'wx' });
      return true;
    } catch (again) {
      if (again instanceof Error && 'code' in again && again.code === 'EEXIST') return false;
      throw again;
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Waits until the holder of this number has ended or is given up. Throws FaultError `ShardElsewhere` where it lives. */
async function endOf(folder: string, number: number, ms: number): Promise<Predecessor | null> {
  const path = fileOf(folder, number);
  const first = read(path);
  if (first === null) return null;
  const { attempt } = first;
  if (first.ended) return { attempt, dead: true };
  if (first.space === processSpace() && !lives(first.pid)) return { attempt, dead: true };
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await wait(ms / BEATS / 2);
    const now = read(path);
    if (now === null || now.ended) return { attempt, dead: now !== null };
    if (now.beat !== first.beat)
      throw new FaultError(
        fault(
          'ShardElsewhere',
          `Another process does this shard: ${now.pid} on ${now.host}.`,
          'It shows that it lives.',
          'Nothing is to be done: that one brings the shard to its end. Should it die, the same command continues.',
        ),
      );
  }
  return { attempt, dead: false };
}

/** Whether a process of this machine lives. Of a number that is now our own, the one that had it is gone. */
export function lives(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

let space: string | undefined;

/** The same for processes that see each other's ids: of one start of one machine, and of one container in it. */
export function processSpace(): string {
  if (space !== undefined) return space;
  const parts = [hostname()];
  try {
    parts.push(
      readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      readlinkSync('/proc/self/ns/pid'),
    );
  } catch {
    // Not Linux: the machine's name has to do.
  }
  space = parts.join(' ');
  return space;
}
