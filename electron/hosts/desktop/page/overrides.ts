import { dirname } from 'node:path';
import type { BrowserWindow, OpenDialogOptions } from 'electron';
import type { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Look } from '#shared/model/preferences.ts';
import { answer, answerUnparsed, type Engine } from '../../../bridge/index.ts';
import { chooseDataDir } from '../../../core/storage/data-folder.ts';
import type { ElectronMain } from '../electron.ts';
import type { DragOut } from './drag-out.ts';
import type { Overrides } from './ipc.ts';
import { isFolder, saveBlob, savePlan, saveReport, saveText } from './save-report.ts';

interface OverrideParts {
  readonly electron: Pick<ElectronMain, 'dialog' | 'clipboard' | 'shell' | 'BrowserWindow' | 'session'>;
  readonly engine: Engine;
  readonly window: () => BrowserWindow | null;
  /** The folder that a dialog last gave; since Electron 43 the system no longer remembers it for us. */
  readonly lastFolder: { get(): string | null; set(path: string): void };
  /** Takes over the theme that was chosen in the page. */
  readonly setTheme: (theme: Look['theme']) => void;
  /** The page has said that it listens. */
  readonly pageListens: () => void;
  readonly diagnostics: () => Promise<string>;
  /** The data folder where none was chosen. */
  readonly usualDataDir: string;
  /** Hears of paths that a person opened. */
  readonly opened: (paths: readonly string[]) => void;
}

type HostTable = typeof hostRequests;
type PathsReply = z.input<HostTable['intake']['addPaths']['reply']>;

const NOTHING_CHOSEN = { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 };

/** Everything for which the desktop has a better answer than the engine alone: dialogs, clipboard, "show in folder". */
export function desktopOverrides(parts: OverrideParts): Overrides {
  const { electron, engine, window, lastFolder, opened, setTheme, pageListens, usualDataDir } = parts;
  const { dialog, clipboard, shell } = electron;
  let dialogOpen = false;

  /** Chosen paths, none when the person closed the dialog or when one is open already. */
  const choose = async (options: OpenDialogOptions): Promise<string[]> => {
    const owner = window();
    if (owner === null || dialogOpen) return [];
    dialogOpen = true;
    try {
      const start = lastFolder.get();
      const { canceled, filePaths } = await dialog.showOpenDialog(owner, {
        ...options,
        ...(start !== null && isFolder(start) ? { defaultPath: start } : {}),
      });
      return canceled ? [] : filePaths;
    } finally {
      dialogOpen = false;
    }
  };

  /** Whether a person says yes to a question; not while another dialog is open. Its default is No, and so is closing it. */
  const agrees = async (message: string, detail: string): Promise<boolean> => {
    const owner = window();
    if (owner === null || dialogOpen) return false;
    dialogOpen = true;
    try {
      const { response } = await dialog.showMessageBox(owner, {
        type: 'question',
        title: 'Rewrap',
        message,
        detail,
        buttons: ['No', 'Yes'],
        defaultId: 0,
        cancelId: 0,
        noLink: true,
      });
      return response === 1;
    } finally {
      dialogOpen = false;
    }
  };

  return {
    'intake.choose': (input) =>
      answer(requests.intake.choose, input, async ({ what }) => {
        const paths = await choose(
          what === 'files'
            ? { title: 'Open files', properties: ['openFile', 'multiSelections'] }
            : { title: 'Open a folder', properties: ['openDirectory'] },
        );
        const first = paths[0];
        if (first === undefined) return NOTHING_CHOSEN;
        lastFolder.set(what === 'files' ? dirname(first) : first);
        opened(paths);
        return addPaths(engine, paths, 'picked');
      }),

    'intake.paste': (input) =>
      answer(requests.intake.paste, input, async ({ text }) => {
        // Read here, so that what is on the clipboard never enters the page.
        const pasted = text ?? (await clipboard.readText());
        if (pasted.trim() === '') throw new FaultError(EMPTY_CLIPBOARD);
        return unwrapped<PathsReply>(await engine.call('intake.paste', { text: pasted }));
      }),

    'app.setLook': (input) =>
      answer(requests.app.setLook, input, async (look) => {
        setTheme(look.theme);
        unwrapped(await engine.call('app.setLook', look));
        return {};
      }),

    'app.ready': (input) =>
      answer(requests.app.ready, input, async () => {
        pageListens();
        unwrapped(await engine.call('app.ready', {}));
        return {};
      }),

    'app.copyDiagnostics': (input) =>
      answer(requests.app.copyDiagnostics, input, async () => {
        await clipboard.writeText(await parts.diagnostics());
        return { text: null };
      }),

    'app.chooseDataFolder': (input) =>
      answer(requests.app.chooseDataFolder, input, async ({ what }) => {
        type Facts = z.input<(typeof requests)['app']['dataFolder']['reply']>;
        const facts = async (): Promise<Facts> => unwrapped(await engine.call('app.dataFolder', {}));
        const { fixed } = await facts();
        if (fixed) throw new FaultError(FIXED);
        if (what === 'usual') {
          if (
            await agrees(
              `Use ${usualDataDir} from the next start?`,
              'Nothing is moved or removed: runs and history of the folder that is in use now are not shown then.',
            )
          )
            chooseDataDir(usualDataDir, null);
        } else {
          const [path] = await choose({
            title: 'Folder for the data of Rewrap',
            message: 'Rewrap makes a folder of its own in it. Nothing is moved.',
            buttonLabel: 'Use from the next start',
            properties: ['openDirectory', 'createDirectory'],
          });
          if (path !== undefined) chooseDataDir(usualDataDir, path);
        }
        return facts();
      }),

    'output.chooseFolder': (input) =>
      answer(requests.output.chooseFolder, input, async () => {
        const [path] = await choose({
          title: 'Folder for the new files',
          buttonLabel: 'Use this folder',
          properties: ['openDirectory', 'createDirectory'],
        });
        if (path === undefined) return { folder: null };
        lastFolder.set(path);
        type Folder = z.input<HostTable['output']['addFolder']['reply']>;
        return { folder: unwrapped<Folder>(await engine.callHost('output.addFolder', { path })) };
      }),

    'output.reveal': (input) =>
      answer(requests.output.reveal, input, async (which) => {
        type Place = z.input<HostTable['output']['pathOf']['reply']>;
        const { path } = unwrapped<Place>(await engine.callHost('output.pathOf', which));
        if (path === null) throw new FaultError(NO_FILE);
        shell.showItemInFolder(path);
        return {};
      }),

    'blobs.reveal': (input) =>
      answer(requests.blobs.reveal, input, async (which) => {
        type Place = z.input<HostTable['blobs']['pathOf']['reply']>;
        const { path } = unwrapped<Place>(await engine.callHost('blobs.pathOf', which));
        if (path === null) throw new FaultError(NO_FILE);
        shell.showItemInFolder(path);
        return {};
      }),

    'blobs.save': (input) =>
      answer(requests.blobs.save, input, (which) =>
        saveBlob({ electron, engine, window, lastFolder }, which),
      ),

    'audit.export': (input) =>
      answer(requests.audit.export, input, (wanted) =>
        saveReport({ electron, engine, window, lastFolder }, wanted),
      ),

    'audit.saveText': (input) =>
      answer(requests.audit.saveText, input, (wanted) =>
        saveText({ electron, engine, window, lastFolder }, wanted),
      ),

    'plans.save': (input) => savePlan({ electron, engine, window, lastFolder }, input),

    // As large as a plan: it is validated in the engine's thread alone.
    'plans.shard': (input) =>
      answerUnparsed(requests.plans.shard.reply, async () => {
        const [parent] = await choose({
          title: 'Folder for the shards',
          message: 'Rewrap makes a folder of its own in it.',
          buttonLabel: 'Write the shards here',
          properties: ['openDirectory', 'createDirectory'],
        });
        if (parent === undefined) return { url: null, name: '', saved: false, leftOut: 0 };
        lastFolder.set(parent);
        type Written = z.input<HostTable['plans']['writeShards']['reply']>;
        const written = await engine.callHost('plans.writeShards', { draft: input, parent });
        const { name, leftOut } = unwrapped<Written>(written);
        return { url: null, name, saved: true, leftOut };
      }),

    'plans.open': (input) =>
      answer(requests.plans.open, input, async () => {
        const [path] = await choose({
          title: 'Open a plan',
          properties: ['openFile'],
          filters: [{ name: 'Plans of Rewrap', extensions: ['json'] }],
        });
        if (path === undefined) return { planId: null };
        lastFolder.set(dirname(path));
        type Opened = z.input<HostTable['plans']['openFile']['reply']>;
        return unwrapped<Opened>(await engine.callHost('plans.openFile', { path }));
      }),

    'runs.download': (input) =>
      answer(requests.runs.download, input, async () => {
        throw new FaultError(NO_DOWNLOAD);
      }),
  };
}

