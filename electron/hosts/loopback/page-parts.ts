import type { Worker } from 'node:worker_threads';
import type { Engine } from '../../bridge/index.ts';
import type { KeptMessages } from '../../bridge/kept-messages.ts';
import { pageCalls } from './calls.ts';
import type { Door } from './door.ts';
import type { Inbox } from './inbox.ts';
import type { OwnCalls } from './own-calls.ts';
import { Sockets } from './socket.ts';

interface PartsOptions {
  readonly engine: Engine;
  readonly door: Door;
  readonly inbox: Inbox;
  readonly messages: KeptMessages;
  readonly startUploadThread: () => Worker;
  readonly diagnostics: () => string;
}

/** What serves a page that is there: requests first, and what they need of the host itself once one asks for it. */
export class PageParts {
  readonly sockets: Sockets;
  readonly #options: PartsOptions;
  #own: OwnCalls | null = null;
  #loading: Promise<OwnCalls> | null = null;

  constructor(options: PartsOptions) {
    const { engine, door, messages } = options;
    this.#options = options;
    const calls = pageCalls({
      engine,
      own: () => this.own(),
      listens: () => messages.ready(),
      // Nothing was uploaded where it is not there.
      listShrank: () => this.#own?.uploads.dropUnused(),
    });
    this.sockets = new Sockets(door, calls, { empty: () => messages.gone() });
  }

  /** Downloads, uploads and the host's own answers. */
  own(): Promise<OwnCalls> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** The same where something asked for it before; null: nothing did. */
  get loaded(): OwnCalls | null {
    return this.#own;
  }

  async #load(): Promise<OwnCalls> {
    const { OwnCalls } = await import('./own-calls.ts');
    const { engine, inbox, door, startUploadThread, diagnostics } = this.#options;
    this.#own = new OwnCalls({
      engine,
      inbox,
      startUploadThread,
      diagnostics,
      endOtherSessions: (secret) => {
        const ended = door.endOthers(secret);
        this.sockets.dropEnded();
        return ended;
      },
    });
    return this.#own;
  }
}
