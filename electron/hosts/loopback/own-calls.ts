import type { Worker } from 'node:worker_threads';
import type { Reply } from '#shared/contract/api.ts';
import { requests } from '#shared/contract/contract.ts';
import { answer, type Engine } from '../../bridge/index.ts';
import { Downloads } from './downloads.ts';
import type { Inbox } from './inbox.ts';
import { Uploads } from './uploads.ts';

interface OwnOptions {
  readonly engine: Engine;
  readonly inbox: Inbox;
  readonly startUploadThread: () => Worker;
  readonly diagnostics: () => string;
  /** Ends every session but that of the secret; returns how many ended. */
  readonly endOtherSessions: (secret: string) => number;
}

/** Page requests that this host answers itself. */
export type OwnName =
  | 'app.copyDiagnostics'
  | 'app.endOtherSessions'
  | 'plans.save'
  | 'plans.shard'
  | 'runs.download'
  | 'blobs.save'
  | 'audit.export'
  | 'audit.saveText';

/**
 * What this host does for a page that the engine cannot: downloads, uploads, its sessions. It alone validates here, so
 * the contract is loaded with it, when a page first asks for something of it: a page is served without.
 */
export class OwnCalls {
  readonly downloads: Downloads;
  readonly uploads: Uploads;
  readonly #options: OwnOptions;

  constructor(options: OwnOptions) {
    const { engine, inbox, startUploadThread } = options;
    this.#options = options;
    this.downloads = new Downloads(engine);
    this.uploads = new Uploads(inbox, engine, startUploadThread);
  }

  /** Never rejects. `secret`: that of the page's session. */
  answer(name: OwnName, input: unknown, secret: string): Promise<Reply<unknown>> {
    const { diagnostics, endOtherSessions } = this.#options;
    switch (name) {
      case 'app.copyDiagnostics':
        return answer(requests.app.copyDiagnostics, input, async () => ({ text: diagnostics() }));
      case 'app.endOtherSessions':
        return answer(requests.app.endOtherSessions, input, async () => ({
          ended: endOtherSessions(secret),
        }));
      case 'plans.save':
        return this.downloads.offerPlan(input);
      case 'plans.shard':
        return this.downloads.offerShards(input);
      case 'runs.download':
        return this.downloads.offer(input);
      case 'blobs.save':
        return this.downloads.offerBlob(input);
      case 'audit.export':
        return this.downloads.offerReport(input);
      case 'audit.saveText':
        return this.downloads.offerText(input);
    }
  }

  close(): Promise<void> {
    this.downloads.close();
    return this.uploads.close();
  }
}
