import { gitText, runGit } from './run-git.ts';

/** A commit, by its id, and when it was made: ISO 8601, UTC. */
interface Commit {
  readonly id: string;
  readonly at: string;
}

/** Where a file content stands in history. */
export interface FileInHistory {
  readonly oid: string;
  /** Path in the repository, with "/". */
  readonly path: string;
  /** The oldest commit that has it there, and the newest. */
  readonly first: Commit;
  readonly last: Commit;
  /** Refs from which a commit that has it is reached, by name, at most {@link MOST_REFS}; empty: a reflog alone. */
  readonly refs: readonly string[];
  /** How many such refs there are, and of how many the files have it still. */
  readonly reachedBy: number;
  readonly heldBy: number;
}

/** Most refs that are named for one place. */
const MOST_REFS = 20;

/** Most places of contents that are followed through one repository. */
export const MOST_PLACES = 100_000;

interface Node {
  readonly id: string;
  readonly seconds: number;
  /** Its place in the order, parents first. */
  readonly order: number;
  /** Places that its files have, and that its history has: a bit each. */
  readonly present: bigint;
  readonly reached: bigint;
}

/**
 * Follows file contents through history in one pass over commits, parents first. A commit's files are those of its first
 * parent and what it changes of them, so which places it has is a set of bits that most commits share with their parent.
 * `cut`: more places than are followed. Throws the faults of {@link runGit}.
 */
export async function filesInHistory(
  repository: string,
  wanted: ReadonlySet<string>,
): Promise<{ filesInHistory: FileInHistory[]; commits: number; cut: boolean }> {
  const history = new History(wanted);
  try {
    await history.read(repository, ['--all', '--reflog']);
  } catch {
    // A reflog may name commits that are gone.
    history.clear();
    await history.read(repository, ['--all']);
  }
  return { ...history.end(await refsOf(repository)), commits: history.commits, cut: history.cut };
}

class History {
  readonly #wanted: ReadonlySet<string>;
  readonly #nodes = new Map<string, Node>();
  readonly #places: { oid: string; path: string; first: Node | null; last: Node | null }[] = [];
  readonly #numbers = new Map<string, number>();
  cut = false;

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  get commits(): number {
    return this.#nodes.size;
  }

  clear(): void {
    this.#nodes.clear();
    this.#places.length = 0;
    this.#numbers.clear();
  }

  async read(repository: string, which: readonly string[]): Promise<void> {
    const args = [
      'log',
      ...which,
      '--reverse',
      '--topo-order',
      '--raw',
      '--no-abbrev',
      '-z',
      '--no-renames',
      '--no-relative',
      '--no-ext-diff',
      '--no-textconv',
      '--no-show-signature',
      '--no-notes',
      '--no-mailmap',
      '--no-color',
      '--ignore-submodules=all',
      '--diff-merges=first-parent',
      '--format=tformat:%x01%H %ct %P',
    ];
    let open: { id: string; seconds: number; parents: string[]; changes: Change[] } | null = null;
    let change: Omit<Change, 'path'> | null = null;
    for await (const token of tokens(runGit(repository, args))) {
      if (change !== null) {
        open?.changes.push({ ...change, path: token });
        change = null;
      } else if (token.startsWith('\x01')) {
        if (open !== null) this.#commit(open);
        const [id = '', seconds = '', ...parents] = token.slice(1).trim().split(' ');
        open = { id, seconds: Number(seconds), parents, changes: [] };
      } else {
        const raw = /^\n?:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*$/.exec(token);
        if (raw !== null) change = { before: raw[1] ?? '', after: raw[2] ?? '' };
      }
    }
    if (open !== null) this.#commit(open);
  }

