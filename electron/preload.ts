import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import type { Reply } from '#shared/contract/api.ts';
import { eventChannel, hostChannel, pageApi, requestChannel } from '#shared/contract/channels.ts';
import { isTooLarge } from '#shared/contract/message-size.ts';
import type { Fault } from '#shared/model/fault.ts';

// The bridge, and nothing else. It runs sandboxed beside the page: it requires 'electron' alone, builds one object of
// functions from the contract's names, and lets neither channel names nor Electron's own objects through.

/** Asks the main process; a call that cannot be made is a fault like any other, never a rejection. */
async function ask(channel: string, input: unknown): Promise<Reply<unknown>> {
  // Before it is copied into the main process, which could only look at it afterwards.
  if (isTooLarge(input)) return refused(TOO_LARGE);
  try {
    return (await ipcRenderer.invoke(channel, input)) as Reply<unknown>;
  } catch {
    return refused({
      code: 'HostUnavailable',
      message: 'Rewrap did not answer.',
      detail:
        'The window lost its connection to the rest of the application, or the request could not be sent.',
      remedy: 'Close Rewrap and start it again. Every file is wholly old or wholly new.',
    });
  }
}

const TOO_LARGE = {
  code: 'TooLarge',
  message: 'This is too large to send in one go.',
  detail: 'A message holds up to 48 MiB.',
  remedy: 'Save the text as a file and drop that instead.',
};

function refused(words: Pick<Fault, 'code' | 'message' | 'detail' | 'remedy'>): Reply<never> {
  return { ok: false, fault: { ...words, raw: null, retryable: false } };
}

const eventNames = new Set<unknown>(__REWRAP_EVENTS__);

function on(event: unknown, listener: unknown): () => void {
  if (typeof event !== 'string' || !eventNames.has(event)) throw new TypeError('There is no such event.');
  if (typeof listener !== 'function') throw new TypeError('A listener is a function.');
  const channel = eventChannel(event);
  // Electron's event object holds `sender` and ports; it stays here.
  const forward = (_event: IpcRendererEvent, payload: unknown) => listener(payload);
  ipcRenderer.on(channel, forward);
  return () => {
    ipcRenderer.removeListener(channel, forward);
  };
}

/** The path of a dropped or picked file, or nothing where it was made in the page and lies on no disk. */
function pathOf(file: File): string[] {
  try {
    const path = webUtils.getPathForFile(file);
    return path === '' ? [] : [path];
  } catch {
    // Not a file at all.
    return [];
  }
}

async function takeFiles(files: readonly File[]): Promise<Reply<unknown>> {
  const paths = Array.isArray(files) ? files.flatMap(pathOf) : [];
  if (paths.length > 0) return ask(hostChannel('intake', 'addPaths'), { paths, origin: 'path' });
  return refused({
    code: 'NoPath',
    message: 'None of these is a file on this computer.',
    detail:
      'What was dropped came from a web page or another program that gives its contents without a place.',
    remedy: 'Save it as a file first and drop that, or copy the ciphertext and paste it.',
  });
}

const call = (namespace: string, method: string, input: unknown) =>
  ask(requestChannel(namespace, method), input);
contextBridge.exposeInMainWorld('rewrap', pageApi<File>({ call, on, takeFiles }));
