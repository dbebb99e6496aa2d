import * as z from '../schema.ts';
import { Fault } from './fault.ts';
import { DestinationSide, OnFailure, Pace, RunMode, SourceSide } from './run.ts';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A blob of a plan: where it is, and the hash by which it is known to be the same. */
const PlannedBlob = z.strictObject({
  /** Place within the file; "": the file is the blob. */
  place: z.string(),
  sha256: Sha256,
  /** Length of the ciphertext in bytes. */
  bytes: z.int().min(0),
  fingerprint: Sha256.nullable(),
  /** How it is written in its file; it is written back the same way. */
  encoding: z.string(),
  kind: z.string(),
});

export const PlannedFile = z.strictObject({
  /** Below the plan's root, with "/"; or absolute. */
  path: z.string().min(1),
  /** Of the whole file. A file that has another hash when the plan is run is left alone. */
  sha256: Sha256,
  blobs: z.array(PlannedBlob).min(1),
});
export type PlannedFile = z.infer<typeof PlannedFile>;

export const PlanOutput = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('in-place'), backup: z.boolean() }),
  /** Below this folder, each file at the path it has below the root. */
  z.strictObject({ mode: z.literal('folder'), folder: z.string().min(1) }),
]);
export type PlanOutput = z.infer<typeof PlanOutput>;

/** The plan that a shard is a part of, and which part. */
const ShardOf = z.strictObject({
  /** Hash of the whole plan, hex SHA-256: the same however its file is laid out. */
  plan: Sha256,
  /** From 0. */
  index: z.int().min(0),
  count: z.int().min(1),
});
/**
 * Exactly what a run will do, as a value: saved, looked at, compared, and run later or elsewhere. Holds names, hashes
 * and key ids; no ciphertext, no credential, no grant token.
 */
export const RunPlan = z.strictObject({
  rewrapPlan: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  mode: RunMode,
  /** Folder that relative paths start from; null where the plan was made in a window: it is then given at the run. */
  root: z.string().nullable(),
  source: SourceSide,
  destination: DestinationSide,
  output: PlanOutput,
  verify: z.boolean(),
  onFailure: OnFailure,
  pace: Pace,
  /** Send blobs, too, that are known to be at the destination. Absent: only where the context changes. */
  evenIfThere: z.boolean().optional(),
  /** Copy files, too, in which a value beside a blob may be its plaintext. Absent: they fail. */
  allowPossiblePlaintext: z.boolean().optional(),
  /** Send blobs, too, that an emulator of KMS made. */
  emulatorBlobs: z.boolean().optional(),
  /** Rules that chose the blobs, as `name=value`. */
  rules: z.array(z.string()),
  /** Absent: it is a whole plan. */
  shardOf: ShardOf.optional(),
  files: z.array(PlannedFile),
});
export type RunPlan = z.infer<typeof RunPlan>;

/** Longest name of a file beside the head; it names no other folder. */
const BesideName = z.string().regex(/^[\w.-]{1,200}$/);

/**
 * A plan too large for one document: this head, and its files in another file beside it, one JSON object a line, which is
 * read and written some lines at a time.
 */
export const PlanHead = z.strictObject({
  ...RunPlan.omit({ files: true }).shape,
  rewrapPlan: z.literal(2),
  lines: z.strictObject({
    name: BesideName,
    /** Of all bytes of that file. */
    sha256: Sha256,
    files: z.int().min(0),
    blobs: z.int().min(0),
    /** Of ciphertext. */
    bytes: z.int().min(0),
  }),
});
export type PlanHead = z.infer<typeof PlanHead>;

/** What a plan says beside its files. */
export type PlanTerms = Omit<RunPlan, 'files'>;

/** The plan of a file's text, or why it is none. */
export function readPlan(text: string): { ok: true; plan: RunPlan } | { ok: false; why: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, why: 'It is not JSON.' };
  }
  const parsed = RunPlan.safeParse(value, z.UNTIL_FIRST);
  if (parsed.success) return { ok: true, plan: parsed.data };
  return { ok: false, why: whyNoPlan(value, parsed.error.issues[0]?.path ?? []) };
}

/** The head of a plan in two files, from its text; or why it is none. */
export function readPlanHead(text: string): { ok: true; head: PlanHead } | { ok: false; why: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, why: 'It is not JSON.' };
  }
  const parsed = PlanHead.safeParse(value, z.UNTIL_FIRST);
  if (parsed.success) return { ok: true, head: parsed.data };
  return { ok: false, why: whyNoPlan(value, parsed.error.issues[0]?.path ?? []) };
}

/** What the head of a plan says of the run. */
export const termsOfHead = ({ lines: _, ...head }: PlanHead): PlanTerms => ({ ...head, rewrapPlan: 1 });

