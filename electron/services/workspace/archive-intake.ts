import { lstatSync } from 'node:fs';
import { count } from '#shared/format.ts';
import type { SkippedCode } from '#shared/model/coverage.ts';
import {
  type ArchiveFile,
  archiveEntries,
  displayPath,
  INSIDE,
  type Magic,
  memberPath,
  type WalkedFile,
} from '../../core/intake/index.ts';

/** Most bytes that are kept of files of archives, in one intake: they are in no file of their own. */
const KEPT_BYTES = 512 * 1024 * 1024;

interface ArchiveIntakeParts {
  /** Takes what a file of an archive holds; whether anything of it is kept. */
  readonly take: (file: WalkedFile, bytes: Uint8Array) => boolean;
  readonly skip: (code: SkippedCode, file: string, message: string) => void;
  /** An archive was opened, and so many files of it were read. */
  readonly opened: (inside: number) => void;
  /** What was kept of an archive, by its names. */
  readonly read: (path: string, keys: ReadonlySet<string>) => void;
  /** Gives others a turn, where it is time. */
  readonly others: () => Promise<void>;
}

/** Takes in the files of archives, each like one that was met in a folder. */
export class ArchiveIntake {
  readonly #parts: ArchiveIntakeParts;
  #kept = 0;

  constructor(parts: ArchiveIntakeParts) {
    this.#parts = parts;
  }

  /** A file that holds others, or values, compressed, and that Rewrap does not open. */
  closed({ display }: WalkedFile, { name, exportAs }: Magic): void {
    this.#parts.skip(
      'archive-closed',
      display,
      `A ${name}, which Rewrap does not open: its bytes were searched as they are, and what is compressed in it was not. Add it as ${exportAs}.`,
    );
  }

  /** Reads an archive to its end, or to what ends it. Throws FaultErrors where it cannot be opened. */
  async read(met: WalkedFile): Promise<void> {
    const { take, skip, opened, read, others } = this.#parts;
    const { size, mtimeMs } = lstatSync(met.path);
    const archive: ArchiveFile = { path: met.path, size, mtimeMs };
    const keys = new DistinctNames();
    const outputs = new DistinctNames();
    const gitFolders = new Set<string>();
    let inside = 0;
    for await (const entry of archiveEntries(met.path)) {
      await others();
      const display = [met.display, ...entry.names.map(displayPath)].join(INSIDE);
      if ('problem' in entry) {
        skip(entry.problem.code, display, entry.problem.message);
        continue;
      }
      const git = gitFolderOf(entry.names);
      if (git !== null) {
        if (!gitFolders.has(git)) skip('git', `${met.display}${INSIDE}${displayPath(git)}`, GIT_DATA);
        gitFolders.add(git);
        continue;
      }
      if (this.#kept + entry.bytes.length > KEPT_BYTES) {
        skip('archive-limit', display, TOO_MUCH);
        continue;
      }
      inside++;
      const name = [met.path, ...entry.names].join(INSIDE);
      const key = keys.of(name);
      const relative = outputs.of(memberPath(met.relative, entry.names));
      const shown = display + key.slice(name.length);
      const file = {
        type: 'file',
        path: key,
        display: shown,
        relative,
        repository: met.repository,
        archive,
      } as const;
      // What is kept is kept alone: the piece it came in may be much larger.
      const bytes = entry.bytes.slice();
      if (!take(file, bytes)) continue;
      this.#kept += bytes.length;
      keys.take(key);
      outputs.take(relative);
    }
    opened(inside);
    read(met.path, keys.all);
  }
}

const TOO_MUCH = `Not read: files with blobs in archives come to more than ${count(KEPT_BYTES / 1024 / 1024)} MiB. Unpack the archive, and add the folder.`;
const GIT_DATA =
  'The data of a git repository: not read as files. Unpack the archive, and use --git-history there.';

/** Gives each name once: two files of an archive may have one name. The second of `a` is `a (2)`. */
class DistinctNames {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  get all(): ReadonlySet<string> {
    return this.#taken;
  }

  of(name: string): string {
    let n = this.#next.get(name) ?? 1;
    let free = name;
    while (this.#taken.has(free)) free = `${name} (${++n})`;
    this.#next.set(name, n);
    return free;
  }

  take(name: string): void {
    this.#taken.add(name);
  }
}

/** The `.git` that an entry lies in; null where it lies in none. */
function gitFolderOf(names: readonly string[]): string | null {
  const name = names.at(-1) ?? '';
  const at = `/${name}`.indexOf('/.git/');
  return at < 0 ? null : [...names.slice(0, -1), name.slice(0, at + 4)].join(INSIDE);
}
