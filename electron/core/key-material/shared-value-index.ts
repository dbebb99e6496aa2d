/** Things that share a text with another thing. Most share theirs with none, and cost no set. */
export class SharedValueIndex<T extends object> {
  readonly #alone = new Map<string, T>();
  readonly #groups = new Map<string, Set<T>>();
  #touched = new Set<string>();

  add(text: string, thing: T): void {
    const group = this.#groups.get(text);
    const first = this.#alone.get(text);
    if (group === undefined && first === undefined) {
      this.#alone.set(text, thing);
      return;
    }
    if (group !== undefined) group.add(thing);
    else if (first !== undefined) {
      this.#groups.set(text, new Set([first, thing]));
      this.#alone.delete(text);
    }
    this.#touched.add(text);
  }

  remove(text: string, thing: T): void {
    if (this.#alone.get(text) === thing) this.#alone.delete(text);
    const group = this.#groups.get(text);
    if (group?.delete(thing) !== true) return;
    this.#touched.add(text);
    if (group.size > 1) return;
    this.#groups.delete(text);
    for (const left of group) this.#alone.set(text, left);
  }

  /** All that have this text, where there are two or more; null otherwise. */
  of(text: string): ReadonlySet<T> | null {
    return this.#groups.get(text) ?? null;
  }

  /** What shares or shared a text with something that came or went since this was last asked. */
  touched(): { readonly alone: readonly T[]; readonly groups: readonly ReadonlySet<T>[] } {
    const alone: T[] = [];
    const groups: ReadonlySet<T>[] = [];
    for (const text of this.#touched) {
      const group = this.#groups.get(text);
      const left = this.#alone.get(text);
      if (group !== undefined) groups.push(group);
      if (left !== undefined) alone.push(left);
    }
    this.#touched = new Set();
    return { alone, groups };
  }
}
