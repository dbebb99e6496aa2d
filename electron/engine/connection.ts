import type { ConnectionChoice, ConnectionState } from '#shared/model/connection.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { KeyList } from '#shared/model/key.ts';
import { toFault } from '../bridge/index.ts';
import { connect, type Kms } from '../kms/index.ts';
import type { Practice } from './practice.ts';

const IDLE: ConnectionState = {
  choice: { kind: 'practice' },
  status: 'failed',
  region: null,
  endpoint: null,
  identity: null,
  fault: fault(
    'NotConnected',
    'Rewrap is not connected.',
    '',
    'Choose the practice KMS or an AWS profile in the connection switch.',
  ),
};

/** The one connection in use. A later choice wins over one that is still connecting. */
export class Connection {
  #state: ConnectionState = IDLE;
  #kms: Kms | null = null;
  #generation = 0;
  #keys: Promise<KeyList> | null = null;
  #listed: KeyList | null = null;
  readonly #practice: Practice;
  readonly #changed: (state: ConnectionState) => void;

  constructor(practice: Practice, changed: (state: ConnectionState) => void) {
    this.#practice = practice;
    this.#changed = changed;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects and asks STS who we are. Never rejects: a failure is a state with its fault. */
  async use(choice: ConnectionChoice): Promise<ConnectionState> {
    const generation = ++this.#generation;
    this.#kms?.close();
    this.#kms = null;
    this.#keys = null;
    this.#listed = null;
    this.#set({ choice, status: 'connecting', region: null, endpoint: null, identity: null, fault: null });
    let kms: Kms | null = null;
    try {
      const access = choice.kind === 'practice' ? await this.#practice.start() : null;
      kms = await connect(choice, access);
      const reached = { choice, region: kms.region, endpoint: kms.endpoint };
      if (generation !== this.#generation) return this.#superseded(kms);
      this.#set({ ...reached, status: 'connecting', identity: null, fault: null });
      const identity = await kms.whoAmI();
      if (generation !== this.#generation) return this.#superseded(kms);
      this.#kms = kms;
      this.#set({ ...reached, status: 'ready', identity, fault: null });
    } catch (error) {
      if (generation !== this.#generation) return kms === null ? this.#state : this.#superseded(kms);
      kms?.close();
      this.#set({
        choice,
        status: 'failed',
        region: kms?.region ?? (choice.kind === 'aws' ? choice.region : null),
        endpoint: kms?.endpoint ?? null,
        identity: null,
        fault: toFault(error),
      });
    }
    return this.#state;
  }

  /** The live connection. Throws FaultError `NotConnected` (or why connecting failed). */
  kms(): Kms {
    if (this.#kms !== null) return this.#kms;
    throw new FaultError(this.#state.fault ?? (IDLE.fault as NonNullable<typeof IDLE.fault>));
  }

  /** The keys of this connection, listed once and kept until refreshed. */
  async keys(refresh: boolean): Promise<KeyList> {
    const kms = this.kms();
    if (refresh) this.#keys = null;
    const listing = this.#keys ?? kms.listKeys();
    this.#keys = listing;
    try {
      const list = await listing;
      if (this.#keys === listing) this.#listed = list;
      return list;
    } catch (error) {
      if (this.#keys === listing) this.#keys = null;
      throw error;
    }
  }

  /** Whether KMS said that a key's current material is this one; null where it was not asked or did not say. */
  isCurrentMaterial(keyArn: string, keyMaterialId: string): boolean | null {
    const current = this.#listed?.keys.find((key) => key.arn === keyArn)?.currentKeyMaterialId ?? null;
    return current === null ? null : current === keyMaterialId;
  }

  /** The connection in one line for people: "practice KMS · us-east-1 · 111122223333". */
  describe(): string {
    const { choice, region, identity } = this.#state;
    const name =
      choice.kind === 'practice' ? 'practice KMS' : `AWS ${choice.profile ?? 'default credentials'}`;
    return [name, region, identity?.account]
      .filter((part) => part !== null && part !== undefined)
      .join(' · ');
  }

  close(): void {
    this.#generation++;
    this.#kms?.close();
    this.#kms = null;
  }

  #superseded(kms: Kms): ConnectionState {
    kms.close();
    return this.#state;
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#changed(state);
  }
}