  #commit({
    id,
    seconds,
    parents,
    changes,
  }: {
    id: string;
    seconds: number;
    parents: string[];
    changes: Change[];
  }): void {
    const [parent, ...others] = parents.flatMap((one) => this.#nodes.get(one) ?? []);
    let present = parent?.present ?? 0n;
    const gone: number[] = [];
    const come: number[] = [];
    for (const { before, after, path } of changes) {
      if (this.#wanted.has(before)) {
        const at = this.#numbers.get(`${before} ${path}`);
        if (at !== undefined) {
          present &= ~(1n << BigInt(at));
          gone.push(at);
        }
      }
      if (this.#wanted.has(after)) {
        const at = this.#number(after, path);
        if (at !== null) {
          present |= 1n << BigInt(at);
          come.push(at);
        }
      }
    }
    let reached = (parent?.reached ?? 0n) | present;
    for (const other of others) if (other.reached !== reached) reached |= other.reached;
    const node: Node = {
      id,
      seconds,
      order: this.#nodes.size,
      // One object for all commits that are alike.
      present: present === parent?.present ? parent.present : present,
      reached: reached === parent?.reached ? parent.reached : reached,
    };
    this.#nodes.set(id, node);
    for (const at of come) this.#met(at, node);
    if (parent !== undefined) for (const at of gone) this.#met(at, parent);
    // What a merge does not take over stood last in the branch that it merges.
    for (const other of others) for (const at of bits(other.present & ~present)) this.#met(at, other);
  }

  #number(oid: string, path: string): number | null {
    const key = `${oid} ${path}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#places.length >= MOST_PLACES) {
      this.cut = true;
      return null;
    }
    this.#numbers.set(key, this.#places.length);
    return this.#places.push({ oid, path, first: null, last: null }) - 1;
  }

  #met(at: number, node: Node): void {
    const place = this.#places[at];
    if (place === undefined) return;
    if (place.first === null || node.order < place.first.order) place.first = node;
    if (place.last === null || node.order > place.last.order) place.last = node;
  }

  end(refs: readonly Ref[]): { filesInHistory: FileInHistory[] } {
    const named = this.#places.map(() => ({ refs: [] as string[], reachedBy: 0, heldBy: 0 }));
    for (const { commit, name } of refs) {
      const node = this.#nodes.get(commit);
      if (node === undefined) continue;
      for (const at of bits(node.reached)) {
        const place = named[at];
        if (place === undefined) continue;
        place.reachedBy++;
        if (place.refs.length < MOST_REFS) place.refs.push(name);
      }
      for (const at of bits(node.present)) {
        const place = named[at];
        if (place !== undefined) place.heldBy++;
        this.#met(at, node);
      }
    }
    return {
      filesInHistory: this.#places.flatMap(({ oid, path, first, last }, at) =>
        first === null || last === null
          ? []
          : [
              {
                oid,
                path,
                first: asCommit(first),
                last: asCommit(last),
                ...(named[at] ?? { refs: [], reachedBy: 0, heldBy: 0 }),
              },
            ],
      ),
    };
  }
}

interface Change {
  readonly before: string;
  readonly after: string;
  readonly path: string;
}

interface Ref {
  readonly name: string;
  readonly commit: string;
}

/** Branches, tags and remote branches with the commits that they name; and HEAD where it is on no branch. */
async function refsOf(repository: string): Promise<Ref[]> {
  const text = await gitText(repository, [
    'for-each-ref',
    '--format=%(objectname) %(*objectname) %(refname)',
  ]);
  const refs = text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]+) ([0-9a-f]*) (refs\/.+)$/.exec(line);
    return match === null ? [] : [{ name: shortName(match[3] ?? ''), commit: match[2] || (match[1] ?? '') }];
  });
  const head = await gitText(repository, ['rev-parse', '--verify', '--quiet', 'HEAD']).catch(() => '');
  return refs.some(({ commit }) => commit === head.trim()) || head.trim() === ''
    ? refs
    : [...refs, { name: 'HEAD', commit: head.trim() }];
}

const shortName = (ref: string): string =>
  ref.replace(/^refs\/(?:heads|tags|remotes)\//, '').replace(/^refs\//, '');

const asCommit = ({ id, seconds }: Node): Commit => ({
  id,
  at: new Date(Math.min(Math.max(seconds, 0), 8_640_000_000_000) * 1000).toISOString(),
});

/** Numbers of the bits that are set. */
function* bits(set: bigint): Generator<number> {
  if (set === 0n) return;
  const text = set.toString(16);
  for (let i = 0; i < text.length; i++) {
    const digit = Number.parseInt(text[text.length - 1 - i] ?? '0', 16);
    for (let bit = 0; bit < 4; bit++) if ((digit >> bit) & 1) yield i * 4 + bit;
  }
}

/** Texts between zero bytes. A path that is no UTF-8 shows that it is not. */
async function* tokens(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const piece of pieces) {
    let at = 0;
    for (let end = piece.indexOf(0); end >= 0; end = piece.indexOf(0, at)) {
      const part = piece.subarray(at, end);
      yield rest.length === 0 ? part.toString('utf8') : Buffer.concat([...rest, part]).toString('utf8');
      rest = [];
      at = end + 1;
    }
    if (at < piece.length) rest.push(piece.subarray(at));
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString('utf8');
}
