import type { Kms } from '../kms/index.ts';

const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\//;

/** The destination key's ARN, asked for once and only when a blob's context must name it. */
export class Destination {
  readonly #kms: Kms;
  readonly #keyId: string;
  #arn: Promise<string | null> | null = null;

  constructor(kms: Kms, keyId: string) {
    this.#kms = kms;
    this.#keyId = keyId;
  }

  /** Null where `DescribeKey` does not tell. */
  arn(): Promise<string | null> {
    this.#arn ??= KEY_ARN.test(this.#keyId)
      ? Promise.resolve(this.#keyId)
      : this.#kms.describeKey(this.#keyId).then(
          (key) => key.arn,
          () => null,
        );
    return this.#arn;
  }
}
