import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { OutputChoice } from '#shared/model/run.ts';
import type { ResolvedOutput } from '../../core/rotation/index.ts';
import { notHere } from '../faults.ts';

/** The output folders that a person named. */
export class OutputFolders {
  readonly #folders = new Map<string, string>();
  readonly #resultPath: (runId: string, blobId: string) => string | null;
  #nextFolder: number;

  /** `resultPath`: absolute path of the file that holds a new blob; null where there is none. */
  constructor(resultPath: (runId: string, blobId: string) => string | null, firstNumber = 1) {
    this.#resultPath = resultPath;
    this.#nextFolder = firstNumber;
  }

  readonly requests: PageHandlers['output'] = {
    chooseFolder: () => notHere('open a folder dialog'),
    reveal: () => notHere('show files in a file manager'),
  };

  readonly hostRequests: HostHandlers['output'] = {
    addFolder: ({ path }) => this.add(path),
    pathOf: async ({ runId, blobId }) => ({ path: this.#resultPath(runId, blobId) }),
  };

  /** Registers a folder; the token is all the page can name it by. */
  async add(path: string): Promise<{ token: string; path: string }> {
    const absolute = resolve(path);
    const info = await stat(absolute).catch(() => null);
    if (info !== null && !info.isDirectory())
      throw new FaultError(
        fault('NotAFolder', `${absolute} is not a folder.`, '', 'Name a folder to write the new files into.'),
      );
    const known = [...this.#folders].find(([, folder]) => folder === absolute);
    const token = known?.[0] ?? `f${this.#nextFolder++}`;
    this.#folders.set(token, absolute);
    return { token, path: absolute };
  }

  /** Absolute path of a folder that was named. Throws FaultError `FolderUnknown`. */
  path(token: string): string {
    const folder = this.#folders.get(token);
    if (folder !== undefined) return folder;
    throw new FaultError(
      fault(
        'FolderUnknown',
        'That output folder was not named on this host.',
        '',
        'Choose the folder again.',
      ),
    );
  }

  list(): { token: string; path: string }[] {
    return [...this.#folders].map(([token, path]) => ({ token, path }));
  }

  /**
   * Where new files go. `origins`: how the files of the run came here. Throws FaultError `FolderUnknown`, or
   * `NothingToReplace` where some have no file on this host.
   */
  resolve(output: OutputChoice, origins: ReadonlySet<string>): ResolvedOutput {
    if (output.mode === 'download') return { mode: 'keep' };
    if (output.mode === 'folder') return { mode: 'folder', folder: this.path(output.folderToken) };
    if (origins.has('upload') || origins.has('paste'))
      throw new FaultError(
        fault(
          'NothingToReplace',
          'Some of these blobs have no file on this host to replace.',
          'They were pasted, or uploaded as a copy.',
          'Choose a folder or a download for the output, or leave them out.',
        ),
      );
    return { mode: 'in-place', backup: output.backup };
  }
}
