import { compareKeys } from '#shared/kms/key-names.ts';
import type { KeyInfo, KeyPage } from '#shared/model/key.ts';
import type { KmsConnection } from '../../core/kms/index.ts';
import { toFault } from '../faults.ts';

export interface ListedKeys {
  readonly keys: readonly KeyInfo[];
  readonly gaps: readonly string[];
  /** ISO 8601: when all of them were described. */
  readonly listedAt: string;
}

interface Listing {
  readonly stop: AbortController;
  readonly listed: Promise<string>;
  readonly keys: Map<string, KeyInfo>;
  gaps: readonly string[];
}

/** The keys of one connection: listed once, kept, and made fuller behind it (rotation, tags), until refreshed. */
export class KeyCatalogue {
  readonly #kms: KmsConnection;
  readonly #onPage: (page: KeyPage) => void;
  #listing: Listing | null = null;

  readonly #onListed: (keys: number, gaps: readonly string[]) => void;

  /** `onListed`: called once for each listing, with the number of keys and what KMS refused. */
  constructor(
    kms: KmsConnection,
    onPage: (page: KeyPage) => void,
    onListed: (keys: number, gaps: readonly string[]) => void,
  ) {
    this.#kms = kms;
    this.#onPage = onPage;
    this.#onListed = onListed;
  }

  /** All keys; waits until each is described, not for its details. Throws FaultError; the next call then lists anew. */
  async list(refresh: boolean): Promise<ListedKeys> {
    if (refresh) this.stop();
    this.#listing ??= this.#begin();
    const listing = this.#listing;
    try {
      const listedAt = await listing.listed;
      return { keys: [...listing.keys.values()].sort(compareKeys), gaps: listing.gaps, listedAt };
    } catch (error) {
      if (this.#listing === listing) this.#listing = null;
      throw error;
    }
  }

  /** A key that is listed already, by id or ARN. */
  known(idOrArn: string): KeyInfo | null {
    return this.#listing?.keys.get(idOrArn.split('/').at(-1) ?? idOrArn) ?? null;
  }

  /** Everything KMS says of one key; the list keeps it. Throws FaultError. */
  async detail(keyId: string): Promise<KeyInfo> {
    const key = await this.#kms.keyDetail(keyId);
    if (this.known(key.keyId)?.arn === key.arn) this.#listing?.keys.set(key.keyId, key);
    return key;
  }

  stop(): void {
    this.#listing?.stop.abort();
    this.#listing = null;
  }

  #begin(): Listing {
    const stop = new AbortController();
    const keys = new Map<string, KeyInfo>();
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const listing: Listing = { stop, listed: promise, keys, gaps: [] };
    let listed = false;
    const take = (page: KeyPage) => {
      if (stop.signal.aborted) return;
      for (const key of page.keys) keys.set(key.keyId, kept(keys.get(key.keyId), key));
      listing.gaps = page.gaps;
      this.#onPage(page);
      if (page.listed && !listed) {
        listed = true;
        this.#onListed(keys.size, page.gaps);
        resolve(new Date().toISOString());
      }
    };
    this.#kms
      .listKeys(take, { signal: stop.signal, details: ['rotation', 'tags'] })
      .catch((error: unknown) => {
        if (!listed || stop.signal.aborted) return reject(error);
        // The list stands; what would have come behind it is a gap.
        const { size } = keys;
        const gaps = [...listing.gaps, `Rotation and tags: ${toFault(error).message}`];
        take({ keys: [], described: size, known: size, gaps, listed: true, done: true });
      });
    // The caller of `list` gets it; a listing that is no longer awaited must not end the process.
    promise.catch(() => {});
    return listing;
  }
}

/** A page never takes away what a single look at the key brought. */
function kept(before: KeyInfo | undefined, now: KeyInfo): KeyInfo {
  if (before === undefined) return now;
  const lastUse = now.lastUse ?? before.lastUse;
  const past = before.rotation?.past ?? null;
  const rotation =
    now.rotation !== null && now.rotation.past === null && past !== null
      ? { ...now.rotation, past }
      : now.rotation;
  return { ...now, lastUse, rotation };
}
