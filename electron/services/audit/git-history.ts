import { type GitHistory, MOST_HISTORY_BLOBS } from '#shared/model/git-history.ts';
import { readHistory } from '../../core/git-history/index.ts';
import type { FoundBlob } from '../../core/intake/index.ts';
import type { Blobs, Workspace } from '../workspace/index.ts';

/** What is kept of one reading, and of which list it is. */
interface Read {
  readonly contents: number;
  /** With every blob. */
  readonly whole: WholeHistory;
}

/** History with all of its blobs, one of each key material, and those of the size of RSA ciphertext by their hex SHA-256. */
export interface WholeHistory {
  readonly history: GitHistory;
  readonly samples: ReadonlyMap<string, FoundBlob>;
  readonly candidates: ReadonlyMap<string, FoundBlob>;
}

/**
 * The git history of the repositories that the list was read from: off until a person turns it on. It is read again when
 * the list has become another, and is never counted with it.
 */
export class GitHistories {
  readonly #parts: { readonly workspace: Workspace; readonly blobs: Blobs };
  #on = false;
  #read: Read | null = null;
  #reading: { readonly contents: number; readonly done: Promise<WholeHistory> } | null = null;

  constructor(parts: { readonly workspace: Workspace; readonly blobs: Blobs }) {
    this.#parts = parts;
  }

  /** Turns it on or off. Answers when it has been read. */
  async use(on: boolean): Promise<GitHistory | null> {
    this.#on = on;
    return this.current();
  }

  /** What stands in the history of the list as it is; null while it is off. */
  async current(): Promise<GitHistory | null> {
    if (!this.#on) return null;
    const { history } = await this.whole();
    return { ...history, blobs: history.blobs.slice(0, MOST_HISTORY_BLOBS) };
  }

  /** All of it, whether or not the list shows it. */
  async whole(): Promise<WholeHistory> {
    const { contents } = this.#parts.workspace;
    if (this.#read?.contents === contents) return this.#read.whole;
    if (this.#reading?.contents !== contents)
      this.#reading = { contents, done: this.#make(contents).finally(() => (this.#reading = null)) };
    return this.#reading.done;
  }

  async #make(contents: number): Promise<WholeHistory> {
    const { workspace, blobs } = this.#parts;
    await blobs.prepare();
    const here = new Set(blobs.audited().rows.map(({ sha256 }) => sha256));
    const stores = new Set<string>();
    const history: GitHistory = { repositories: [], blobs: [], total: 0 };
    const samples = new Map<string, FoundBlob>();
    const candidates = new Map<string, FoundBlob>();
    for (const repository of workspace.repositories.all) {
      const read = await readHistory({ ...repository, inTree: (sha256) => here.has(sha256) }, (store) =>
        stores.has(store),
      );
      if (read === null) continue;
      // Of a part of a repository, the rest may be asked for, too.
      if (read.store !== null && repository.below === null) stores.add(read.store);
      history.repositories.push(read.repository);
      history.total += read.blobs.length;
      for (const blob of read.blobs) history.blobs.push(blob);
      for (const [fingerprint, blob] of read.samples)
        if (!samples.has(fingerprint)) samples.set(fingerprint, blob);
      for (const [sha256, blob] of read.candidates) candidates.set(sha256, blob);
    }
    const whole = { history, samples, candidates };
    if (this.#parts.workspace.contents === contents) this.#read = { contents, whole };
    return whole;
  }
}
