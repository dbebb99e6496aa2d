import { explainOwn } from '#shared/kms/errors.ts';
import {
  type EncryptionAlgorithm,
  plaintextCapacity,
  RSA_KEY_SPECS,
  takesEncryptionContext,
} from '#shared/kms/facts.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { Kms } from '../kms/index.ts';

/**
 * Whether a plaintext of known length fits the destination. The key's spec is asked for once, when first needed;
 * where `DescribeKey` is not permitted, only what fits no key of the algorithm is refused and KMS judges the rest.
 */
export class Capacity {
  readonly #kms: Kms;
  readonly #keyId: string;
  readonly #algorithm: EncryptionAlgorithm;
  #spec: Promise<string | null> | null = null;

  constructor(kms: Kms, keyId: string, algorithm: EncryptionAlgorithm) {
    this.#kms = kms;
    this.#keyId = keyId;
    this.#algorithm = algorithm;
  }

  /** A `PlaintextTooLong` fault; null when it fits or cannot be said. `plaintextBytes` null: not known. */
  async refuses(plaintextBytes: number | null): Promise<Fault | null> {
    if (plaintextBytes === null || takesEncryptionContext(this.#algorithm)) return null;
    this.#spec ??= this.#kms.describeKey(this.#keyId).then(
      (key) => key.spec,
      () => null,
    );
    const spec = await this.#spec;
    const room = spec === null ? null : plaintextCapacity(spec, this.#algorithm);
    const most = room ?? largest(this.#algorithm);
    if (most === null || plaintextBytes <= most) return null;
    const key = room === null ? 'the largest key' : `${spec}`;
    return explainOwn('PlaintextTooLong', {
      message: `The plaintext is ${plaintextBytes} bytes long; ${key} with ${this.#algorithm} holds at most ${most}.`,
      detail:
        'The length is read from the layout of the blob. RSA and SM2 keys encrypt only short plaintexts; nothing was sent.',
    });
  }
}

function largest(algorithm: EncryptionAlgorithm): number | null {
  const rooms = [...Object.keys(RSA_KEY_SPECS), 'SM2'].map((spec) => plaintextCapacity(spec, algorithm) ?? 0);
  const most = Math.max(...rooms);
  return most === 0 ? null : most;
}
