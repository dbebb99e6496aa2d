import { kindOf } from '#shared/connection-kind.ts';
import { ofCredentials } from '#shared/kms/errors.ts';
import type { ConnectionChoice, ConnectionState, Identity } from '#shared/model/connection.ts';
import { type Fault, FaultError, fault } from '#shared/model/fault.ts';
import type { KeyInfo, KeyPage } from '#shared/model/key.ts';
import {
  connect,
  connectionNotes,
  type KmsConnection,
  KmsFaultError,
  limitWords,
  type Waiting,
} from '../../core/kms/index.ts';
import type { UntilShown } from '../../core/limits/until-shown.ts';
import { toFault } from '../faults.ts';
import { KeyCatalogue, type ListedKeys } from './key-catalogue.ts';
import type { Practice } from './practice.ts';
import { watchedKms } from './watched-kms.ts';

const NOT_CONNECTED: Fault = fault(
  'NotConnected',
  'Rewrap is not connected.',
  '',
  'Choose the practice KMS or an AWS profile in the connection switch.',
);
const NOWHERE = { region: null, endpoint: null, endpointInfo: null, identity: null, fault: null } as const;

/** Faults that a change of the shared AWS files may repair. */
const OF_THE_FILES: ReadonlySet<string> = new Set([
  'ProfileUnusable',
  'RegionMissing',
  'CredentialsProviderError',
  'CredentialProcessFailed',
  'CaBundleUnreadable',
  'UnrecognizedClientException',
]);

/** For `connect`: an absent limit is its own. */
export const waitOf = (waitMs: number | undefined): { waitMs?: number } =>
  waitMs === undefined ? {} : { waitMs };

interface ConnectionParts {
  readonly practice: Practice;
  /** Longest wait for one answer, milliseconds. */
  readonly waitMs?: number | undefined;
  /** Asks a person for a code; the signal withdraws the question. */
  readonly askMfa: (profile: string | null, serial: string, signal: AbortSignal) => Promise<string>;
  /** Null: nothing is chosen any more. */
  readonly changed: (state: ConnectionState | null) => void;
  /** Throws FaultError where a person does not approve this connection: asked each time before it is made. */
  readonly allow?: (choice: ConnectionChoice) => Promise<void>;
  readonly keysPage: (page: KeyPage) => void;
  /** The keys were listed. */
  readonly keysListed?: (keys: number, gaps: readonly string[]) => void;
}

/** What `work` brings, unless the signal comes first: then it rejects, and `work` is no longer awaited. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Whether KMS itself takes these credentials; any answer will do, also that the key is not there. */
async function answers(kms: KmsConnection): Promise<boolean> {
  try {
    await kms.describeOnce('alias/aws/ebs');
    return true;
  } catch (error) {
    return error instanceof FaultError && error.fault.raw?.by === 'KMS' && !ofCredentials(error.fault);
  }
}

interface Live {
  readonly kms: KmsConnection;
  readonly keys: KeyCatalogue;
}

/**
 * One connection in use. A later choice wins over one that is still connecting. A session that ends while it is in
 * use makes the state `failed` and keeps the connection: after {@link Connection.renew} (or once any request is
 * answered again) work on the same {@link KmsConnection} goes on.
 */
export class Connection {
  readonly #parts: ConnectionParts;
  #state: ConnectionState | null = null;
  #live: Live | null = null;
  /** Of the choice in force: aborted when another takes its place. */
  #inForce = new AbortController();
  #renewing: Promise<ConnectionState> | null = null;
  /** Of the choice in force: on each of its states. */
  #notes: Pick<ConnectionState, 'credentials' | 'warnings'> = {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** Null: nothing was chosen. */
  get chosen(): ConnectionState | null {
    return this.#state;
  }

  get state(): ConnectionState {
    return (
      this.#state ?? { ...NOWHERE, choice: { kind: 'practice' }, status: 'failed', fault: NOT_CONNECTED }
    );
  }

