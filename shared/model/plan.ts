import { z } from 'zod';
import { DestinationSide, OnFailure, Pace, SourceSide } from './run.ts';

/** What the plan is for, in the field's words. */
export const PlanMode = z.enum([
  /** To another key. */
  'change-key',
  /** The same key, another encryption context. */
  'change-context',
  /** The same key, its current key material. */
  'refresh',
  /** Another encryption algorithm. */
  'change-algorithm',
]);
export type PlanMode = z.infer<typeof PlanMode>;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A blob of a plan: where it is, and the hash by which it is known to be the same. */
export const PlannedBlob = z.strictObject({
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
export type PlannedBlob = z.infer<typeof PlannedBlob>;

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

/**
 * Exactly what a run will do, as a value: saved, looked at, compared, and run later or elsewhere. Holds names, hashes
 * and key ids; no ciphertext, no credential, no grant token.
 */
export const RunPlan = z.strictObject({
  rewrapPlan: z.literal(1),
  /** ISO 8601. */
  createdAt: z.string(),
  mode: PlanMode,
  /** Folder that relative paths start from; null where the plan was made in a window: it is then given at the run. */
  root: z.string().nullable(),
  source: SourceSide,
  destination: DestinationSide,
  output: PlanOutput,
  verify: z.boolean(),
  onFailure: OnFailure,
  pace: Pace,
  /** Rules that chose the blobs, for people. */
  rules: z.array(z.string()),
  files: z.array(PlannedFile),
});
export type RunPlan = z.infer<typeof RunPlan>;

/** One difference between two plans, for people. */
export interface PlanChange {
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
  ] as const;
  for (const name of settings) {
    const [before, after] = [JSON.stringify(a[name]), JSON.stringify(b[name])];
    if (before !== after) changes.push({ what: 'setting', text: `${name}: ${before} → ${after}` });
  }
  const was = blobsOf(a);
  const is = blobsOf(b);
  for (const [key, { name, sha256 }] of is) {
    const before = was.get(key);
    if (before === undefined) changes.push({ what: 'added', text: name });
    else if (before.sha256 !== sha256) changes.push({ what: 'changed', text: name });
  }
  for (const [key, { name }] of was) if (!is.has(key)) changes.push({ what: 'removed', text: name });
  return changes;
}

function blobsOf(plan: RunPlan): Map<string, { name: string; sha256: string }> {
  return new Map(
    plan.files.flatMap(({ path, blobs }) =>
      blobs.map(({ place, sha256 }) => [
        `${path}\0${place}`,
        { name: place === '' ? path : `${path} · ${place}`, sha256 },
      ]),
    ),
  );
}
