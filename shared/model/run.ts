import { OUTPUT_NAMES } from '../outputs.ts';
import * as z from '../schema.ts';
import { Algorithm, EncryptionContext, GivenContext } from './context.ts';
import { Fault } from './fault.ts';

/** Where the context of one side comes from. */
export const ContextChoice = z.discriminatedUnion('mode', [
  /** What the container declares for each blob (none where it declares none). */
  z.object({ mode: z.literal('declared') }),
  z.object({ mode: z.literal('given'), context: GivenContext }),
  /** Destination only: the same context as the source side. */
  z.object({ mode: z.literal('same') }),
  /**
   * Destination only: each blob keeps its own context, that of the source side, less the pairs of these keys, with
   * these pairs added. A pair with a key that the blob already has gets the new value. No key stands in both.
   */
  z.object({
    mode: z.literal('changed'),
    add: GivenContext,
    remove: z.array(z.string().min(1).max(8192)).max(4096),
  }),
]);
export type ContextChoice = z.infer<typeof ContextChoice>;

export const SourceSide = z.object({
  /** Pins the source key: a wrong one is refused with IncorrectKeyException. Null: KMS finds it (symmetric only). */
  keyId: z.string().min(1).max(2048).nullable(),
  algorithm: Algorithm,
  context: ContextChoice,
});
export type SourceSide = z.infer<typeof SourceSide>;

export const DestinationSide = z.object({
  keyId: z.string().min(1).max(2048),
  algorithm: Algorithm,
  context: ContextChoice,
});
export type DestinationSide = z.infer<typeof DestinationSide>;

/** Where new ciphertext goes. A folder is named by a token that the host gave, never by a path from the page. */
export const OutputChoice = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('in-place'), backup: z.boolean() }),
  z.object({ mode: z.literal('folder'), folderToken: z.id() }),
  /** Loopback and paste: kept until fetched by the person. */
  z.object({ mode: z.literal('download') }),
]);
export type OutputChoice = z.infer<typeof OutputChoice>;

/**
 * How a blob gets under the other key. 'reencrypt': `ReEncrypt` inside KMS. 'decrypt-encrypt': Decrypt on one
 * connection and Encrypt on another, so that plaintext exists in a child process of Rewrap; a person agrees to it anew
 * for each run.
 */
export const RunMethod = z.enum(['reencrypt', 'decrypt-encrypt']);
export type RunMethod = z.infer<typeof RunMethod>;
export const OnFailure = z.enum(['hold-back', 'take-good']);
export type OnFailure = z.infer<typeof OnFailure>;

/** Blobs that a run re-encrypts at a time at most, and processes that do its files. */
const MOST_AT_A_TIME = 128;

/** How hard KMS is asked. Both null: as hard as it takes it. */
export const Pace = z.object({
  /** Blobs that are re-encrypted at a time, by all processes together; null: 16 by each. As many again are verified meanwhile. Fewer while KMS throttles. */
  concurrency: z.int().min(1).max(MOST_AT_A_TIME).nullable(),
  /** Requests a second at most, verification included; null: no ceiling of ours. */
  perSecond: z.number().min(0.1).max(100_000).nullable(),
  /** Processes of this machine that do the files; absent: one. In the window no more than there are cores. */
  processes: z.int().min(1).max(MOST_AT_A_TIME).optional(),
});
export type Pace = z.infer<typeof Pace>;

/** What a run is for, in the field's words. */
export const RunMode = z.enum([
  /** To another key. */
  'change-key',
  /** The same key, another encryption context. */
  'change-context',
  /** The same key, its current key material. */
  'refresh',
  /** Another encryption algorithm. */
  'change-algorithm',
]);
export type RunMode = z.infer<typeof RunMode>;

export const RunRequest = z.object({
  blobIds: z.array(z.id()).min(1),
  source: SourceSide,
  destination: DestinationSide,
  grantTokens: z.array(z.string().min(1).max(8192)).max(10),
  output: OutputChoice,
  method: RunMethod,
  /** Prove with a DryRun that each new blob opens under the destination before its file is replaced. */
  verify: z.boolean(),
  dryRun: z.boolean(),
  /**
   * What becomes of a file when one of its blobs fails: it stays as it was ('hold-back', the default), or takes the
   * good ones.
   */
  onFailure: OnFailure.optional(),
  /** Below what the account's quota allows, where that is wanted. */
  pace: Pace.optional(),
  /**
   * Send blobs, too, that KMS has shown to be as asked: under the destination's current key material, with nothing else
   * of them to change. Default: they are skipped.
   */
  evenIfThere: z.boolean().optional(),
  /** Copy files, too, in which a value beside a blob may be its plaintext. Default: they fail. */
  allowPossiblePlaintext: z.boolean().optional(),
  /** Send blobs, too, that an emulator of KMS made: only that emulator opens them. Default: they are skipped. */
  emulatorBlobs: z.boolean().optional(),
  /** What the plan of the run says that it is for. */
  mode: RunMode.optional(),
  /** A dry run of a few blobs that Rewrap makes by itself before a run of so many. Absent: asked for by a person. */
  beforeRunOf: z.int().min(1).optional(),
});
export type RunRequest = z.infer<typeof RunRequest>;

