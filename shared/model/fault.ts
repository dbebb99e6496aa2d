import * as z from '../schema.ts';

/** A policy statement that would allow what was refused, to be copied: Rewrap changes no policy. */
export const PolicyAdvice = z.object({
  /** Where it belongs: the policy of a user or role, or the key policy. */
  place: z.enum(['identity', 'key']),
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
  /** The service's own words and request id, one click away. */
  raw: z.object({ name: z.string(), message: z.string(), requestId: z.string().nullable() }).nullable(),
  /** Whether the same request may succeed if sent again unchanged. */
  retryable: z.boolean(),
  /** For a refused permission: the statements that would allow it, the likeliest place first. */
  policies: z.array(PolicyAdvice).optional(),
});
export type Fault = z.infer<typeof Fault>;

export { FaultError, fault } from './fault-error.ts';
