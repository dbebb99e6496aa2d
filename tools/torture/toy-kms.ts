import { createHash, randomBytes } from 'node:crypto';
import type { KeyInfo } from '#shared/model/key.ts';
import type { DryRunOutput, Kms, ReEncryptInput, ReEncryptOutput } from '../../electron/core/kms/index.ts';
import { KEY, kmsFault, OLD_KEY, wrapped } from '../../electron/core/rotation/testing/fake-kms.ts';

const NONCE = 11;
const TAG = 16;
/** Length of every plaintext here, in bytes. */
export const PLAINTEXT_BYTES = 32;
const CONTENT = NONCE + PLAINTEXT_BYTES + TAG;

function stream(key: string, nonce: Uint8Array, length: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < length; i++)
    parts.push(createHash('sha256').update(`${key} ${i}`).update(nonce).digest());
  return Buffer.concat(parts).subarray(0, length);
}

/** A blob of KMS's layout whose content only {@link open} with the same key gives back. No security is meant. */
export function seal(key: string, plaintext: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE);
  const pad = stream(key, nonce, plaintext.length);
  const hidden = plaintext.map((byte, i) => byte ^ (pad[i] ?? 0));
  const tag = createHash('sha256').update(key).update(nonce).update(plaintext).digest().subarray(0, TAG);
  return wrapped(key, Buffer.concat([nonce, hidden, tag]));
}

/** The plaintext; null when the key is another one or the blob is damaged. */
export function open(key: string, blob: Uint8Array): Uint8Array | null {
  const content = blob.subarray(blob.length - CONTENT);
  const nonce = content.subarray(0, NONCE);
  const hidden = content.subarray(NONCE, content.length - TAG);
  const pad = stream(key, nonce, hidden.length);
  const plaintext = hidden.map((byte, i) => byte ^ (pad[i] ?? 0));
  const tag = createHash('sha256').update(key).update(nonce).update(plaintext).digest().subarray(0, TAG);
  return tag.equals(content.subarray(content.length - TAG)) ? plaintext : null;
}

/** A KMS in the process itself: what is tortured here is the engine, not the network. */
export class ToyKms implements Kms {
  readonly choice = { kind: 'practice' } as const;
  readonly region = 'us-east-1';
  readonly endpoint = null;
  readonly #failures: number;

  /** `failures`: part of the requests that fail in passing, 0 to 1. */
  constructor(failures: number) {
    this.#failures = failures;
  }

  async reEncrypt(input: ReEncryptInput): Promise<ReEncryptOutput> {
    await this.#trouble();
    const plaintext = this.#opened(input);
    const symmetric = input.destinationAlgorithm === 'SYMMETRIC_DEFAULT';
    return {
      blob: symmetric ? seal(KEY, plaintext) : randomBytes(512),
      sourceKeyArn: OLD_KEY,
      destinationKeyArn: KEY,
      sourceAlgorithm: input.sourceAlgorithm,
      destinationAlgorithm: input.destinationAlgorithm,
      sourceKeyMaterialId: 'a'.repeat(64),
      destinationKeyMaterialId: 'b'.repeat(64),
      requestId: randomBytes(8).toString('hex'),
    };
  }

  async dryRun(input: ReEncryptInput): Promise<DryRunOutput> {
    await this.#trouble();
    if (input.sourceAlgorithm === 'SYMMETRIC_DEFAULT') this.#opened(input);
    return { outcome: 'would-succeed', requestId: randomBytes(8).toString('hex') };
  }

  mayReEncrypt(): Promise<DryRunOutput> {
    return Promise.resolve({ outcome: 'would-succeed', requestId: null });
  }

  async whoAmI() {
    return { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/me', userId: 'U' };
  }

  async listKeys() {
    return { keys: [], gaps: [] };
  }

  async describeKey(keyId: string): Promise<KeyInfo> {
    return {
      keyId,
      arn: KEY,
      aliases: [],
      description: '',
      spec: 'RSA_4096',
      usage: 'ENCRYPT_DECRYPT',
      state: 'Enabled',
      manager: 'CUSTOMER',
      origin: 'AWS_KMS',
      multiRegion: false,
      createdAt: null,
      deletionDate: null,
      algorithms: [],
      currentKeyMaterialId: null,
      multiRegionKey: null,
      rotation: null,
      lastUse: null,
      tags: null,
      unfitAsDestination: null,
      unfitAsSource: null,
      gaps: [],
    };
  }

  describeOnce(keyId: string): Promise<KeyInfo> {
    return this.describeKey(keyId);
  }

  close(): void {}

  #opened(input: ReEncryptInput): Uint8Array {
    const plaintext = open(input.sourceKeyId === KEY ? KEY : OLD_KEY, input.blob);
    if (plaintext === null) throw kmsFault('InvalidCiphertextException');
    return plaintext;
  }

  async #trouble(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (Math.random() < this.#failures)
      throw kmsFault(Math.random() < 0.5 ? 'ThrottlingException' : 'ECONNRESET');
  }
}