/**
 * 'already': KMS or an earlier run of the same job has shown that it is as asked, and it was not sent. 'restored': it was re-encrypted, and the run was
 * undone.
 */
export const ItemState = z.enum([
  'waiting',
  'running',
  'would-succeed',
  'reencrypted',
  'already',
  'failed',
  'skipped',
  'restored',
]);
export type ItemState = z.infer<typeof ItemState>;

/** What a request for one blob named, as it was sent. Null: the request did not name it. */
export const SentRequest = z.object({
  sourceKeyId: z.string().nullable(),
  sourceAlgorithm: Algorithm,
  sourceContext: EncryptionContext.nullable(),
  destinationKeyId: z.string(),
  destinationAlgorithm: Algorithm,
  destinationContext: EncryptionContext.nullable(),
});
export type SentRequest = z.infer<typeof SentRequest>;

/** What became of one blob. What KMS said is kept apart from what we conclude. */
export const RunItem = z.object({
  blobId: z.string(),
  file: z.string(),
  place: z.string(),
  state: ItemState,
  fault: Fault.nullable(),
  /** The last request for it that was sent, of a dry run too; null where none was. */
  sent: SentRequest.nullable(),
  /** Said by KMS. */
  sourceKeyArn: z.string().nullable(),
  destinationKeyArn: z.string().nullable(),
  sourceKeyMaterialId: z.string().nullable(),
  destinationKeyMaterialId: z.string().nullable(),
  requestId: z.string().nullable(),
  /**
   * On the way 'decrypt-encrypt' the ids of every Decrypt that was answered, the last one last, with a space between: one of
   * which the Encrypt failed may have been sent again. `requestId` is then that of the Encrypt.
   */
  decryptRequestId: z.string().nullable(),
  /** Hashes of the blob before and after, hex SHA-256. */
  sha256Before: z.string(),
  sha256After: z.string().nullable(),
  /** Fingerprints of the key material before and after, read from the blobs; null where a blob has none. */
  fingerprintBefore: z.string().nullable(),
  fingerprintAfter: z.string().nullable(),
  /** Path for people of the file that now holds the new blob. */
  output: z.string().nullable(),
  backup: z.string().nullable(),
  /** Path of the file beside it that records its key and algorithm, which the new blob does not name; absent, null: none. */
  record: z.string().nullable().optional(),
  /** Things to know although it worked: "verification was not permitted". */
  notes: z.array(z.string()),
});
export type RunItem = z.infer<typeof RunItem>;

/** What KMS said of a blob that it re-encrypted, and what was sent. */
export type ReplyFacts = Readonly<
  Pick<
    RunItem,
    | 'sha256After'
    | 'fingerprintAfter'
    | 'sourceKeyArn'
    | 'destinationKeyArn'
    | 'sourceKeyMaterialId'
    | 'destinationKeyMaterialId'
    | 'requestId'
    | 'decryptRequestId'
    | 'sent'
  >
> & { readonly notes: readonly string[] };

/** The last thing that a run of this start said of a blob. */
export const LastResult = z.enum(['would-succeed', 'would-fail', 'reencrypted', 'already', 'failed']);
export type LastResult = z.infer<typeof LastResult>;

export const BlobResult = z.object({ blobId: z.string(), runId: z.string(), result: LastResult });
export type BlobResult = z.infer<typeof BlobResult>;

export const RunCounts = z.object({
  total: z.int(),
  waiting: z.int(),
  running: z.int(),
  succeeded: z.int(),
  already: z.int(),
  failed: z.int(),
  skipped: z.int(),
  restored: z.int(),
});
export type RunCounts = z.infer<typeof RunCounts>;

/** What came of a run, or would come of a dry run: three numbers that make up its blobs. */
export const RunOutcome = z.object({
  /** Blobs with new ciphertext in place. */
  reencrypted: z.int(),
  /** Not sent, since KMS, or the content that an earlier run wrote, has shown that they are as asked. */
  already: z.int(),
  /** All others: failed, skipped, not reached, put back. */
  notReencrypted: z.int(),
  /**
   * Those of `notReencrypted` that are known to be under the key material that they were to leave: a reply of KMS in
   * this run named it, and their file was found as it was. Null where that is not counted: of a dry run, and of a run
   * under way.
   */
  underOldKey: z.int().nullable(),
});
export type RunOutcome = z.infer<typeof RunOutcome>;

