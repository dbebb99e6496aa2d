import type { Worker } from 'node:worker_threads';
import type { Engine } from '../../bridge/index.ts';
import type { KeptMessages } from '../../bridge/kept-messages.ts';
import { type HostActs, pageCalls } from './calls.ts';
import type { Door } from './door.ts';
import { Downloads } from './downloads.ts';
import type { Inbox } from './inbox.ts';
import { Sockets } from './socket.ts';
import { Uploads } from './uploads.ts';

interface PartsOptions {
  readonly engine: Engine;
  readonly door: Door;
  readonly inbox: Inbox;
  readonly messages: KeptMessages;
  readonly startUploadThread: () => Worker;
  readonly diagnostics: () => string;
}

/** What serves a page that is there. */
export interface PageParts {
  readonly sockets: Sockets;
  readonly downloads: Downloads;
  readonly uploads: Uploads;
}

/**
 * Puts together what a page needs once it is there: requests, downloads, uploads. The host loads it when the first page
 * connects, and so says its address and hands out the page before it loads the contract and what validates.
 */
export function openParts(options: PartsOptions): PageParts {
  const { engine, door, inbox, messages, startUploadThread, diagnostics } = options;
  const uploads = new Uploads(inbox, engine, startUploadThread);
  const downloads = new Downloads(engine);
  const acts: HostActs = {
    endOtherSessions: (secret) => {
      const ended = door.endOthers(secret);
      sockets.dropEnded();
      return ended;
    },
    listShrank: () => uploads.dropUnused(),
    listens: () => messages.ready(),
    diagnostics,
  };
  const sockets: Sockets = new Sockets(door, pageCalls({ engine, downloads, acts }), {
    empty: () => messages.gone(),
  });
  return { sockets, downloads, uploads };
}
