import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { WebContents } from 'electron';
import type { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import { FaultError } from '#shared/model/fault.ts';
import { answer, type Engine } from '../../../bridge/index.ts';
import type { ElectronMain } from '../electron.ts';

interface DragOutParts {
  readonly electron: Pick<ElectronMain, 'app'>;
  readonly engine: Engine;
  /** Contents of the window, null while there is none. */
  readonly contents: () => WebContents | null;
  readonly dataDir: string;
}

/** Files of drags that are kept: who took the last ones may still be reading them. */
const KEPT = 20;

/**
 * Blobs that are dragged out of the window as files. The page names a blob; its ciphertext is written into a private folder
 * of the data folder, which is emptied at start and at the end: nothing says when the other program has read a file.
 */
export class DragOut {
  readonly #parts: DragOutParts;
  readonly #folder: string;
  #made: string[] = [];

  constructor(parts: DragOutParts) {
    this.#parts = parts;
    this.#folder = join(parts.dataDir, 'dragged');
    const empty = (): void => rmSync(this.#folder, { recursive: true, force: true });
    empty();
    parts.electron.app.once('quit', empty);
  }

  /** Answers `blobs.drag`. */
  readonly start = (input: unknown): Promise<Reply<unknown>> =>
    answer(requests.blobs.drag, input, async (which) => {
      const { electron, engine, contents } = this.#parts;
      const reply = await engine.callHost('blobs.file', which);
      if (!reply.ok) throw new FaultError(reply.fault);
      const file = this.#written(hostRequests.blobs.file.reply.parse(reply.value));
      const icon = await electron.app.getFileIcon(file, { size: 'normal' });
      contents()?.startDrag({ file, icon });
      return {};
    });

  /** Whether a path is of a file that was dragged out: dropped on the window again, it is nothing new. */
  owns(path: string): boolean {
    const way = relative(this.#folder, path);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }

  #written({ name, bytes }: z.output<(typeof hostRequests)['blobs']['file']['reply']>): string {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    // A folder each: two blobs may have one name.
    const folder = mkdtempSync(join(this.#folder, 'blob-'));
    const file = join(folder, name);
    writeFileSync(file, bytes, { mode: 0o600, flag: 'wx' });
    this.#made.push(folder);
    for (const old of this.#made.slice(0, -KEPT)) rmSync(old, { recursive: true, force: true });
    this.#made = this.#made.slice(-KEPT);
    return file;
  }
}
