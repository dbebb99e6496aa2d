import * as z from '../schema.ts';
import { PlanOutput } from './plan.ts';
import { DestinationSide, OnFailure, Pace, RunMode, SourceSide, Touches } from './run.ts';

/** A plan that was opened, as a list names it. */
export const PlanEntry = z.strictObject({
  planId: z.string(),
  /** Name of its file. */
  name: z.string(),
  createdAt: z.string(),
  mode: RunMode,
  touches: Touches,
  destinationKeyId: z.string(),
});
export type PlanEntry = z.infer<typeof PlanEntry>;

/** Everything that a plan says, with its blobs counted. */
export const PlanView = z.strictObject({
  ...PlanEntry.shape,
  /** For people: the folder that its paths start from; null where it names none. */
  root: z.string().nullable(),
  source: SourceSide,
  destination: DestinationSide,
  /** A folder is here a path for people. */
  output: PlanOutput,
  verify: z.boolean(),
  onFailure: OnFailure,
  pace: Pace,
  evenIfThere: z.boolean(),
  rules: z.array(z.string()),
  /** Of ciphertext. */
  bytes: z.int(),
  kinds: z.array(z.strictObject({ kind: z.string(), blobs: z.int() })),
  /** Key materials, the most frequent first, at most ten; null: blobs without a fingerprint. */
  materials: z.array(z.strictObject({ fingerprint: z.string().nullable(), blobs: z.int() })),
  moreMaterials: z.int(),
});
export type PlanView = z.infer<typeof PlanView>;

/**
 * How a blob of a plan stands now. 'ready': file and blob are as planned. 'there': as planned, and known to be under
 * the destination's key material. 'file-changed': the blob is the same, its file is not. 'blob-changed': another blob
 * is in its place. 'gone': nothing is in its place. 'missing': there is no such file. 'unreadable': the file cannot be
 * read. 'unknown': the file is not in the list, and this host reads no other for a plan that was uploaded.
 */
export const PlanBlobState = z.enum([
  'ready',
  /** A run of this plan re-encrypted it. */
  'done',
  'there',
  'file-changed',
  'blob-changed',
  'gone',
  'missing',
  'unreadable',
  'unknown',
]);
export type PlanBlobState = z.infer<typeof PlanBlobState>;

/** What of a plan holds now. */
export const PlanCheck = z.strictObject({
  checkedAt: z.string(),
  /** The states that occur. */
  counts: z.array(z.strictObject({ state: PlanBlobState, touches: Touches })),
  /** Files that are not wholly as planned, at most 200. */
  files: z.array(
    z.strictObject({ file: z.string(), state: PlanBlobState, blobs: z.int(), why: z.string().nullable() }),
  ),
  filesTotal: z.int(),
  /** Blobs in the list that its rules choose now and the plan does not have; null where it has no rules. */
  chosenSince: z.int().nullable(),
  /** What a run would send. */
  runs: Touches,
  /** Why it cannot run here at all; null where it can. */
  refused: z.string().nullable(),
});
export type PlanCheck = z.infer<typeof PlanCheck>;

const ChangedFiles = z.strictObject({
  touches: Touches,
  /** At most 200, with at most five places each. */
  files: z.array(z.strictObject({ file: z.string(), blobs: z.int(), places: z.array(z.string()) })),
});
export type ChangedFiles = z.infer<typeof ChangedFiles>;

/** What is different in plan `b` from plan `a`, blob by blob. */
export const PlanComparison = z.strictObject({
  added: ChangedFiles,
  removed: ChangedFiles,
  changed: ChangedFiles,
  same: Touches,
});
export type PlanComparison = z.infer<typeof PlanComparison>;
