import { explainOwn, stopsRun } from '#shared/kms/errors.ts';
import {
  type EncryptionAlgorithm,
  plaintextCapacity,
  RSA_KEY_SPECS,
  takesEncryptionContext,
} from '#shared/kms/facts.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { Send } from '../../scheduler/request-scheduler.ts';
import { CachedAnswer } from '../../scheduler/retry.ts';
import type { NamedMaterial, RunTerms } from '../../types.ts';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\//;

/** Answers of DescribeKey that no later one will differ from: the permission is missing, or the endpoint has no such operation. */
const REFUSALS = new Set(['AccessDeniedException', 'UnknownOperationException']);

/** A destination key as KMS describes it in this run: its ARN, and the id of the key material it encrypts with now. */
interface CurrentMaterial {
  readonly keyArn: string;
  readonly keyMaterialId: string;
}

/**
 * The destination key, as DescribeKey has it: asked when first needed, by the way of every other request. An answer is
 * kept, and that there is no permission; no other failure is.
 */
export class DestinationKey {
  readonly #send: Send;
  readonly #keyId: string;
  /** Null where it is not permitted. */
  readonly #key: CachedAnswer<KeyInfo | null>;
  /** Key materials that replies to ReEncrypt of this run named as those of new blobs. */
  readonly #replied = new Set<string>();

  constructor(send: Send, keyId: string) {
    this.#send = send;
    this.#keyId = keyId;
    this.#key = new CachedAnswer(async () => {
      try {
        return await send((kms, sending) => kms.describeOnce(keyId, sending));
      } catch (error) {
        if (error instanceof FaultError && REFUSALS.has(error.fault.code)) return null;
        throw error;
      }
    });
  }

  /** Its ARN, or as it was named where that is not known. Throws what stops the run. */
  async named(): Promise<string> {
    return KEY_ARN.test(this.#keyId) ? this.#keyId : ((await this.#described())?.arn ?? this.#keyId);
  }

  /** Null where `DescribeKey` is not permitted. Throws as {@link Send} does. */
  async arn(): Promise<string | null> {
    return KEY_ARN.test(this.#keyId) ? this.#keyId : ((await this.#key.get())?.arn ?? null);
  }

  /**
   * The key material that the key encrypts with now. Null where `DescribeKey` does not tell (it is not permitted, or the
   * key is in a custom key store), and where a reply named another one: the key was rotated meanwhile. Throws what stops
   * the run.
   */
  async current(): Promise<CurrentMaterial | null> {
    const key = await this.#described();
    const keyMaterialId = key?.currentKeyMaterialId ?? null;
    if (key === null || keyMaterialId === null) return null;
    for (const replied of this.#replied) if (replied !== keyMaterialId) return null;
    return { keyArn: key.arn, keyMaterialId };
  }

  /** Its ARN as DescribeKey has it; null where that is not known. Throws what stops the run. */
  async described(): Promise<string | null> {
    return (await this.#described())?.arn ?? null;
  }

  /** Its spec as DescribeKey has it; null where that is not known. Throws what stops the run. */
  async spec(): Promise<string | null> {
    return (await this.#described())?.spec ?? null;
  }

  /** Asks DescribeKey once more: the key may have changed. Null where it does not tell. Throws what stops the run. */
  async describedNow(): Promise<KeyInfo | null> {
    try {
      return await this.#send((kms, sending) => kms.describeOnce(this.#keyId, sending));
    } catch (error) {
      if (error instanceof FaultError && !stopsRun(error.fault)) return null;
      throw error;
    }
  }

  /** A new blob came, under this key material. */
  replied(keyMaterialId: string | null): void {
    if (keyMaterialId !== null) this.#replied.add(keyMaterialId);
  }

  /**
   * A `PlaintextTooLong` fault where a plaintext of this length does not fit the key; null when it fits or cannot be said.
   * Where `DescribeKey` does not tell, only what fits no key of the algorithm is refused and KMS judges the rest.
   * `plaintextBytes` null: not known. Throws what stops the run.
   */
  async refuses(plaintextBytes: number | null, algorithm: EncryptionAlgorithm): Promise<Fault | null> {
    if (plaintextBytes === null || takesEncryptionContext(algorithm)) return null;
    const spec = (await this.#described())?.spec ?? null;
    const room = spec === null ? null : plaintextCapacity(spec, algorithm);
    const most = room ?? largest(algorithm);
    if (most === null || plaintextBytes <= most) return null;
    const key = room === null ? 'the largest key' : `${spec}`;
    return explainOwn('PlaintextTooLong', {
      message: `The plaintext is ${plaintextBytes} bytes long; ${key} with ${algorithm} holds at most ${most}.`,
      detail:
        'The length is read from the layout of the blob. RSA and SM2 keys encrypt only short plaintexts; nothing was sent.',
    });
  }

  /** Null where it is not known: KMS then decides. Throws what stops the run. */
  async #described(): Promise<KeyInfo | null> {
    try {
      return await this.#key.get();
    } catch (error) {
      if (error instanceof FaultError && !stopsRun(error.fault)) return null;
      throw error;
    }
  }
}

function largest(algorithm: EncryptionAlgorithm): number | null {
  const rooms = [...Object.keys(RSA_KEY_SPECS), 'SM2'].map((spec) => plaintextCapacity(spec, algorithm) ?? 0);
  const most = Math.max(...rooms);
  return most === 0 ? null : most;
}

/**
 * Whether nothing but the key material of a blob can change: same algorithm, and each blob keeps its own context. A
 * context that is given may differ from the one in the blob, whatever its file declares: only KMS can tell, so such a
 * blob is sent.
 */
export function changesMaterialAlone({
  source,
  destination,
  evenIfThere,
}: Pick<RunTerms, 'source' | 'destination' | 'evenIfThere'>): boolean {
  const { mode } = destination.context;
  return (
    evenIfThere !== true &&
    takesEncryptionContext(destination.algorithm) &&
    source.algorithm === destination.algorithm &&
    (mode === 'same' || (mode === 'declared' && source.context.mode === 'declared'))
  );
}

/**
 * The reply of KMS by which a blob is as asked already: it named the blob's key material as the one that the
 * destination encrypts with now. Null where that is not known, however likely: such a blob is sent. `named`: what
 * replies said of the blob's fingerprint.
 */
export function shownCurrent(
  named: readonly NamedMaterial[],
  current: CurrentMaterial | null,
): NamedMaterial | null {
  if (current === null) return null;
  return (
    named.find(
      ({ keyArn, keyMaterialId }) => keyArn === current.keyArn && keyMaterialId === current.keyMaterialId,
    ) ?? null
  );
}
