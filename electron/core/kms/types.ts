import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { ConnectionChoice, EndpointInfo, Identity } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { KeyInfo, KeyList, KeyPage } from '#shared/model/key.ts';
import { onAbort } from '../limits/on-abort.ts';
import type { KmsAccess } from './access.ts';
import type { WaitOptions } from './waiting.ts';

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
  /** Where the blob was moved by Decrypt and Encrypt: the id of the Decrypt; `requestId` is then that of the Encrypt. */
  readonly decryptRequestId?: string | null;
}

/** A {@link ReEncryptInput} without its ciphertext. */
export type RightsInput = Omit<ReEncryptInput, 'blob'> & { readonly sourceKeyId: string };

/** Answer to a dry run that KMS would have carried out. */
export interface DryRunOutput {
  /**
   * 'would-succeed': DryRunOperationException. 'ignored': the endpoint really re-encrypted (some emulators do); the
   * result is dropped and the person is informed.
   */
  readonly outcome: 'would-succeed' | 'ignored';
  readonly requestId: string | null;
}

/** How a request that was begun can still be stopped. */
export interface Sending {
  /**
   * Aborted: what has not left this machine yet (it waits for credentials or a connection, or would be tried again) does
   * not leave any more, and the call rejects with {@link NotSent}. A request that has left is waited for.
   */
  readonly hold?: AbortSignal;
  /** Aborted: the call ends at once, also while a request is under way. */
  readonly cut?: AbortSignal;
  /** Called with the request id of a Decrypt that was answered, of a blob that was then not encrypted. */
  readonly decrypted?: (requestId: string) => void;
}

/** The request was held back before it left: nothing was asked. */
export class NotSent extends Error {
  override name = 'NotSent';
}

/** What was waited for; rejects with {@link NotSent} where the request is held back or cut meanwhile. */
export async function unlessHeld<T>(wait: Promise<T>, { hold, cut }: Sending): Promise<T> {
  if (hold === undefined && cut === undefined) return wait;
  let ends: readonly (() => void)[] = [];
  try {
    return await new Promise<T>((resolve, reject) => {
      const held = () => reject(new NotSent());
      ends = [onAbort(hold, held), onAbort(cut, held)];
      if (hold?.aborted || cut?.aborted) held();
      wait.then(resolve, reject);
    });
  } finally {
    for (const end of ends) end();
  }
}

/** What a run asks of KMS. Every method throws FaultError, explained. */
export interface KmsRequests {
  readonly choice: ConnectionChoice;
  readonly region: string;
  readonly endpoint: string | null;
  /** ARN of the caller as STS last said it; null or absent: it was not asked. */
  readonly principal?: string | null;
  reEncrypt(input: ReEncryptInput, sending?: Sending): Promise<ReEncryptOutput>;
  dryRun(input: ReEncryptInput, sending?: Sending): Promise<DryRunOutput>;
  /**
   * A dry run that judges rights and keys alone, without any ciphertext (`IGNORE_CIPHERTEXT`). The source key must be
   * named. An endpoint that does not know the modifier answers with a ValidationException.
   */
  mayReEncrypt(input: RightsInput, sending?: Sending): Promise<DryRunOutput>;
  /**
   * Asks by DryRun whether the source side of `input`, a blob that was just made, opens. Without it `dryRun` serves:
   * a re-encryption to the same key.
   */
  readonly tryOpen?: (input: ReEncryptInput, sending?: Sending) => Promise<DryRunOutput>;
  /** The right that `tryOpen` needs, without any ciphertext. Without it `mayReEncrypt` serves. */
  readonly mayOpen?: (input: RightsInput, sending?: Sending) => Promise<DryRunOutput>;
  /** DescribeKey alone: one request, which is not tried again here; without aliases. */
  describeOnce(keyId: string, sending?: Sending): Promise<KeyInfo>;
}

/** A connection to one KMS endpoint as one principal. */
export interface Kms extends KmsRequests {
  whoAmI(): Promise<Identity>;
  listKeys(): Promise<KeyList>;
  /** A key by id, ARN, alias name or alias ARN, in this or another account. */
  describeKey(keyId: string): Promise<KeyInfo>;
  close(): void;
}

/** Details that take one more request for each key. */
export type KeyDetailKind = 'rotation' | 'tags' | 'lastUse';

export interface ListKeysOptions {
  readonly signal?: AbortSignal;
  /**
   * Asked of every key after all are described; none by default. 'lastUse' is limited to four keys a second, so that
   * ten thousand take forty minutes: better asked for the one key that is looked at ({@link KmsConnection.keyDetail}).
   */
  readonly details?: readonly KeyDetailKind[];
}

/** A {@link Kms} that also tells where its requests go and more of its keys. */
export interface KmsConnection extends Kms {
  readonly endpointInfo: EndpointInfo;
  /**
   * `onPage` gets the keys while they are still loading, at most ten times a second, with `listed` once all are
   * described and at the last time with `done`; the promise brings all of them, sorted.
   */
  listKeys(onPage?: (page: KeyPage) => void, options?: ListKeysOptions): Promise<KeyList>;
  /** A key with its rotation (past ones, too), last use and tags; what is not permitted is among its gaps. */
  keyDetail(keyId: string): Promise<KeyInfo>;
  /** Drops the credentials at hand and asks, with fresh ones, who we are. Requests under way are not disturbed. */
  renew(): Promise<Identity>;
  /** For a process of Rewrap's own that sends requests for this connection. */
  access(): KmsAccess;
  /** The key policy, JSON as KMS keeps it. Needs `kms:GetKeyPolicy`; keys of other accounts have none to show. */
  keyPolicy(keyId: string): Promise<string>;
  /** Signs a message of at most 4,096 bytes with a KMS key. Needs `kms:Sign`. */
  sign(keyId: string, algorithm: string, message: Uint8Array): Promise<Uint8Array>;
  /** The public part of a signing key: SubjectPublicKeyInfo, DER. Needs `kms:GetPublicKey`. */
  publicKey(keyId: string): Promise<Uint8Array>;
  /** Grants of a key, all pages. Needs `kms:ListGrants`. */
  keyGrants(keyId: string): Promise<Grant[]>;
}

/** Who may use a key beside what its policy says. */
export interface Grant {
  readonly id: string;
  readonly name: string | null;
  /** ARN; a service's name; or a unique id where the principal was deleted. */
  readonly grantee: string;
  /** 'Decrypt', 'ReEncryptFrom', … */
  readonly operations: readonly string[];
  /** It holds for some encryption contexts alone. */
  readonly bound: boolean;
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

export interface ConnectOptions extends WaitOptions {
  /**
   * Called once per session (and again when it has to be renewed), never per request. Rejecting means that the
   * person gave none. Without it a profile with `mfa_serial` ends in the fault `MfaNeeded`.
   */
  readonly askMfa?: AskMfa;
}
