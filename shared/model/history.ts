import * as z from '../schema.ts';
import { EncryptionContext } from './context.ts';

/** What a record of the history is about. 'action' is anything without a kind of its own. */
export const HistoryKind = z.enum([
  'connected',
  'connection-failed',
  /** A person was asked to approve something, or a flag or an allowed account answered for them. */
  'approval',
  'preflight-started',
  'run-started',
  'blob',
  'run-ended',
  'key-search',
  'keys-read',
  'vault-restored',
  'suppressed',
  'unsuppressed',
  'rules-changed',
  'report',
  'action',
]);
export type HistoryKind = z.infer<typeof HistoryKind>;

/** Outcome of an 'action' that has the request ids of a comparison's Decrypts. */
export const DECRYPTED_TO_COMPARE = 'decrypted to compare';

/** In a 'run-ended', how many of the run's requests were sent more than once; read again by {@link sentAgain}. */
export const sentAgainWords = (requests: number): string =>
  `${requests} ${requests === 1 ? 'request' : 'requests'} sent again`;
export const sentAgain = (detail: string): number =>
  Number(/(?:^|; )(\d+) requests? sent again$/.exec(detail)?.[1] ?? 0);

/** In a 'run-started', how the run moves its blobs; read again by {@link isTwoStepRun}. */
export const methodWords = (method: 'reencrypt' | 'decrypt-encrypt'): string =>
  method === 'reencrypt' ? 're-encrypted inside KMS' : 'decrypted here, encrypted there';
/** Whether the detail of a 'run-started' is of a run that decrypts here. Earlier records have another word for it. */
export const isTwoStepRun = (detail: string): boolean =>
  /^[\d,]+ blobs?, (?:mode [\w-]+, )?(?:way decrypt-encrypt|decrypted here, encrypted there),/.test(detail);

/** In a 'connected', how the detail of a connection for the destination key begins; read again by {@link isDestination}. */
export const DESTINATION = 'destination';
/** Whether the detail of a 'connected' is of a connection for the destination key. */
export const isDestination = (detail: string): boolean => detail.startsWith(`${DESTINATION}, `);

/** What happened, as seen by the part that records it. Holds no plaintext and no credential: there is no member for one. */
export const HistoryEvent = z.object({
  kind: HistoryKind,
  /** ARN of the caller, as STS said it; null where no connection was made. */
  who: z.string().nullable(),
  /** "practice KMS · us-east-1 · 111122223333". */
  connection: z.string().nullable(),
  /** The run it belongs to. */
  runId: z.string().nullable(),
  /** 'reencrypted', 'would-succeed', 'failed', 'ready', … */
  outcome: z.string(),
  /** In words, what no other member says. */
  detail: z.string(),
  file: z.string().nullable(),
  place: z.string().nullable(),
  /** Hex SHA-256 of the blob (or report) before and after. */
  sha256Before: z.string().nullable(),
  sha256After: z.string().nullable(),
  sourceKey: z.string().nullable(),
  destinationKey: z.string().nullable(),
  sourceMaterial: z.string().nullable(),
  destinationMaterial: z.string().nullable(),
  sourceAlgorithm: z.string().nullable(),
  destinationAlgorithm: z.string().nullable(),
  sourceContext: EncryptionContext.nullable(),
  destinationContext: EncryptionContext.nullable(),
  /** With these the CloudTrail events are found. */
  requestIds: z.array(z.string()),
});
export type HistoryEvent = z.infer<typeof HistoryEvent>;

/** A link of the chain. */
export const HistoryRecord = HistoryEvent.extend({
  /** Place in the chain, from 1. */
  seq: z.int(),
  /** ISO 8601. */
  at: z.string(),
  /** Hash of the record before; 64 zeros at the first. */
  previous: z.string(),
  /** Hex SHA-256 over the canonical JSON of the record with `previous`, without `seq` and `hash`. */
  hash: z.string(),
});
export type HistoryRecord = z.infer<typeof HistoryRecord>;

/** State of a chain: what must be kept elsewhere to see later that its end was cut off. */
export const HistoryHead = z.object({ count: z.int(), hash: z.string().max(200) });
export type HistoryHead = z.infer<typeof HistoryHead>;

export const HistoryVerdict = z.object({
  ok: z.boolean(),
  head: HistoryHead,
  /** The first link that does not hold; null when all do. */
  broken: z
    .object({
      kind: z.enum(['changed', 'removed', 'reordered', 'truncated', 'unreadable']),
      /** Place of the record at which it shows. */
      seq: z.int(),
      message: z.string(),
    })
    .nullable(),
  /** What the check shows, and what a chain alone cannot. */
  proves: z.string(),
});
export type HistoryVerdict = z.infer<typeof HistoryVerdict>;

/** Which records are wanted; each part narrows. */
export const HistoryFilter = z.object({
  /** Each must be found in a value of the record: who, key, request id, file, hash, outcome; empty means all. */
  words: z.string().max(200),
  /** Empty means all. */
  kinds: z.array(HistoryKind).max(20),
  /** Exactly this outcome; null means all. */
  outcome: z.string().max(100).nullable(),
  /** ISO 8601; from this moment on, and before that one; null means open. */
  from: z.string().max(40).nullable(),
  before: z.string().max(40).nullable(),
  runId: z.id().nullable(),
  /** Leaves the records of single blobs out, as long as a run holds them. */
  folded: z.boolean(),
});
export type HistoryFilter = z.infer<typeof HistoryFilter>;
