import { hash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_FILES, MAX_INBOX_BYTES } from './limits.ts';
import { numbered, safeSegments } from './safe-path.ts';

/** Process ids are those of one machine, or container: others may share the temporary folder. */
const MACHINE = `m${hash('sha256', hostname()).slice(0, 8)}`;
const PREFIX = `rewrap-inbox-${MACHINE}-`;
/** With the process id; earlier versions named no machine. */
const OWN = new RegExp(`^rewrap-inbox-(?:${MACHINE}-)?(\\d+)-`);
const MAX_OPEN_BATCHES = 32;

interface Batch {
  readonly dir: string;
  files: number;
  bytes: number;
}

/**
 * Where uploaded files live: one folder of this process, mode 0700, files 0600, gone when the process ends. Each
 * batch (what was dropped together) has a folder of its own, so that its paths read as they did where they came from.
 */
export class Inbox {
  readonly dir: string;
  readonly #open = new Map<string, Batch>();
  /** Bytes of each finished batch, by its folder. */
  readonly #finished = new Map<string, number>();
  /** Bytes of all batches, open and finished. */
  #bytes = 0;
  readonly #onExit = (): void => rmSync(this.dir, { recursive: true, force: true });

  /** @param parent Folder to make the inbox in. Inboxes that dead processes left there are removed first. */
  constructor(parent: string = tmpdir()) {
    removeLeftovers(parent);
    this.dir = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
    process.once('exit', this.#onExit);
  }

  /**
   * Writes one file. `path` is as the page gave it and may be anything; the name on disk stays inside the batch.
   *
   * @returns The path within the batch, `/`-separated.
   * @throws FaultError `BadPath`, `BatchTooLarge`, `InboxFull`, `DiskFull`.
   */
  async store(batchId: string, path: string, bytes: Uint8Array): Promise<string> {
    const segments = safeSegments(path);
    if (segments === null) {
      throw new FaultError(
        fault('BadPath', 'A file has no usable name.', '', 'Rename it, or move it up from so deep a folder.'),
      );
    }
    if (this.#bytes + bytes.length > MAX_INBOX_BYTES) {
      throw new FaultError(
        fault(
          'InboxFull',
          'The uploads of this session take up all the space that they may.',
          `The loopback host keeps up to ${MAX_INBOX_BYTES / 1024 ** 3} GiB of uploaded files.`,
          'Remove files from the list that you no longer need, or name the folder where the files are: `rewrap serve PATH`.',
        ),
      );
    }
    const batch = await this.#batch(batchId);
    batch.files += 1;
    batch.bytes += bytes.length;
    this.#bytes += bytes.length;
    if (batch.files > MAX_BATCH_FILES || batch.bytes > MAX_BATCH_BYTES) {
      throw new FaultError(
        fault(
          'BatchTooLarge',
          'Too much was dropped at once.',
          `The loopback host takes up to ${MAX_BATCH_FILES} files and ${MAX_BATCH_BYTES / 1024 ** 3} GiB in one go.`,
          'Drop it in parts, or name the folder where the files are: `rewrap serve PATH`.',
        ),
      );
    }
    try {
      return await write(batch.dir, segments, bytes);
    } catch (error) {
      throw explained(error);
    }
  }

  /** Ends a batch: nothing can be added any more. @returns Absolute paths of what lies at its top. */
  async finish(batchId: string): Promise<string[]> {
    const batch = this.#open.get(batchId);
    if (batch === undefined) return [];
    this.#open.delete(batchId);
    this.#finished.set(batch.dir, batch.bytes);
    return (await readdir(batch.dir)).sort().map((name) => join(batch.dir, name));
  }

  /** Folders of the batches that can get no more files. */
  finished(): string[] {
    return [...this.#finished.keys()];
  }

  /** Removes finished batches by their folders; others are left alone. */
  async remove(folders: readonly string[]): Promise<void> {
    for (const folder of folders) {
      const bytes = this.#finished.get(folder);
      if (bytes === undefined) continue;
      this.#finished.delete(folder);
      await rm(folder, { recursive: true, force: true });
      this.#bytes -= bytes;
    }
  }

  close(): void {
    process.off('exit', this.#onExit);
    this.#onExit();
  }

  async #batch(id: string): Promise<Batch> {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const batch = { dir: join(this.dir, id), files: 0, bytes: 0 };
    this.#open.set(id, batch);
    await mkdir(batch.dir, { mode: 0o700, recursive: true });
    // A page that was reloaded half-way never finishes its batch.
    const [oldest] = this.#open;
    if (this.#open.size > MAX_OPEN_BATCHES && oldest !== undefined) {
      this.#open.delete(oldest[0]);
      this.#bytes -= oldest[1].bytes;
      await rm(oldest[1].dir, { recursive: true, force: true });
    }
    return batch;
  }
}

async function write(root: string, segments: readonly string[], bytes: Uint8Array): Promise<string> {
  const folder = join(root, ...segments.slice(0, -1));
  const name = segments.at(-1) ?? 'file';
  const inside = relative(root, join(folder, name));
  if (inside === '' || inside.split(sep)[0] === '..') throw new Error('path left the inbox');
  await mkdir(folder, { mode: 0o700, recursive: true });
  for (let n = 1; ; n += 1) {
    const path = join(folder, n === 1 ? name : numbered(name, n));
    try {
      // 'wx' creates or fails: neither a link nor an earlier file is written through.
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
      } catch (error) {
        // Half a file must not be taken in as if it were whole.
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      return relative(root, path).split(sep).join('/');
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || n > MAX_BATCH_FILES) throw error;
    }
  }
}

function explained(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FaultError(
      fault(
        'DiskFull',
        'There is no space for the uploaded files.',
        `The temporary folder ${tmpdir()} is full.`,
        'Free some space, or start `rewrap serve` with TMPDIR naming another disk.',
      ),
    );
  }
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR') {
    return new FaultError(
      fault(
        'BadPath',
        'A file and a folder of the same name were dropped.',
        '',
        'Drop them one after the other.',
      ),
    );
  }
  return error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

/** Removes inboxes of our own user that belong to a process which no longer runs (it was killed and could not tidy up). */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = Number(OWN.exec(name)?.[1]);
    if (!Number.isSafeInteger(pid) || pid <= 0 || isAlive(pid)) continue;
    const path = join(parent, name);
    try {
      const stat = lstatSync(path);
      const ours = process.getuid === undefined || stat.uid === process.getuid();
      if (stat.isDirectory() && ours) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another starting host was faster, or it cannot be removed: it is not in our way.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