  /**
   * Connects and asks STS who we are. Never rejects: a failure is a state with its fault. `shown`: of a start, it begins
   * once the page has shown itself.
   */
  async use(choice: ConnectionChoice, shown?: UntilShown): Promise<ConnectionState> {
    const kind = kindOf(choice);
    if (this.#parts.allow !== undefined && kind.credentials() !== null) {
      const refused = await this.#parts.allow(choice).then(() => null, toFault);
      if (refused !== null) {
        // As with any other choice that fails, nothing is connected any more: what the window shows is so.
        this.close();
        this.#set({ ...NOWHERE, choice, status: 'failed', fault: refused });
        return this.state;
      }
    }
    this.close();
    const inForce = new AbortController();
    const { signal } = inForce;
    this.#inForce = inForce;
    this.#notes = {};
    this.#set({ ...NOWHERE, choice, status: 'connecting' });
    if (shown?.is === false) await shown.wait();
    if (signal.aborted) return this.state;
    const notes = await connectionNotes(choice);
    if (signal.aborted) return this.state;
    this.#notes = notes;
    let kms: KmsConnection | null = null;
    try {
      const access = kind.practice ? await this.#parts.practice.start() : null;
      const askMfa = (serial: string) => this.#parts.askMfa(kind.profile(), serial, signal);
      const onWaiting = (waiting: Waiting | null) => {
        if (!signal.aborted) this.waitsFor(waiting);
      };
      kms = await connect(choice, access, { askMfa, ...waitOf(this.#parts.waitMs), onWaiting });
      if (signal.aborted) return this.#superseded(kms);
      const reached = { choice, region: kms.region, endpoint: kms.endpoint, endpointInfo: kms.endpointInfo };
      this.#set({ ...reached, status: 'connecting', identity: null, fault: null });
      const identity = await orAborted(this.#whoAmI(kms), signal);
      if (signal.aborted) return this.#superseded(kms);
      this.#live = this.#open(kms, signal);
      this.#set({ ...reached, status: 'ready', identity, fault: null });
    } catch (error) {
      if (signal.aborted) return kms === null ? this.state : this.#superseded(kms);
      kms?.close();
      this.#set({
        choice,
        status: 'failed',
        region: kms?.region ?? kind.credentials()?.region ?? null,
        endpoint: kms?.endpoint ?? null,
        endpointInfo: kms?.endpointInfo ?? null,
        identity: null,
        fault: toFault(error),
      });
    }
    return this.state;
  }

  /**
   * Asks again who we are, with fresh credentials, on the connection as it stands: work on {@link kms} goes on
   * with it. One that never came about is made. Never rejects.
   */
  renew(): Promise<ConnectionState> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** After a sign-in: a connection that failed is tried again. */
  async retryFailed(): Promise<void> {
    if (this.#state?.status === 'failed' && kindOf(this.#state.choice).credentials() !== null)
      await this.renew();
  }

  /** After a change of the shared AWS files. */
  async retryIfOfTheFiles(): Promise<void> {
    if (OF_THE_FILES.has(this.#state?.fault?.code ?? '')) await this.retryFailed();
  }

  /** The connection. Throws FaultError `NotConnected` (or why connecting failed). */
  kms(): KmsConnection {
    return this.#required().kms;
  }

  /** The keys of this connection, listed once and kept until refreshed. */
  keys(refresh: boolean): Promise<ListedKeys> {
    return this.#required().keys.list(refresh);
  }

  keyDetail(keyId: string): Promise<KeyInfo> {
    return this.#required().keys.detail(keyId);
  }

  /** Whether KMS said that a key's current material is this one; null where it was not asked or did not say. */
  isCurrentMaterial(keyArn: string, keyMaterialId: string): boolean | null {
    const key = this.#live?.keys.known(keyArn) ?? null;
    const current = key?.arn === keyArn ? key.currentKeyMaterialId : null;
    return current === null ? null : current === keyMaterialId;
  }

  /** The same for machines: what must be equal for a run to go on over another connection. Null: not connected. */
  target(): string | null {
    const { choice, region, endpoint, identity, status } = this.state;
    if (status !== 'ready') return null;
    return [kindOf(choice).target(endpoint), region ?? '', identity?.account ?? ''].join(' ');
  }

  /** The connection in one line for people: "AWS prod · us-east-1 · arn:aws:iam::111122223333:user/me". */
  describe(): string {
    const { choice, region, identity } = this.state;
    const principal = identity === null ? 'principal unknown' : identity.arn || identity.account;
    return [kindOf(choice).label(), region, principal].filter((part) => part !== null).join(' · ');
  }

  /** What has taken long to answer; null: nothing any more. */
  waitsFor(waiting: Waiting | null): void {
    if (this.#state === null) return;
    const { waitingFor: _, ...state } = this.#state;
    const words = waiting === null ? null : `${waiting.what} (${limitWords(waiting.limitMs)} at most)`;
    this.#set(words === null ? state : { ...state, waitingFor: words });
  }

  /**
   * Null: STS cannot be asked from here (a network that reaches KMS alone, a VPC endpoint policy), and KMS answers. The
   * principal is then unknown, which a warning says. Throws FaultError where KMS does not answer either.
   */
  async #whoAmI(kms: KmsConnection): Promise<Identity | null> {
    try {
      return await kms.whoAmI();
    } catch (error) {
      const asked = error instanceof KmsFaultError ? error.situation.operation : '';
      if (!(error instanceof FaultError) || asked !== 'GetCallerIdentity' || ofCredentials(error.fault))
        throw error;
      if (!(await answers(kms))) throw error;
      const { warnings = [] } = this.#notes;
      this.#notes = {
        ...this.#notes,
        warnings: [
          ...warnings,
          `The principal is unknown: STS was not reached or refused (${error.fault.message})`,
        ],
      };
      return null;
    }
  }

  /** Nothing is chosen any more. */
  drop(): void {
    this.close();
    this.#state = null;
    this.#parts.changed(null);
  }

  close(): void {
    this.#inForce.abort();
    this.#live?.keys.stop();
    this.#live?.kms.close();
    this.#live = null;
  }

  #required(): Live {
    if (this.#live !== null) return this.#live;
    throw new FaultError(this.state.fault ?? NOT_CONNECTED);
  }

  #open(kms: KmsConnection, signal: AbortSignal): Live {
    const mark = (status: ConnectionState['status'], found: Fault | null) => {
      if (signal.aborted || this.#state === null) return;
      if (this.#state.status !== status) this.#set({ ...this.#state, status, fault: found });
    };
    const watched = watchedKms(kms, {
      lapsed: (error) => mark('failed', toFault(error)),
      answered: () => {
        // While it is renewed, only `renew` says how that ended.
        if (this.#renewing === null) mark('ready', null);
      },
    });
    return {
      kms: watched,
      keys: new KeyCatalogue(watched, this.#parts.keysPage, (keys, gaps) =>
        this.#parts.keysListed?.(keys, gaps),
      ),
    };
  }

  async #renew(): Promise<ConnectionState> {
    const live = this.#live;
    const state = this.state;
    if (live === null) return this.use(state.choice);
    const { signal } = this.#inForce;
    this.#set({ ...state, status: 'connecting', fault: null });
    try {
      const identity = await live.kms.renew();
      if (signal.aborted) return this.state;
      // Another principal may see other keys.
      if (identity.arn !== state.identity?.arn) live.keys.stop();
      this.#set({ ...state, status: 'ready', identity, fault: null });
    } catch (error) {
      if (!signal.aborted) this.#set({ ...state, status: 'failed', fault: toFault(error) });
    }
    return this.state;
  }

  #superseded(kms: KmsConnection): ConnectionState {
    kms.close();
    return this.state;
  }

  #set(state: ConnectionState): void {
    this.#state = { ...state, ...this.#notes };
    this.#parts.changed(this.#state);
  }
}
