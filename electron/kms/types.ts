import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { ConnectionChoice, Identity } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { KeyInfo, KeyList } from '#shared/model/key.ts';

/** One `ReEncrypt`, in the API's terms. A null context or key is left out of the request. */
export interface ReEncryptInput {
  readonly blob: Uint8Array;
  readonly sourceKeyId: string | null;
  readonly sourceAlgorithm: EncryptionAlgorithm;
  readonly sourceContext: EncryptionContext | null;
  readonly destinationKeyId: string;
  readonly destinationAlgorithm: EncryptionAlgorithm;
  readonly destinationContext: EncryptionContext | null;
  readonly grantTokens: readonly string[];
}

/** What KMS said. No plaintext can be in it: `ReEncrypt` returns none and only these members are copied. */
export interface ReEncryptOutput {
  readonly blob: Uint8Array;
  readonly sourceKeyArn: string | null;
  readonly destinationKeyArn: string;
  readonly sourceAlgorithm: string | null;
  readonly destinationAlgorithm: string | null;
  readonly sourceKeyMaterialId: string | null;
  readonly destinationKeyMaterialId: string | null;
  readonly requestId: string | null;
}

/** A {@link ReEncryptInput} without its ciphertext. */
export type RightsInput = Omit<ReEncryptInput, 'blob'> & { readonly sourceKeyId: string };

/** Answer to a dry run that KMS would have carried out. */
export interface DryRunOutput {
  /**
   * 'would-succeed': DryRunOperationException. 'ignored': the endpoint really re-encrypted (some emulators do); the
   * result is dropped and the person is told.
   */
  readonly outcome: 'would-succeed' | 'ignored';
  readonly requestId: string | null;
}

/** A connection to one KMS endpoint as one principal. Every method throws FaultError, explained. */
export interface Kms {
  readonly choice: ConnectionChoice;
  readonly region: string;
  readonly endpoint: string | null;
  /** ARN of the caller as STS last said it; null or absent: it was not asked. */
  readonly principal?: string | null;
  reEncrypt(input: ReEncryptInput, signal?: AbortSignal): Promise<ReEncryptOutput>;
  dryRun(input: ReEncryptInput, signal?: AbortSignal): Promise<DryRunOutput>;
  /**
   * A dry run that judges rights and keys alone, without any ciphertext (`IGNORE_CIPHERTEXT`). The source key must be
   * named. An endpoint that does not know the modifier answers with a ValidationException.
   */
  mayReEncrypt(input: RightsInput, signal?: AbortSignal): Promise<DryRunOutput>;
  whoAmI(): Promise<Identity>;
  listKeys(): Promise<KeyList>;
  /** A key by id, ARN, alias name or alias ARN, in this or another account. */
  describeKey(keyId: string): Promise<KeyInfo>;
  close(): void;
}

/** Details that take one more request for each key. */
export type KeyDetailKind = 'rotation' | 'tags' | 'lastUse';

export interface KeyRotationEntry {
  /** ISO 8601; null for the first key material. */
  readonly at: string | null;
  readonly type: 'AUTOMATIC' | 'ON_DEMAND' | null;
  readonly keyMaterialId: string | null;
  /** 'CURRENT', 'NON_CURRENT', 'PENDING_ROTATION', …; KMS says it for each material. */
  readonly state: string | null;
}

export interface KeyRotation {
  /** Whether automatic rotation is on. */
  readonly enabled: boolean;
  readonly periodDays: number | null;
  readonly nextAt: string | null;
  /** An on-demand rotation is under way since then. */
  readonly onDemandSince: string | null;
  /** From ListKeyRotations; null until asked ({@link KmsConnection.keyDetail}). */
  readonly past: readonly KeyRotationEntry[] | null;
}

export interface KeyLastUse {
  /** 'Encrypt', 'Decrypt', 'ReEncrypt', …; null with `at`: no use since `trackedSince`. */
  readonly operation: string | null;
  readonly at: string | null;
  /** KMS knows of no use before this. */
  readonly trackedSince: string | null;
}

export interface KeyTag {
  readonly key: string;
  readonly value: string;
}

/** The Regions of a multi-Region key, as DescribeKey says. */
export interface MultiRegionKey {
  readonly role: 'PRIMARY' | 'REPLICA';
  readonly primary: { readonly arn: string; readonly region: string } | null;
  readonly replicas: readonly { readonly arn: string; readonly region: string }[];
}

/** A key and what else KMS said of it. A null detail was not asked, does not apply, or is among `gaps`. */
export interface KeyDetail extends KeyInfo {
  readonly multiRegionKey: MultiRegionKey | null;
  readonly rotation: KeyRotation | null;
  readonly lastUse: KeyLastUse | null;
  readonly tags: readonly KeyTag[] | null;
}

export interface KeyDetailList extends KeyList {
  readonly keys: KeyDetail[];
}

/** What became known since the last page. */
export interface KeyPage {
  /** Keys that are new, or of which more is known: replace by `keyId`. In no order. */
  readonly keys: readonly KeyDetail[];
  readonly described: number;
  /** Keys that are known to exist so far; grows while the listing goes on. */
  readonly known: number;
  readonly gaps: readonly string[];
  readonly done: boolean;
}

export interface ListKeysOptions {
  readonly signal?: AbortSignal;
  /**
   * Asked of every key after all are described; none by default. 'lastUse' is limited to four keys a second, so that
   * ten thousand take forty minutes: better asked for the one key that is looked at ({@link KmsConnection.keyDetail}).
   */
  readonly details?: readonly KeyDetailKind[];
}

/** A {@link Kms} that also tells more of its keys. */
export interface KmsConnection extends Kms {
  readonly fips: boolean;
  readonly dualStack: boolean;
  /** 'aws', 'aws-cn', 'aws-us-gov', … */
  readonly partition: string;
  /**
   * `onPage` gets the keys while they are still loading, at most ten times a second, the last time with `done`;
   * the promise brings all of them, sorted.
   */
  listKeys(onPage?: (page: KeyPage) => void, options?: ListKeysOptions): Promise<KeyDetailList>;
  describeKey(keyId: string): Promise<KeyDetail>;
  /** A key with its rotation (past ones, too), last use and tags; what is not permitted is among its gaps. */
  keyDetail(keyId: string): Promise<KeyDetail>;
}

/** How to reach the practice KMS; its keys are examples and no secret. */
export interface PracticeAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Asks a person for the code that the multi-factor device of this serial number (an ARN) shows now. */
export type AskMfa = (serial: string) => Promise<string>;

export interface ConnectOptions {
  /**
   * Called once per session (and again when it has to be renewed), never per request. Rejecting means that the
   * person gave none. Without it a profile with `mfa_serial` ends in the fault `MfaNeeded`.
   */
  readonly askMfa?: AskMfa;
  /** Null or missing: as environment and profile say. */
  readonly fips?: boolean | null;
  readonly dualStack?: boolean | null;
}
