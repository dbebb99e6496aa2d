import * as z from '../schema.ts';

/** Most entries of each list of an answer; what is beyond them is counted. */
export const RECONCILE_LISTED = 200;

/** Use of a key that Rewrap's history has no request for, by who did it from where: events that are alike are one. */
export const KeyUse = z.object({
  /** 'Decrypt', 'ReEncrypt', … */
  operation: z.string(),
  key: z.string(),
  who: z.string().nullable(),
  /** IP address, or the AWS service that asked. */
  from: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** Encryption context as JSON; null where none was sent. */
  context: z.string().nullable(),
  events: z.int(),
  /** ISO 8601. */
  first: z.string(),
  last: z.string(),
  /** CloudTrail event ids, at most five. */
  eventIds: z.array(z.string()),
  /** What it may have been all the same, a sentence; of a retry the run. Null: nothing known. */
  why: z.string().nullable(),
});
export type KeyUse = z.infer<typeof KeyUse>;

/** A re-encryption of the history. */
const OurBlob = z.object({
  file: z.string().nullable(),
  place: z.string().nullable(),
  requestId: z.string(),
  /** ISO 8601. */
  at: z.string(),
});

/** How CloudTrail and the history of Rewrap agree. */
export const Reconciliation = z.object({
  /** `agrees`; `differs`: something is wrong or was missed; `unanswered`: it cannot be said from what was read. */
  verdict: z.enum(['agrees', 'differs', 'unanswered']),
  files: z.object({
    read: z.int(),
    /** Without events: digests, other JSON. */
    withoutEvents: z.int(),
    unreadable: z.array(z.object({ file: z.string(), why: z.string() })),
  }),
  events: z.object({
    read: z.int(),
    /** Of AWS KMS. */
    kms: z.int(),
    /** Delivered more than once: the same event id. */
    duplicates: z.int(),
    /** The same request as another account sees it. */
    twins: z.int(),
    first: z.string().nullable(),
    last: z.string().nullable(),
    regions: z.array(z.string()),
    accounts: z.array(z.string()),
  }),
  blobs: z.object({ total: z.int(), matched: z.int(), different: z.int(), withoutEvent: z.int() }),
  /** What an event says otherwise than the history. */
  differences: z.array(OurBlob.extend({ member: z.string(), history: z.string(), event: z.string() })),
  withoutEvent: z.array(OurBlob.extend({ why: z.string() })),
  /** Re-encryptions with a key of the history that the history does not have. */
  withoutBlob: z.array(KeyUse),
  /** Use of an old key after its blobs were moved: what opens with it may have been missed. */
  missed: z.array(KeyUse),
  /** As a run asked again for what KMS had answered while the reply was lost; no difference. */
  retried: z.array(KeyUse),
  /** How often each key was used with which contexts: as evidence, an event id each. */
  learned: z.array(
    z.object({
      key: z.string(),
      operations: z.array(z.object({ operation: z.string(), events: z.int() })),
      contexts: z.array(z.object({ context: z.string(), events: z.int(), eventId: z.string() })),
      moreContexts: z.int(),
    }),
  ),
  /** What limits the answer, a sentence each. */
  notes: z.array(z.string()),
});
export type Reconciliation = z.infer<typeof Reconciliation>;
