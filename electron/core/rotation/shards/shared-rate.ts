import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeFolders } from '../../storage/files.ts';

/** The folder is looked at so often, milliseconds. */
const LOOK_MS = 2_000;
const DONE = /^\d{5}\.done$/;

interface RateParts {
  /** Folder that every shard sees. */
  readonly folder: string;
  readonly index: number;
  readonly count: number;
  /** Requests a second of all shards together. */
  readonly total: number;
  readonly lookMs?: number;
}

/**
 * One rate for all shards: each has its even share, and those of shards that sent all they had go to the others. A shard
 * that has not begun keeps its share, since it may begin at any time. One that did not see the folder lately falls back to
 * its own share, so that a shard that begins anew has to wait no longer than that before it sends.
 */
export class SharedRate {
  readonly #parts: RateParts;
  readonly #lookMs: number;
  readonly #marker: string;
  #done = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: RateParts) {
    this.#parts = parts;
    this.#lookMs = parts.lookMs ?? LOOK_MS;
    this.#marker = join(parts.folder, `${String(parts.index).padStart(5, '0')}.done`);
  }

  /** Takes the own share back, where it was given away, and resolves once every other shard has seen that. */
  async begin(): Promise<void> {
    makeFolders(this.#parts.folder, 0o700);
    const given = this.#markers().some((name) => this.#marker.endsWith(name));
    if (given) {
      rmSync(this.#marker, { force: true });
      await wait(3 * this.#lookMs);
    }
    this.#look();
    this.#timer = setInterval(() => this.#look(), this.#lookMs);
    this.#timer.unref();
  }

  /** Requests a second that this shard may send now. */
  share(): number {
    const { total, count } = this.#parts;
    const seen = performance.now() - this.#lookedAt < 2 * this.#lookMs;
    const others = Math.min(count - 1, seen ? this.#done : 0);
    return total / (count - others);
  }

  /** `done`: nothing is left to send, and the share is given away. */
  end(done: boolean): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (!done) return;
    try {
      makeFolders(this.#parts.folder, 0o700);
      writeFileSync(this.#marker, '', { mode: 0o600 });
    } catch {
      // The share stays unused.
    }
  }

  #look(): void {
    try {
      this.#done = this.#markers().filter((name) => !this.#marker.endsWith(name)).length;
      this.#lookedAt = performance.now();
    } catch {
      // Not seen: the own share is what is left after a while.
    }
  }

  #markers(): string[] {
    return readdirSync(this.#parts.folder).filter((name) => DONE.test(name));
  }
}
