import type { KeyInfo } from '#shared/model/key.ts';
import type { Kms } from '../kms/index.ts';
import type { CurrentMaterial } from './as-asked.ts';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\//;

/** The destination key as `DescribeKey` tells it, asked for once and only when a blob needs it. */
export class Destination {
  readonly #kms: Kms;
  readonly #keyId: string;
  #key: Promise<KeyInfo | null> | null = null;
  /** Key materials that replies to ReEncrypt of this run named as those of new blobs. */
  readonly #replied = new Set<string>();

  constructor(kms: Kms, keyId: string) {
    this.#kms = kms;
    this.#keyId = keyId;
  }

  /** The key's ARN. Null where `DescribeKey` does not tell. */
  async arn(): Promise<string | null> {
    return KEY_ARN.test(this.#keyId) ? this.#keyId : ((await this.#described())?.arn ?? null);
  }

  /**
   * The key material that the key encrypts with now. Null where `DescribeKey` does not tell (it is not permitted, or the
   * key is in a custom key store), and where a reply named another one: the key was rotated meanwhile.
   */
  async current(): Promise<CurrentMaterial | null> {
    const key = await this.#described();
    const keyMaterialId = key?.currentKeyMaterialId ?? null;
    if (key === null || keyMaterialId === null) return null;
    for (const replied of this.#replied) if (replied !== keyMaterialId) return null;
    return { keyArn: key.arn, keyMaterialId };
  }

  /** A new blob came, under this key material. */
  replied(keyMaterialId: string | null): void {
    if (keyMaterialId !== null) this.#replied.add(keyMaterialId);
  }

  #described(): Promise<KeyInfo | null> {
    this.#key ??= this.#kms.describeKey(this.#keyId).catch(() => null);
    return this.#key;
  }
}
