import type { Identification } from '../../model/blob.ts';
import type { EncryptionContext } from '../../model/context.ts';
import type { PolicyAdvice } from '../../model/fault.ts';
import type { EncryptionAlgorithm } from '../facts.ts';

/** What is known of the request that failed. Everything is optional; more of it makes a better diagnosis. */
export interface KmsSituation {
  /** The API operation: "ReEncrypt", "DescribeKey", "GetCallerIdentity". */
  readonly operation: string;
  /** Who was asked: "KMS" where nothing else is said, "STS", "IAM Identity Center". */
  readonly service?: string;
  /** What stands between, as in `EndpointInfo`: "HTTPS_PROXY: proxy.corp:3128"; null: no proxy. */
  readonly proxy?: string | null;
  /** The role that was to be assumed. */
  readonly role?: RoleSituation;
  readonly region?: string | null;
  readonly endpoint?: string | null;
  readonly profile?: string | null;
  /** ARN of the caller, as STS said it; null where it was not asked. */
  readonly principal?: string | null;
  /** The key that was pinned; null when KMS was to find it. For operations on one key: `destinationKeyId`. */
  readonly sourceKeyId?: string | null;
  readonly destinationKeyId?: string | null;
  readonly sourceAlgorithm?: EncryptionAlgorithm;
  readonly destinationAlgorithm?: EncryptionAlgorithm;
  /** The contexts as they were sent; null where none was. */
  readonly sourceContext?: EncryptionContext | null;
  readonly destinationContext?: EncryptionContext | null;
  /** What the file around the blob declares as its context. */
  readonly declaredContext?: EncryptionContext | null;
  /** What the file around the blob says its key is. A label, no proof. */
  readonly declaredKeyId?: string | null;
  readonly identification?: Identification | null;
  readonly blobBytes?: number;
}

/** A role that was to be assumed, as the profile has it. */
export interface RoleSituation {
  readonly arn: string;
  /** Null: the environment names the role. */
  readonly profile: string | null;
  /** Whether an external id was sent; whether a multi-factor code. */
  readonly externalId: boolean;
  readonly mfa: boolean;
  /** Null: none was asked for, which is one hour. */
  readonly durationSeconds: number | null;
  /** Assumed with the credentials of another role. */
  readonly chained: boolean;
}

/** What the request at hand adds to the catalogue's entry; a missing member leaves the entry's own. */
export interface Diagnosis {
  message?: string;
  causes?: readonly string[];
  remedy?: string;
  policies?: readonly PolicyAdvice[];
}

/** A text with a full stop, where it has no end of its own. */
export const sentence = (text: string): string =>
  /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
