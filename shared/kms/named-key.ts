import type { Fault } from '../model/fault.ts';

const KEY_ARN = String.raw`arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+`;
/** As `explainKms` words a refusal because of the state of the source key. */
const STATE = new RegExp(`^The source key (${KEY_ARN}) `);
/** As KMS words a refusal of a right, with the action and the key that it lacks for. */
const DENIED = new RegExp(`kms:(?:ReEncryptFrom|Decrypt) on resource: (${KEY_ARN})(?=\\s|$)`);
const STATES: ReadonlySet<string> = new Set(['DisabledException', 'KMSInvalidStateException']);

/**
 * ARN of the key that a blob is under, where KMS named it when it refused to open the blob: the key is disabled, is being
 * deleted, or may not be used. Only of a request that pinned no source key: of another, KMS repeats what it was given.
 */
export function sourceKeyNamed({ code, message, raw }: Fault): string | null {
  if (raw === null) return null;
  if (STATES.has(code)) return STATE.exec(message)?.[1] ?? null;
  return code === 'AccessDeniedException' ? (DENIED.exec(raw.message)?.[1] ?? null) : null;
}
