import type { KmsSituation } from '#shared/kms/errors.ts';
import type { AccessKeys, KmsWay, RemoteFailure } from './access.ts';
import { failureOf } from './failure.ts';
import { KmsHttpClient } from './http-client/http-client.ts';
import { transportOf } from './transport.ts';
import { type KmsRequests, NotSent } from './types.ts';
import { WireKms } from './wire-kms.ts';

/** How a request failed, for the process that has the connection to explain. */
export class RemoteKmsError extends Error {
  override name = 'RemoteKmsError';
  readonly failure: RemoteFailure;
  readonly situation: KmsSituation;

  constructor(failure: RemoteFailure, situation: KmsSituation) {
    super(failure.message);
    this.failure = failure;
    this.situation = situation;
  }
}

/**
 * The requests of a run, sent by another process than that of the connection, which says the way and gives the keys. Throws
 * {@link RemoteKmsError}: that process explains it, and seeks new keys where KMS calls these expired.
 */
export class RemoteKms implements KmsRequests {
  readonly choice: KmsWay['choice'];
  readonly region: string;
  readonly endpoint: string | null;
  readonly principal: string | null;
  readonly #wire: WireKms;

  /** `keys`: those of the moment. */
  constructor(way: KmsWay, keys: () => AccessKeys) {
    const { endpoint, region, situation } = way;
    this.choice = way.choice;
    this.region = region;
    this.endpoint = situation.endpoint ?? null;
    this.principal = situation.principal ?? null;
    const client = new KmsHttpClient({ endpoint, region, transport: transportOf(way), keys });
    this.#wire = new WireKms(client, async (asked, work) => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof NotSent) throw error;
        throw new RemoteKmsError(failureOf(error), typeof asked === 'function' ? asked() : asked);
      }
    });
  }

  readonly reEncrypt: KmsRequests['reEncrypt'] = (input, sending) => this.#wire.reEncrypt(input, sending);
  readonly dryRun: KmsRequests['dryRun'] = (input, sending) => this.#wire.dryRun(input, sending);
  readonly mayReEncrypt: KmsRequests['mayReEncrypt'] = (input, sending) =>
    this.#wire.mayReEncrypt(input, sending);
  readonly describeOnce: KmsRequests['describeOnce'] = (keyId, sending) =>
    this.#wire.describeOnce(keyId, sending);
}