/**
 * Takes in the paths that the preload read from dropped files. `origin` is set here: what an upload is, only the
 * loopback host decides.
 */
export function addDroppedPaths(
  engine: Engine,
  opened: OverrideParts['opened'],
  dragged: Pick<DragOut, 'owns'>,
): (input: unknown) => Promise<Reply<unknown>> {
  return (input) =>
    answer(hostRequests.intake.addPaths, input, async ({ paths: dropped }) => {
      const paths = dropped.filter((path) => !dragged.owns(path));
      if (paths.length === 0) return NOTHING_CHOSEN;
      opened(paths);
      return addPaths(engine, paths, 'path');
    });
}

async function addPaths(engine: Engine, paths: string[], origin: 'picked' | 'path'): Promise<PathsReply> {
  return unwrapped<PathsReply>(await engine.callHost('intake.addPaths', { paths, origin }));
}

/** The value of the engine's reply, of which `answer` checks the form; its fault is thrown on. */
function unwrapped<T>(reply: Reply<unknown>): T {
  if (!reply.ok) throw new FaultError(reply.fault);
  return reply.value as T;
}

const EMPTY_CLIPBOARD = fault(
  'ClipboardEmpty',
  'There is no text on the clipboard.',
  'Rewrap reads ciphertext from the clipboard as text: base64, hex, or the JSON that the AWS CLI prints.',
  'Copy the ciphertext, then paste again. A binary blob is taken in as a file.',
);

const FIXED = fault(
  'DataFolderFixed',
  'REWRAP_HOME names the data folder of this start.',
  'A choice here would not hold.',
  'Start Rewrap without REWRAP_HOME, then choose.',
);

const NO_FILE = fault(
  'NoFile',
  'No file holds this new blob.',
  'The run was a dry run, the blob failed, or it was pasted.',
  'Look at the run in Runs for what became of it.',
);

const NO_DOWNLOAD = fault(
  'NotOffered',
  'The desktop application offers no downloads.',
  'It writes new files in place or into a folder that you choose.',
  'Choose a folder as the output.',
);
