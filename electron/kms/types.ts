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
  reEncrypt(input: ReEncryptInput, signal?: AbortSignal): Promise<ReEncryptOutput>;
  dryRun(input: ReEncryptInput, signal?: AbortSignal): Promise<DryRunOutput>;
  whoAmI(): Promise<Identity>;
  listKeys(): Promise<KeyList>;
  /** A key by id, ARN, alias name or alias ARN, in this or another account. */
  describeKey(keyId: string): Promise<KeyInfo>;
  close(): void;
}

/** How to reach the practice KMS; its keys are examples and no secret. */
export interface PracticeAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
