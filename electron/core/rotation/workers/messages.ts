import type { KmsSituation } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { NewBlob } from '../../intake/index.ts';
import type { AccessKeys, KmsWay, RemoteFailure } from '../../kms/index.ts';
import type { ItemFacts, PendingBlob, StagedFile } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import type { ResolvedOutput } from '../output-mode.ts';
import type { End } from '../run/item-tracker.ts';
import type { KnownMaterial, KnownReply, RunFile, RunTerms } from '../types.ts';

/** What the engine looked up of a file before it gave it away. */
export interface FileAttributes {
  /** It has an access control list or extended attributes that the new file is to have. */
  readonly has: boolean;
  /** Why it cannot be replaced by one like it; null: it can. */
  readonly refusal: Fault | null;
}

/** What a worker hears first. */
export interface WorkerOpening {
  readonly type: 'open';
  /** Where it proves that it lives, and the eight hex digits of that data folder. */
  readonly dataDir: string;
  readonly dataFolder: string;
  readonly request: RunTerms;
  readonly output: ResolvedOutput;
  readonly way: KmsWay;
  /** What replies of KMS said in earlier runs; null: it is not looked at. */
  readonly known: readonly KnownReply[] | null;
  /** Whether blobs that KMS has shown to be as asked are passed over. */
  readonly namesMaterials: boolean;
  /** Key material of new blobs that an earlier part of the run accepted. */
  readonly earlier: readonly KnownMaterial[];
}

/** From the engine to a worker, several at a time. `id`: of a request, given by the worker. */
export type ToWorkerProcess =
  | WorkerOpening
  | {
      readonly type: 'file';
      readonly file: RunFile;
      readonly prior: ReadonlyMap<number, PendingBlob>;
      readonly attributes: FileAttributes;
    }
  /** The connection was renewed: by which all requests go that leave from now on. */
  | { readonly type: 'way'; readonly way: KmsWay }
  /** For all requests that leave from now on. */
  | { readonly type: 'keys'; readonly keys: AccessKeys }
  /** The request may leave. */
  | { readonly type: 'go'; readonly id: number }
  /** What of the request has not left yet does not leave any more. */
  | { readonly type: 'hold'; readonly id: number }
  /** The request is not sent again. Its fault; null: the run stopped. */
  | {
      readonly type: 'over';
      readonly id: number;
      readonly fault: Fault | null;
      readonly situation: KmsSituation | null;
    }
  /** What was written before this number was asked for is on the disk; a fault: it is not, or must not be used. */
  | { readonly type: 'durable'; readonly id: number; readonly fault: Fault | null }
  /** The run stops: blobs that were not reached get this fault. */
  | { readonly type: 'halted'; readonly fault: Fault }
  /** Is answered with `here`. */
  | { readonly type: 'there' }
  | { readonly type: 'end' };

/** From a worker to the engine, in order, several at a time. */
export type FromWorkerProcess =
  /** It serves. `owner`: the id by which its temporary files are named. */
  | { readonly type: 'ready'; readonly owner: string }
  /** Wants to send a request; at each try the engine answers with `go`. */
  | { readonly type: 'turn'; readonly id: number }
  | { readonly type: 'answered'; readonly id: number }
  /** It had not left when it was held back. */
  | { readonly type: 'held'; readonly id: number }
  /** `remote` null: not KMS, but something in Rewrap failed, and the worker knows what. */
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly remote: { readonly failure: RemoteFailure; readonly situation: KmsSituation } | null;
    }
  | { readonly type: 'running'; readonly item: number }
  | { readonly type: 'save'; readonly item: number; readonly facts: ItemFacts }
  | {
      readonly type: 'ended';
      readonly item: number;
      readonly facts: ItemFacts;
      readonly state: End;
      readonly fault: Fault | null;
    }
  | { readonly type: 'stands'; readonly item: number; readonly bytes: number }
  | { readonly type: 'back'; readonly item: number }
  | { readonly type: 'pending'; readonly file: number; readonly item: number; readonly kept: KeptBlob }
  /** It waits for its disk alone. */
  | { readonly type: 'on-disk'; readonly file: number }
  | { readonly type: 'stage'; readonly file: number; readonly staged: StagedFile }
  | { readonly type: 'unstage'; readonly file: number }
  | {
      readonly type: 'set-file';
      readonly file: number;
      readonly state: Parameters<RunRecord['setFile']>[1];
      readonly note: string | null;
      readonly hadPending: boolean;
    }
  | { readonly type: 'file-done'; readonly file: number; readonly rewritten: boolean }
  /** `file`: of which the answer hangs on what it would become. */
  | { readonly type: 'durable'; readonly id: number; readonly file: number }
  /** It does not hang. */
  | { readonly type: 'here' }
  | { readonly type: 'stop'; readonly fault: Fault }
  | { readonly type: 'hold-for'; readonly fault: Fault }
  /** Nothing of the file is under way any more. */
  | { readonly type: 'done'; readonly file: number; readonly how: 'done' | 'again' };

/** A new blob of a file that is not complete. */
interface KeptBlob {
  readonly next: NewBlob;
  readonly verified: boolean;
  readonly facts: ItemFacts;
}

/**
 * Messages to the other side, those of one turn of the event loop together: a hundred thousand blobs make as many as a
 * million.
 */
export class MessageBatch<T> {
  readonly #post: (messages: readonly T[]) => void;
  #messages: T[] = [];

  constructor(post: (messages: readonly T[]) => void) {
    this.#post = post;
  }

  add(message: T): void {
    if (this.#messages.push(message) === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#post(messages);
  }
}