/**
 * 'pausing': requests under way finish first. 'paused': by the person, or by `fault` (expired credentials) until the
 * connection is renewed. 'waiting': the network is gone; it goes on by itself. 'unfinished': Rewrap ended or was
 * killed before the run did; it can be gone on with, or undone. 'undone': files are as they were before.
 */
const RunStatus = z.enum([
  'running',
  'pausing',
  'paused',
  'waiting',
  'cancelling',
  'cancelled',
  'finished',
  'failed',
  'unfinished',
  'undoing',
  'undone',
]);

/** How long requests under way are waited for when Rewrap is closed, milliseconds. Then they are cut. */
export const UNDER_WAY_LIMIT_MS = 8_000;

/** What a press would touch. */
export const Touches = z.object({ blobs: z.int(), files: z.int() });
export type Touches = z.infer<typeof Touches>;

/** What comparing plaintexts of old and new blobs found. It says nothing of an endpoint that also forges Decrypt. */
export const Comparison = z.object({
  /** Re-encrypted blobs of the run, and how many of them were to be compared. */
  of: z.int(),
  chosen: z.int(),
  equal: z.int(),
  different: z.int(),
  /** KMS did not decrypt one of the two. */
  failed: z.int(),
  /** The old or the new blob is not on disk any more. */
  unavailable: z.int(),
  /** A person stopped it before all were compared. */
  stopped: z.boolean(),
  /** Those that are not equal, at most 200. */
  blobs: z.array(
    z.object({
      file: z.string(),
      place: z.string(),
      outcome: z.enum(['different', 'failed', 'unavailable']),
      fault: Fault.nullable(),
    }),
  ),
  /** Those that are not named. */
  more: z.int(),
});
export type Comparison = z.infer<typeof Comparison>;

export const ComparisonProgress = z.object({ runId: z.string(), done: z.int(), total: z.int() });
export type ComparisonProgress = z.infer<typeof ComparisonProgress>;

export const RunSummary = z.object({
  id: z.string(),
  method: RunMethod,
  dryRun: z.boolean(),
  status: RunStatus,
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  counts: RunCounts,
  outcome: RunOutcome,
  /** Blobs per second over the last seconds. */
  rate: z.number(),
  /** Seconds left at that rate; null when it cannot be said. */
  secondsLeft: z.number().nullable(),
  /** Requests a second that KMS's throttling brought this account and Region down to. Absent, null: it does not throttle. */
  slowedTo: z.number().nullable().optional(),
  /** Requests that were sent again, since what they failed of passes. Absent: not counted, of a run that another process made. */
  retries: z.int().optional(),
  destinationKeyId: z.string(),
  /** Practice or real, account and Region: what the run ran against. */
  connection: z.string(),
  /** New files that can be fetched by download; 0 for in-place and folder runs. */
  downloads: z.int(),
  fault: Fault.nullable(),
  /** How the new ciphertext goes out: 'download' counts as kept by the host. */
  output: z.enum(OUTPUT_NAMES),
  /** `done`: files that hold what the run made: replaced, or new in the output folder. Files left as they were are not. */
  files: z.object({ total: z.int(), done: z.int() }),
  /** Bytes of ciphertext. */
  bytes: z.object({ total: z.int(), done: z.int() }),
  /** Blobs re-encrypted from each key that KMS named, the most first; at most ten. */
  perKey: z.array(z.object({ keyArn: z.string(), blobs: z.int() })),
  /** What undoing would touch: restored from backups, or new files removed. Null where it cannot be undone. */
  undo: Touches.nullable(),
  /** What going on with an unfinished run would touch; null where it is not unfinished. */
  resume: Touches.nullable(),
  /** Of the skipped ones: those that were not reached before it ended. Absent: none, or as `retry` has it. */
  missed: z.int().optional(),
  /** {@link RunRequest.beforeRunOf}. */
  beforeRunOf: z.int().optional(),
  /** Blobs that failed or were not reached, of a run that is over. */
  retry: z.object({ failed: z.int(), missed: z.int() }).nullable(),
  /**
   * Processes that do its files beside Rewrap's own; how many of them died while it went on; and how many of those were followed
   * by another that serves. Absent: none.
   */
  workers: z.object({ processes: z.int(), died: z.int(), followed: z.int() }).optional(),
  /**
   * Why its files are not there to be read again, so that it can be neither retried nor resumed: they came through a stream or were
   * pasted, or were copies for a branch, which are removed. Absent: they may be there.
   */
  gone: z.enum(['stream', 'copies']).optional(),
  /** The process that has this run, where that is another Rewrap. */
  elsewhere: z.object({ pid: z.int(), startedAt: z.string() }).nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;
