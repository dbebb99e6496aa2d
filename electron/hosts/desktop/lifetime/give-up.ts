import type { MessageBoxOptions } from 'electron';
import { FaultError } from '#shared/model/fault.ts';
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
