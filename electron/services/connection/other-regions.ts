import { kindOf } from '#shared/connection-kind.ts';
import { regionOfArn } from '#shared/kms/facts.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { type ConnectOptions, connect, type KmsConnection, partitionOf } from '../../core/kms/index.ts';
import { isLoopback } from '../../core/limits/loopback.ts';
import { type Connection, waitOf } from './connection.ts';
import type { Practice } from './practice.ts';

interface OtherRegionsParts {
  readonly connection: Connection;
  readonly practice: Practice;
  /** Longest wait for one answer, milliseconds. */
  readonly waitMs?: number | undefined;
  readonly askMfa: (profile: string | null, serial: string, signal: AbortSignal) => Promise<string>;
}

/**
 * The principal of the connection in other Regions: a key that is named by its ARN is asked about, and encrypted to,
 * where it is, without a second connection being chosen. Made when first needed, kept while the choice stands.
 */
export class OtherRegions {
  readonly #parts: OtherRegionsParts;
  readonly #made = new Map<string, Promise<KmsConnection>>();
  #of: ConnectionChoice | null = null;
  #inForce = new AbortController();

  constructor(parts: OtherRegionsParts) {
    this.#parts = parts;
  }

  /**
   * The connection that reaches a key: the one in use, unless the key's ARN names another Region. No principal is of two
   * partitions: a key of another one is asked about where the connection is, and the refusal says so.
   * Throws FaultError as `connect` does, and `NotConnected`.
   */
  async reach(keyId: string): Promise<KmsConnection> {
    const kms = this.#parts.connection.kms();
    const region = regionOfArn(keyId);
    if (region === null || region === kms.region || !mayMove(kms.choice)) return kms;
    if (partitionOf(region).id !== partitionOf(kms.region).id) return kms;
    if (this.#of !== kms.choice) {
      this.close();
      this.#of = kms.choice;
    }
    const known = this.#made.get(region);
    if (known !== undefined) return known;
    const making = this.#connect(kms.choice, region);
    this.#made.set(region, making);
    making.catch(() => this.#made.delete(region));
    return making;
  }

  close(): void {
    this.#inForce.abort();
    this.#inForce = new AbortController();
    for (const made of this.#made.values())
      made.then(
        (kms) => kms.close(),
        () => {},
      );
    this.#made.clear();
  }

  async #connect(choice: ConnectionChoice, region: string): Promise<KmsConnection> {
    const { connection, practice, askMfa, waitMs } = this.#parts;
    const own = kindOf(choice).credentials();
    if (own === null) return connect(choice, { ...(await practice.start()), region });
    const { signal } = this.#inForce;
    const options: ConnectOptions = {
      askMfa: (serial) => askMfa(own.profile, serial, signal),
      ...waitOf(waitMs),
      onWaiting: (waiting) => connection.waitsFor(waiting),
    };
    return connect({ ...own, region }, null, options);
  }
}

/** An endpoint of one's own belongs to one Region, unless it is an emulator on this machine. */
function mayMove(choice: ConnectionChoice): boolean {
  const endpoint = kindOf(choice).credentials()?.endpointUrl ?? null;
  return endpoint === null || isLoopback(endpoint);
}
