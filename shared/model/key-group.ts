import { EVIDENCE } from '../evidence.ts';
import * as z from '../schema.ts';

/** Who says that a fingerprint belongs to a key. KMS is proof; a file's label or a person's word is not. */
export const LearnedBy = z.enum(['kms', 'person', 'declared']);
export type LearnedBy = z.infer<typeof LearnedBy>;

/** How much is known of a blob's key. */
export const EvidenceBySchema = z.enum(EVIDENCE);
export type { EvidenceBy } from '../evidence.ts';

/** One statement "this key material belongs to that key", and its evidence. */
export const LearnedKey = z.object({
  /** Key or alias ARN; for a label that is none, the label as it stands. */
  keyArn: z.string(),
  by: LearnedBy,
  /** The evidence in words: a request id, the files that say so. */
  evidence: z.string(),
  /** 64-hex key material id, only ever as KMS said it. */
  keyMaterialId: z.string().nullable(),
  /** ISO 8601, when it was learned; null for labels in files. */
  at: z.string().nullable(),
  /** Blobs in the list with a container that says so. */
  blobs: z.int(),
});
export type LearnedKey = z.infer<typeof LearnedKey>;

/** Blobs under one key material. */
export const KeyGroup = z.object({
  fingerprint: z.string(),
  blobs: z.int(),
  files: z.int(),
  /** The key that the evidence points at; null while unknown or contradictory. */
  keyArn: z.string().nullable(),
  /** The strongest evidence for `keyArn`. */
  by: LearnedBy.nullable(),
  /** Every statement, strongest first. */
  keys: z.array(LearnedKey),
  /**
   * 'one-key'; 'unknown'; 'replicas' (one multi-Region key in several Regions); 'alias' (a key and aliases);
   * 'contradiction' (labels that cannot all be right).
   */
  verdict: z.enum(['one-key', 'unknown', 'replicas', 'alias', 'contradiction']),
  /** Why it was judged so, in one sentence; null when there is nothing to explain. */
  reason: z.string().nullable(),
  /** Earliest and latest date that containers declare for its blobs, ISO 8601. */
  firstDate: z.string().nullable(),
  lastDate: z.string().nullable(),
});
export type KeyGroup = z.infer<typeof KeyGroup>;

/** What is concluded of the key of all blobs that share key material and label. */
export const KeyConclusion = z.object({
  fingerprint: z.string().nullable(),
  label: z.string().nullable(),
  /** Equal for all blobs of one key, by whatever name. */
  key: z.string(),
  /** What the key is called for these blobs; null where nothing names it, or names contradict each other. */
  name: z.string().nullable(),
  by: EvidenceBySchema,
  /** Account of the key, where a name says it. */
  account: z.string().nullable(),
  /** Every name of the key that is known. */
  names: z.array(z.string()),
});
export type KeyConclusion = z.infer<typeof KeyConclusion>;

/** One key with the key materials seen under it: more than one is rotation. */
export const KeyTimeline = z.object({
  keyArn: z.string(),
  generations: z.array(
    z.object({
      fingerprint: z.string(),
      blobs: z.int(),
      firstDate: z.string().nullable(),
      lastDate: z.string().nullable(),
      /** True for the newest by declared dates or by KMS; false for older ones; null where dates cannot tell. */
      current: z.boolean().nullable(),
      /**
       * How that is known: KMS said which material is the current one; the dates that files declare; or it is concluded,
       * because another generation is known to be the current one. Null where it is not known.
       */
      currentBy: z.enum(['kms', 'dates', 'concluded']).nullable(),
    }),
  ),
});
export type KeyTimeline = z.infer<typeof KeyTimeline>;

/** What KMS answered when asked whether a key opens a blob. */
export const Probe = z.object({
  /** Empty: the request named no source key, and neither did KMS. */
  keyId: z.string(),
  algorithm: z.string(),
  /** 'named': KMS named the key of the blob, which does not open it now; 'opens-unnamed': some key opens it. */
  answer: z.enum([
    'opens',
    'named',
    'opens-unnamed',
    'other-key',
    'key-fits-context-does-not',
    'cannot-tell',
  ]),
  /** What KMS said, in its words or as explained. */
  detail: z.string(),
  requestId: z.string().nullable(),
});
export type Probe = z.infer<typeof Probe>;
