import type { MessageBoxOptions } from 'electron';
import { hostRequests } from '#shared/contract/contract.ts';
import type { Engine } from '../../bridge/index.ts';
import type { ElectronMain } from './electron.ts';
import type { MainWindow } from './window/main-window.ts';

interface HandedOverParts {
  readonly electron: Pick<ElectronMain, 'dialog'>;
  readonly engine: Engine;
  readonly window: MainWindow;
}

/** Names in one box; the others are counted. */
const NAMED = 5;

/** Takes in what the system handed over, and says what came of it where nothing did. */
export async function takeHandedOver(parts: HandedOverParts, paths: readonly string[]): Promise<void> {
  const reply = await parts.engine.callHost('intake.addPaths', { paths, origin: 'picked' });
  if (!reply.ok) {
    const { message, remedy } = reply.fault;
    await say(parts, 'Rewrap could not open the files', `${message}\n${remedy}`);
    return;
  }
  const taken = hostRequests.intake.addPaths.reply.safeParse(reply.value).data;
  if (taken === undefined || taken.blobs > 0 || taken.plans || taken.skippedFiles.length === 0) return;
  const lines = taken.skippedFiles.slice(0, NAMED).map(({ file, message }) => `${file}: ${message}`);
  const more = taken.skippedFiles.length + taken.moreSkipped - lines.length;
  await say(parts, 'Nothing was taken in', [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
}

/** Says which of the names on a command line name nothing. */
export async function sayMissing(
  parts: Omit<HandedOverParts, 'engine'>,
  words: readonly string[],
): Promise<void> {
  if (words.length === 0) return;
  const named = words.slice(0, NAMED).map((word) => `“${word}”`);
  const more = words.length - named.length;
  const list = more > 0 ? [...named, `${more} more`] : named;
  const detail = `There is no file or folder ${list.join(', ')}.\nCheck the name, and the folder that it is relative to.`;
  const message = words.length === 1 ? 'One name was not found' : `${words.length} names were not found`;
  await say(parts, message, detail);
}

async function say({ electron, window }: Omit<HandedOverParts, 'engine'>, message: string, detail: string) {
  const box: MessageBoxOptions = {
    type: 'warning',
    title: 'Rewrap',
    message,
    detail,
    buttons: ['OK'],
    noLink: true,
  };
  const owner = window.get();
  await (owner === null ? electron.dialog.showMessageBox(box) : electron.dialog.showMessageBox(owner, box));
}

/**
 * Paths that the system handed over (command line, second instance, "open with"). They may arrive before the engine
 * runs; those wait.
 */
export class PathInbox {
  #waiting: string[] = [];
  #take: ((paths: string[]) => void) | null = null;

  add(paths: readonly string[]): void {
    if (paths.length === 0) return;
    if (this.#take === null) this.#waiting.push(...paths);
    else this.#take([...paths]);
  }

  /** What waits, for the engine to start with. */
  drain(): string[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** From now on each arrival is handed over at once, first what came while the engine started. */
  open(take: (paths: string[]) => void): void {
    this.#take = take;
    this.add(this.drain());
  }
}
