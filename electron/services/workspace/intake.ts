import { existsSync } from 'node:fs';
import type { HostHandlers, PageHandlers } from '#shared/contract/api.ts';
import { FaultError } from '#shared/model/fault.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { UntilShown } from '../../core/limits/until-shown.ts';
import { notHere } from '../faults.ts';
import type { IngestResult } from './ingest.ts';
import type { Workspace } from './workspace.ts';

/**
 * Who named a path: a person, in a dialog of the host or at its start; the page, by a path that was dropped on it; or the
 * page, by an upload, which opens no file outside the list.
 */
export type PathOrigin = 'picked' | 'path' | 'upload';

/** Plan files among what was named. */
export interface PlanOpener {
  /** Whether a file says that it is a plan. */
  isPlan(path: string): boolean;
  /** Throws FaultError `NoPlan`. */
  openFile(path: string, origin: PathOrigin): string;
}

interface IntakeParts {
  readonly workspace: Workspace;
  readonly plans: PlanOpener;
  /** Whether a run is under way. */
  readonly busy: () => boolean;
}

/** What comes onto the list, and what goes. */
export class Intake {
  readonly #parts: IntakeParts;
  /** Files and folders that were added, by their paths. */
  readonly #roots = new Set<string>();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  readonly requests: PageHandlers['intake'] = {
    choose: () => notHere('open a file dialog'),
    paste: async ({ text }) =>
      text === null ? notHere('read the clipboard') : this.#parts.workspace.addText(text),
    rescan: () => this.rescan(),
    clear: async ({ sourceIds }) => {
      if (sourceIds === null) this.#roots.clear();
      this.#parts.workspace.remove(sourceIds);
      return {};
    },
  };

  readonly hostRequests: HostHandlers['intake'] = {
    addPaths: ({ paths, origin }) => this.add(paths, origin),
    addNamed: ({ paths }) => this.add(paths, 'path'),
    addPiped: async ({ bytes, name }) => this.#parts.workspace.addPiped(bytes, name),
    unusedFolders: async ({ folders }) => ({
      folders: this.#parts.busy() ? [] : this.#parts.workspace.list.withoutSources(folders),
    }),
  };

  /**
   * Takes in what a person named. A plan file among it is opened instead; one that cannot be is a skipped file. (A plan in a
   * folder is a file like any other: it holds no ciphertext.) `shown`: as of {@link Workspace.addPaths}.
   */
  async add(
    paths: readonly string[],
    origin: PathOrigin,
    shown?: UntilShown,
  ): Promise<IngestResult & { plans: number }> {
    const { workspace, plans } = this.#parts;
    const planPaths = paths.filter((path) => plans.isPlan(path));
    const others = paths.filter((path) => !planPaths.includes(path));
    if (origin !== 'upload') for (const path of others) this.#roots.add(path);
    const result: IngestResult =
      others.length > 0 || planPaths.length === 0
        ? await workspace.addPaths(others, origin === 'upload' ? 'upload' : 'path', shown)
        : { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 };
    let opened = 0;
    for (const path of planPaths) {
      try {
        plans.openFile(path, origin);
        opened += 1;
      } catch (error) {
        if (!(error instanceof FaultError)) throw error;
        const { message, detail } = error.fault;
        const file = path.split(/[\\/]/).at(-1) ?? path;
        result.skippedFiles.push({
          file,
          root: path,
          code: 'bad-plan',
          message: `${message} ${detail}`.trim(),
        });
      }
    }
    return { ...result, plans: opened };
  }

  /** Reads again what was added, with what came into its folders since; files of it that are gone leave the list. */
  async rescan(): Promise<IngestResult & { gone: number }> {
    const { workspace } = this.#parts;
    const turns = new Turns();
    const gone: string[] = [];
    for (const { id, path, origin } of workspace.all) {
      if (path !== null && origin === 'path' && !existsSync(path)) gone.push(id);
      if (turns.over) await turns.give();
    }
    if (gone.length > 0) workspace.remove(gone);
    const result = await workspace.addPaths([...this.#roots], 'path');
    return { ...result, gone: gone.length };
  }
}
