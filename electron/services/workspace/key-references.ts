import type { KeyReference } from '#shared/model/audit.ts';
import type { FoundReference } from '../../core/intake/index.ts';
import { type AliasTie, type KeyNames, readKeyName } from '../../core/key-material/index.ts';

/** Where files name keys beside their blobs. */
export class KeyReferences {
  /** By the path of the file. */
  readonly #byPath = new Map<string, { display: string; found: readonly FoundReference[] }>();

  /** What a file names; nothing of what it named before stays. */
  set(path: string, display: string, found: readonly FoundReference[]): void {
    if (found.length > 0) this.#byPath.set(path, { display, found });
    else this.#byPath.delete(path);
  }

  delete(path: string): void {
    this.#byPath.delete(path);
  }

  clear(): void {
    this.#byPath.clear();
  }

  /** Where files name a key beside their blobs, by any of its names. */
  to(key: string, names: KeyNames): KeyReference[] {
    const references: KeyReference[] = [];
    const asked = new Map<string, boolean>();
    for (const { display, found } of this.#byPath.values())
      for (const { line, sort, name } of found) {
        const same = asked.get(name) ?? mayBe(names, name, key);
        asked.set(name, same);
        if (same) references.push({ file: display, line, sort, name });
      }
    return references;
  }

  /** Keys that configuration files say aliases name, each pair once. */
  aliasTies(): AliasTie[] {
    const ties = new Map<string, AliasTie>();
    for (const { found } of this.#byPath.values())
      for (const { name, target } of found)
        if (target !== undefined) ties.set(`${name} ${target}`, { alias: name, key: target });
    return [...ties.values()];
  }
}

/** Whether a name that is written stands for a key that is asked about, or may: an alias without its account. */
function mayBe(names: KeyNames, written: string, key: string): boolean {
  const same = names.same(written, key);
  if (same !== 'maybe') return same === 'same';
  const [one, other] = [readKeyName(written), readKeyName(key)];
  if (one.alias && other.alias) return one.id === other.id;
  // A name that stands for several keys, as an alias does that two accounts have, may mean this one.
  const keys = names.keysOf(key);
  return names.keysOf(written).some((each) => keys.includes(each));
}
