import type { StatementSync } from 'node:sqlite';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import { lockName } from './lock-name.ts';
import type { Owner } from './owners.ts';

/** Takes files for a run, some at a time. A lock of a run that ended, or whose owner is dead, is stale and gives way. */
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
    const files = this.#held === 1 ? 'One of these files is' : `${this.#held} of these files are`;
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
