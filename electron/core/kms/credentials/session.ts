import type { fromIni } from '@aws-sdk/credential-providers';

export type Credentials = Awaited<ReturnType<ReturnType<typeof fromIni>>>;

/** New credentials are sought this long before the old ones end, while the old ones go on being used. */
const EARLY_MS = 5 * 60_000;
/** Within this long of the end a request waits for the new ones. */
const LATE_MS = 30_000;
/** Pause after a refresh in the background that failed or brought credentials that end as soon. */
const PAUSE_MS = 30_000;

/**
 * The credentials of one principal, resolved once, shared by all clients that are given `provider`, and refreshed
 * before they end. A refresh that fails while the old credentials are still good changes nothing; a later request
 * tries again. Nothing of a failure is kept, so that work goes on by itself after a new sign-in.
 */
export class Session {
  readonly #resolve: () => Promise<Credentials>;
  #held: { readonly credentials: Credentials; readonly lifetimeMs: number } | null = null;
  #pending: Promise<Credentials> | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;
  #generation = 0;
  #secrets: readonly string[] = [];

  constructor(resolve: () => Promise<Credentials>) {
    this.#resolve = resolve;
  }

  /** For `credentials` of an SDK client; marked as memoised, so that the client keeps no copy of its own. */
  readonly provider = Object.assign(() => this.get(), { memoized: true });

  /** Rises with every new set of credentials. */
  get generation(): number {
    return this.#generation;
  }

  /** Values to be taken out of error messages: secrets of the present and the former set. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }

  /** Those at hand, where they need no refresh yet: nothing is waited for. Null: {@link get} has them. */
  held(): Credentials | null {
    if (this.#held === null) return null;
    const { credentials, lifetimeMs } = this.#held;
    if (credentials.expiration === undefined) return credentials;
    const left = credentials.expiration.getTime() - Date.now();
    // Credentials that live only minutes (a credential process may give such) are kept for most of their life.
    return left > Math.min(EARLY_MS, lifetimeMs / 2) ? credentials : null;
  }

  async get(): Promise<Credentials> {
    const good = this.held();
    if (good !== null) return good;
    const held = this.#held;
    if (held === null) return this.#refresh();
    const { credentials, lifetimeMs } = held;
    const left = (credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
    if (left > Math.min(LATE_MS, lifetimeMs / 10)) {
      if (Date.now() - this.#triedAt > Math.min(PAUSE_MS, lifetimeMs / 10)) this.#refresh().catch(() => {});
      return credentials;
    }
    try {
      return await this.#refresh();
    } catch (error) {
      if ((credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now()) return credentials;
      throw error;
    }
  }

  /** Drops the credentials of that generation (the service said they are no good); newer ones stay. */
  forget(generation: number): void {
    if (generation === this.#generation) this.#held = null;
  }

  #refresh(): Promise<Credentials> {
    this.#triedAt = Date.now();
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #fetch(): Promise<Credentials> {
    const credentials = await this.#resolve();
    const lifetimeMs = (credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
    this.#held = { credentials, lifetimeMs };
    this.#generation++;
    const { secretAccessKey, sessionToken } = credentials;
    this.#secrets = [secretAccessKey, ...(sessionToken ? [sessionToken] : []), ...this.#secrets.slice(0, 2)];
    return credentials;
  }
}
