import type { MessageBoxOptions } from 'electron';
import { FaultError, fault } from '#shared/model/fault.ts';
import { makeFolder } from '../../../core/storage/files.ts';
import { errorFacts, type Log } from '../diagnostics/log.ts';
import type { ElectronMain } from '../electron.ts';

interface GiveUpParts {
  readonly electron: Pick<ElectronMain, 'app' | 'clipboard' | 'dialog'>;
  /** Null where there is none yet. */
  readonly log: Log | null;
  readonly diagnostics: () => Promise<string>;
}

const COPY = 1;

/** Says why Rewrap cannot go on: on screen, in the log, and to a terminal that it was started from. */
export async function sayWhy(parts: GiveUpParts, title: string, error: unknown): Promise<void> {
  const { electron, log, diagnostics } = parts;
  const words = plainWords(error);
  log?.write('gave-up', { title, ...errorFacts(error) });
  console.error(`rewrap: ${title}: ${words}`);
  const detail = `${words}\nEvery file is wholly old or wholly new.`;
  // Other boxes are there only once Electron is ready.
  if (log === null) return electron.dialog.showErrorBox(title, detail);
  const box: MessageBoxOptions = {
    type: 'error',
    title: 'Rewrap',
    message: title,
    detail,
    buttons: ['Close Rewrap', 'Copy diagnostics and close'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
  const { response } = await electron.dialog.showMessageBox(box);
  if (response === COPY) await electron.clipboard.writeText(await diagnostics());
}

/** What an error says to people, with what to do where that is known. */
function plainWords(error: unknown): string {
  if (error instanceof FaultError) {
    const { message, detail, remedy } = error.fault;
    return [message, detail, remedy].filter((part) => part !== '').join(' ');
  }
  return error instanceof Error && error.message !== '' ? error.message : 'The reason is not known.';
}

export const NO_SANDBOX = fault(
  'NoSandbox',
  'This system gives Rewrap no sandbox for its window, and it does not start without one.',
  'Chromium keeps a page that went wrong away from the rest of the machine with user namespaces. Ubuntu 24.04 and later allow them to programs with an AppArmor profile alone, which an AppImage cannot bring.',
  'Install the .deb or .rpm instead, which bring what is needed; or, where you know what you do, set REWRAP_NO_SANDBOX=1.',
);

export const windowFails = (reason: string) =>
  fault(
    'WindowFails',
    `Its window failed again and again (${reason}).`,
    '',
    'Start Rewrap again. A run that was under way kept its place and can be resumed in Runs.',
  );

/** The folder that REWRAP_HOME names, made where it is not there. Throws FaultError `NoHome`. */
export function madeFolder(path: string): string {
  try {
    makeFolder(path);
    return path;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new FaultError(
      fault(
        'NoHome',
        `REWRAP_HOME names ${path}, which is no folder and cannot be made one.`,
        `The system says ${code}.`,
        'Set it to a folder, or unset it to use the usual place.',
      ),
    );
  }
}
