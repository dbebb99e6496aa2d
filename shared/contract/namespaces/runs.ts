import { Fault } from '../../model/fault.ts';
import { PermissionChecks } from '../../model/plan.ts';
import {
  BlobResult,
  Comparison,
  ComparisonProgress,
  ItemState,
  RunItem,
  RunRequest,
  RunSummary,
  Touches,
} from '../../model/run.ts';
import * as z from '../../schema.ts';
import { event, nothing, page, request } from '../define.ts';

/** How many blobs are in each state; a state that none is in is left out. */
const StateCounts = z
  .object({
    waiting: z.int(),
    running: z.int(),
    'would-succeed': z.int(),
    reencrypted: z.int(),
    already: z.int(),
    failed: z.int(),
    skipped: z.int(),
    restored: z.int(),
  } satisfies Record<ItemState, z.ZodInt>)
  .partial();

export const runsRequests = {
  start: request(RunRequest, z.object({ runId: z.string() })),
  get: request(z.object({ runId: z.id() }), RunSummary),
  list: request(nothing, z.object({ runs: z.array(RunSummary) })),
  items: request(
    page.extend({ runId: z.id(), only: z.enum(['all', 'failed']) }),
    z.object({ total: z.int(), items: z.array(RunItem) }),
  ),
  /** What a run says of one blob; null where it is none of the run's. */
  item: request(z.object({ runId: z.id(), blobId: z.id() }), z.object({ item: RunItem.nullable() })),
  /** What the last run of this start made of each blob of the list, for those of which one has ended. */
  results: request(
    z.object({ offset: z.int().min(0), limit: z.int().min(1).max(20_000) }),
    z.object({ total: z.int(), results: z.array(BlobResult) }),
  ),
  /**
   * Blobs of a run that match, those that failed first. `states`: empty means all. `words`: each must be found in file,
   * place, key, request id, fingerprint or fault. `counts`: of the blobs that have the words, by state.
   */
  record: request(
    page.extend({ runId: z.id(), states: z.array(ItemState).max(8), words: z.string().max(200) }),
    z.object({
      total: z.int(),
      counts: StateCounts,
      items: z.array(RunItem),
    }),
  ),
  /**
   * Old and new ciphertext, base64, of the blob at a place of a `record` with these states and words: read from backup and
   * file now, each taken only where it has the hash that the run wrote down. Null: it is not there any more.
   */
  change: request(
    z.object({ runId: z.id(), blobId: z.id() }),
    z.object({ before: z.string().nullable(), after: z.string().nullable() }),
  ),
  cancel: request(z.object({ runId: z.id() }), nothing),
  /** Sends nothing new until gone on with. */
  pause: request(z.object({ runId: z.id() }), nothing),
  /**
   * Goes on with a paused or unfinished run. `grantTokens`: of one that was cut off, in the place of those that it had,
   * which may be too old by now; none leaves it those.
   */
  resume: request(z.object({ runId: z.id(), grantTokens: RunRequest.shape.grantTokens.optional() }), nothing),
  /**
   * Starts the blobs that failed, or were not reached, again as they were asked for: a new run. `grantTokens`: those of the
   * run were deleted with its end; absent where it had some, the fault `GrantTokensNeeded` asks for them.
   */
  retry: request(
    z.object({ runId: z.id(), grantTokens: RunRequest.shape.grantTokens.optional() }),
    z.object({ runId: z.string() }),
  ),
  /**
   * Decrypts the old and the new blob of each pair in the two-step child and says whether they hold the same plaintext: of
   * all re-encrypted blobs of a run, or of so many chosen at random. `compareProgress` says how far it is.
   */
  compare: request(
    z.object({ runId: z.id(), sample: z.int().min(1).max(10_000_000).nullable() }),
    Comparison,
  ),
  /** Has it answer with what was compared by then. */
  stopCompare: request(z.object({ runId: z.id() }), nothing),
  /** Puts every file of a run back as it was; files that changed since are left, and said. */
  undo: request(
    z.object({ runId: z.id() }),
    z.object({
      restored: Touches,
      /** Files that were not touched, and why; at most 200. */
      left: z.array(z.object({ file: z.string(), fault: Fault })),
      leftTotal: z.int(),
    }),
  ),
  /** The new ciphertext of a blob as text in its own encoding, for copying. */
  resultText: request(z.object({ runId: z.id(), blobId: z.id() }), z.object({ text: z.string() })),
  /** A one-time address at which the loopback host hands out the new file(s). */
  download: request(z.object({ runId: z.id() }), z.object({ url: z.string(), name: z.string() })),
} as const;

/** Made by a host's own code alone: may name paths. */
export const runsHostRequests = {
  /** The one run with an id that begins with `prefix`. */
  named: request(z.object({ prefix: z.string().max(100) }), z.object({ runId: z.string() })),
  /** Starts what a command asks of these absolute paths, or goes on with what is left of it. */
  startCommand: request(
    z.object({ request: RunRequest, paths: z.array(z.string()) }),
    z.object({ runId: z.string() }),
  ),
  /** Stops a run so that it keeps its place, and waits until it has: as it then is. */
  suspend: request(z.object({ runId: z.id() }), RunSummary),
  /** Finished files of a download run: relative name and bytes. */
  kept: request(
    z.object({ runId: z.string() }),
    z.object({ files: z.array(z.object({ relative: z.string(), bytes: z.instanceof(Uint8Array) })) }),
  ),
} as const;

export const runsEvents = {
  /** At most ten a second for each run. */
  runProgress: event(RunSummary),
  /** At most ten a second. */
  compareProgress: event(ComparisonProgress),
} as const;

export const outputRequests = {
  /** Opens the host's folder dialog; null when the person closed it. */
  chooseFolder: request(
    nothing,
    z.object({ folder: z.object({ token: z.string(), path: z.string() }).nullable() }),
  ),
  reveal: request(z.object({ runId: z.id(), blobId: z.id() }), nothing),
} as const;

/** Made by a host's own code alone: may name paths. */
export const outputHostRequests = {
  /** Registers a folder that the person named; the page gets the token and the path to show. */
  addFolder: request(z.object({ path: z.string() }), z.object({ token: z.string(), path: z.string() })),
  /** Absolute path of the file that holds a new blob, for "show in folder". */
  pathOf: request(z.object({ runId: z.id(), blobId: z.id() }), z.object({ path: z.string().nullable() })),
} as const;

export const preflightRequests = {
  /**
   * Whether the rights are there: one `ReEncrypt` with `DryRun` and `IGNORE_CIPHERTEXT` for each source key and pair of
   * contexts; on the way 'decrypt-encrypt' such a `Decrypt`, and a `DryRun` of `Encrypt`. Where the run verifies, one more
   * for each context of the destination. (A preflight of the blobs themselves is a run with `dryRun`.)
   */
  permissions: request(
    RunRequest.pick({
      blobIds: true,
      source: true,
      destination: true,
      grantTokens: true,
      method: true,
      verify: true,
    }),
    PermissionChecks,
  ),
} as const;
