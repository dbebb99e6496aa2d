import type { ListedSource } from './source.ts';

/** A git repository, as a walk met it. */
interface MetRepository {
  /** Absolute. */
  readonly path: string;
  /** For people. */
  readonly display: string;
  /** The only part of it that was named, absolute; null: all of it. */
  readonly below: string | null;
}

/** The git repositories that files of the list were met in. */
export class Repositories {
  /** Names of repositories by their absolute path; no two have the same. */
  readonly #names = new Map<string, string>();
  /** Those that were met, by path and the part of them that was named. */
  readonly #met = new Map<string, MetRepository>();

  get all(): readonly MetRepository[] {
    return [...this.#met.values()];
  }

  /** A walk met one. `below`: the only part of it that was named, absolute; null: all of it. */
  meet(path: string, display: string, below: string | null): void {
    if (below !== null && this.#met.has(path)) return;
    if (below === null)
      for (const [key, one] of this.#met) if (one.path === path && one.below !== null) this.#met.delete(key);
    this.#met.set(below === null ? path : `${path}\0${below}`, { path, display, below });
  }

  /** Name of the repository that a source lies in, which no other has; null where it lies in none. */
  nameOf({ repository }: ListedSource): string | null {
    if (repository === null) return null;
    const known = this.#names.get(repository.path);
    if (known !== undefined) return known;
    const taken = new Set(this.#names.values());
    let name = repository.display;
    for (let n = 2; taken.has(name); n += 1) name = `${repository.display} (${n})`;
    this.#names.set(repository.path, name);
    return name;
  }

  /** Forgets which were met; names stay as they were given. */
  clear(): void {
    this.#met.clear();
  }
}
