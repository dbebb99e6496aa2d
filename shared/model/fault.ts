import * as z from '../schema.ts';
import { POLICY_PLACES } from './fault-error.ts';

/** A policy statement that would allow what was refused, to be copied: Rewrap changes no policy. */
export const PolicyAdvice = z.object({
  /** Where it belongs: the policy of a user or role, the key policy, a permissions boundary, … */
  place: z.enum(POLICY_PLACES),
  /** For people: which policy. */
  title: z.string(),
  /** One statement as JSON. What is not known stands in it as a placeholder in angle brackets. */
  statement: z.string(),
});
export type PolicyAdvice = z.infer<typeof PolicyAdvice>;

/**
 * The only form in which an error crosses the bridge: never a stack, never an SDK object.
 * `code` is a KMS error name (`IncorrectKeyException`) or one of Rewrap's own (`DiskFull`).
 */
export const Fault = z.object({
  code: z.string(),
  /** What happened, in one sentence. */
  message: z.string(),
  /** Why: the likely causes, most likely first; may be empty. */
  detail: z.string(),
  /** What to do next. */
  remedy: z.string(),
  /**
   * The words of who refused and the request id, one click away. `by`: "KMS", "STS", "IAM Identity Center", "The SDK", "The
   * proxy", "The system"; absent in what was kept before it was known.
   */
  raw: z
    .object({
      name: z.string(),
      message: z.string(),
      requestId: z.string().nullable(),
      by: z.string().optional(),
    })
    .nullable(),
  /** Whether the same request may succeed if sent again unchanged. */
  retryable: z.boolean(),
  /** For a refused permission: the statements that would allow it, the likeliest place first. */
  policies: z.array(PolicyAdvice).optional(),
});
export type Fault = z.infer<typeof Fault>;

export { FaultError, fault } from './fault-error.ts';
