import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import type { EventName, EventPayload, MethodName, Reply } from '#shared/contract/api.ts';
import { hostChannel, requestChannel } from '#shared/contract/channels.ts';
import { events, requests } from '#shared/contract/contract.ts';
import { isTooLarge } from '#shared/contract/message-size.ts';
import { fault } from '#shared/model/fault.ts';
import type { Engine } from '../../../bridge/index.ts';
import { isFromOwnPage } from './own-page.ts';

type Answerer = (input: unknown) => Promise<Reply<unknown>>;

/** Requests that this host answers itself; the engine answers the others. */
export type Overrides = { readonly [Name in MethodName]?: Answerer };

const FOREIGN: Reply<never> = {
  ok: false,
  fault: fault(
    'ForeignSender',
    'This request did not come from the Rewrap window.',
    'Only the page that Rewrap itself loaded may ask for anything.',
    'Close the window and open Rewrap again.',
  ),
};

const TOO_LARGE: Reply<never> = {
  ok: false,
  fault: fault(
    'TooLarge',
    'This is too large to send in one go.',
    'A message holds up to 48 MiB.',
    'Save the text as a file and drop that instead.',
  ),
};

interface IpcParts {
  readonly ipcMain: IpcMain;
  readonly engine: Engine;
  readonly overrides: Overrides;
  /** The host request that the preload makes after it turned dropped files into paths. */
  readonly addPaths: Answerer;
  /** Contents of the window, null while there is none. */
  readonly contents: () => WebContents | null;
}

/** Registers one handler for each request of the contract, and one host request; each checks its sender first. */
export function registerIpc({ ipcMain, engine, overrides, addPaths, contents }: IpcParts): void {
  const handle = (channel: string, answerer: Answerer) => {
    ipcMain.handle(channel, async (event: IpcMainInvokeEvent, input: unknown) => {
      if (!isFromOwnPage(event, contents())) return FOREIGN;
      // The preload sends none such; a renderer that was taken over may have no preload.
      return isTooLarge(input) ? TOO_LARGE : answerer(input);
    });
  };
  for (const [namespace, methods] of Object.entries(requests)) {
    for (const method of Object.keys(methods)) {
      const name = `${namespace}.${method}` as MethodName;
      handle(requestChannel(namespace, method), overrides[name] ?? ((input) => engine.call(name, input)));
    }
  }
  handle(hostChannel('intake', 'addPaths'), addPaths);
}

/** Passes the engine's events on to the page; a name outside the contract goes nowhere. */
export function forwardEvents(
  engine: Engine,
  send: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void,
): () => void {
  return engine.onEvent((name, payload) => {
    if (Object.hasOwn(events, name)) send(name as EventName, payload as EventPayload<EventName>);
  });
}