/** In plain words what keeps a value from being a plan; `path`: its first member that does not fit. */
function whyNoPlan(value: unknown, path: readonly PropertyKey[]): string {
  const format =
    typeof value === 'object' && value !== null && 'rewrapPlan' in value ? value.rewrapPlan : null;
  if (format === null) return 'It is JSON, but not a plan: a plan says "rewrapPlan": 1.';
  if (typeof format === 'number' && format > 2)
    return `It has format ${format}, which a newer Rewrap writes. This one reads formats 1 and 2.`;
  if (format === 2 && path[0] === 'rewrapPlan')
    return 'It is the head of a plan in two files: this place takes a plan in one file.';
  const place = path.map(String).join('.');
  return place === ''
    ? 'It has members that no plan has.'
    : `Its member ${place} is missing, or is not what a plan has there.`;
}

/** How a plan is written to a file. */
export const planText = (plan: RunPlan): string => `${JSON.stringify(plan, null, 2)}\n`;

/**
 * What a plan is for, from its two sides. `keysOfBlobs`: ARNs that KMS named, or a container declares, as those of
 * the blobs, where all of them are known; else null.
 */
export function modeOf(
  source: SourceSide,
  destination: DestinationSide,
  keysOfBlobs: readonly string[] | null,
): RunMode {
  if (source.algorithm !== destination.algorithm) return 'change-algorithm';
  const from = source.keyId === null ? keysOfBlobs : [source.keyId];
  const stays = from !== null && from.length > 0 && from.every((key) => key === destination.keyId);
  if (!stays) return 'change-key';
  return destination.context.mode === 'same' ? 'refresh' : 'change-context';
}

/** One difference between two plans, for people. */
interface PlanChange {
  readonly what: 'setting' | 'added' | 'removed' | 'changed';
  readonly text: string;
}

/** What is different in `b` from `a`: settings, blobs added, removed, or changed in their files. In order. */
export function diffPlans(a: RunPlan, b: RunPlan): PlanChange[] {
  const changes: PlanChange[] = [];
  const settings = [
    'mode',
    'root',
    'source',
    'destination',
    'output',
    'verify',
    'onFailure',
    'pace',
    'evenIfThere',
    'allowPossiblePlaintext',
    'emulatorBlobs',
  ] as const;
  for (const name of settings) {
    const [before, after] = [JSON.stringify(a[name]), JSON.stringify(b[name])];
    if (before !== after) changes.push({ what: 'setting', text: `${name}: ${before} → ${after}` });
  }
  for (const { what, path, place } of diffBlobs(a, b))
    changes.push({ what, text: place === '' ? path : `${path} · ${place}` });
  return changes;
}

export interface BlobChange {
  readonly what: 'added' | 'removed' | 'changed';
  readonly path: string;
  readonly place: string;
}

/** Blobs of `b` that `a` has not, or has with another hash; then those of `a` that `b` has not. Compared by their paths. */
export function diffBlobs(a: RunPlan, b: RunPlan): BlobChange[] {
  const changes: BlobChange[] = [];
  const was = blobsOf(a);
  const is = blobsOf(b);
  for (const [key, { sha256, ...blob }] of is) {
    const before = was.get(key);
    if (before === undefined) changes.push({ what: 'added', ...blob });
    else if (before.sha256 !== sha256) changes.push({ what: 'changed', ...blob });
  }
  for (const [key, { path, place }] of was) if (!is.has(key)) changes.push({ what: 'removed', path, place });
  return changes;
}

function blobsOf(plan: RunPlan): Map<string, { path: string; place: string; sha256: string }> {
  return new Map(
    plan.files.flatMap(({ path, blobs }) =>
      blobs.map(({ place, sha256 }) => [`${path}\0${place}`, { path, place, sha256 }]),
    ),
  );
}

/** What KMS says of the rights on one pair of keys, without looking at any ciphertext. */
export const PermissionCheck = z.object({
  /** What needs the rights: re-encrypting, or verifying what came of it, which opens it under the destination key. */
  step: z.enum(['reencrypt', 'verify']),
  /** The key that must open a blob: the source key, or for 'verify' the destination key. */
  sourceKeyId: z.string(),
  /**
   * Who says that this is the source key: a person who pinned it, KMS before, a person before, or the file. Null for
   * 'verify'.
   */
  sourceKnownBy: z.enum(['pinned', 'kms', 'person', 'declared']).nullable(),
  /** Blobs that have this source key and these contexts. */
  blobs: z.int(),
  answer: z.enum(['allowed', 'refused', 'cannot-tell']),
  /** The endpoint ignored DryRun: it did the work, and its answer is no proof of what KMS would say. */
  ignoredDryRun: z.boolean(),
  /** Why, unless allowed. */
  fault: Fault.nullable(),
  requestId: z.string().nullable(),
});
export type PermissionCheck = z.infer<typeof PermissionCheck>;

export const PermissionChecks = z.object({
  checks: z.array(PermissionCheck),
  /** Blobs with an unknown source key: KMS needs it for such a check. */
  withoutKey: z.int(),
  /** Blobs that were left unasked since their keys and contexts are too many. */
  unasked: z.int(),
});
export type PermissionChecks = z.infer<typeof PermissionChecks>;
