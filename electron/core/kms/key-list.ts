import type { KMSClient } from '@aws-sdk/client-kms';
import { compareKeys } from '#shared/kms/key-names.ts';
import type { KeyInfo, KeyList, KeyPage } from '#shared/model/key.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { addDetails } from './key-details.ts';
import { aliasPages, compare, type Explain, fetchKey, isGap, keyPages, undescribed } from './key-facts.ts';
import type { ListKeysOptions } from './types.ts';

/** DescribeKey calls at a time, and a second. The quota is 2,000 a second for the account and Region; half is left. */
const DESCRIBES_AT_ONCE = 16;
const DESCRIBES_A_SECOND = 1_000;
/** What changed is handed on at most this often. */
const PAGE_EVERY_MS = 100;

/**
 * Every key this identity can see: ListKeys, ListAliases and DescribeKey, paged. A missing permission becomes a gap,
 * of the list or of the key; keys are then learned from whichever listing is allowed. Other errors are thrown.
 * `onPage` gets keys as they become known, and again when more is known of them; `options.details` says what else
 * is asked of each key once all are described.
 */
export async function listAll(
  kms: KMSClient,
  explain: Explain,
  onPage: (page: KeyPage) => void = () => {},
  options: ListKeysOptions = {},
): Promise<KeyList> {
  const listing = new Listing(kms, explain, onPage, options.signal);
  try {
    return await listing.run(options.details ?? []);
  } finally {
    listing.stop();
  }
}

class Listing {
  readonly #kms: KMSClient;
  readonly #explain: Explain;
  readonly #onPage: (page: KeyPage) => void;
  /** Aborts what is under way when one part fails or the caller stops. */
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  readonly #rateLimiter = new RateLimiter(DESCRIBES_A_SECOND);
  readonly #keys = new Map<string, KeyInfo>();
  readonly #aliases = new Map<string, { name: string; keyArn: string }[]>();
  readonly #gaps: string[] = [];
  readonly #changed = new Set<string>();
  #known = 0;
  #timer: NodeJS.Timeout | null = null;
  #listed = false;
  #said = false;

  constructor(
    kms: KMSClient,
    explain: Explain,
    onPage: (page: KeyPage) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#kms = kms;
    this.#explain = explain;
    this.#onPage = onPage;
    this.#signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
  }

  async run(details: NonNullable<ListKeysOptions['details']>): Promise<KeyList> {
    await Promise.all([
      this.#orGap('ListAliases', () => this.#learnAliases()),
      this.#orGap('ListKeys', async () => {
        for await (const page of keyPages(this.#kms, this.#signal)) await this.#describe(page);
      }),
    ]);
    const rest: { id: string; arn: string }[] = [];
    for (const [id, names] of this.#aliases)
      if (!this.#keys.has(id)) rest.push({ id, arn: names[0]?.keyArn ?? id });
    await this.#describe(rest);
    this.#listed = true;
    this.#flush(details.length === 0);
    if (details.length > 0) {
      const gaps = await addDetails(
        this.#kms,
        this.#explain,
        details,
        [...this.#keys.values()],
        this.#signal,
        (key) => this.#put(key),
      );
      this.#gaps.push(...gaps);
      this.#flush(true);
    }
    return { keys: [...this.#keys.values()].sort(compareKeys), gaps: [...this.#gaps] };
  }

  stop(): void {
    this.#abort.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #learnAliases(): Promise<void> {
    for await (const page of aliasPages(this.#kms, undefined, this.#signal)) {
      for (const { AliasName: name, AliasArn: arn, TargetKeyId: target } of page) {
        // Predefined AWS aliases have no target until the service makes the key.
        if (name === undefined || target === undefined) continue;
        // The alias ARN carries partition, Region and account of the key.
        const alias = { name, keyArn: arn?.replace(/:alias\/.*$/, `:key/${target}`) ?? target };
        const known = this.#aliases.get(target);
        if (known === undefined) this.#aliases.set(target, [alias]);
        else known.push(alias);
        const key = this.#keys.get(target);
        if (key !== undefined) this.#put({ ...key, aliases: this.#namesOf(target) });
      }
    }
  }

  async #describe(page: readonly { id: string; arn: string }[]): Promise<void> {
    this.#known += page.length;
    const queue = page.values();
    const worker = async (): Promise<void> => {
      for (const { id, arn } of queue) {
        const key = await this.#describeOne(id, arn);
        this.#put({ ...key, aliases: this.#namesOf(id) });
      }
    };
    await Promise.all(Array.from({ length: Math.min(DESCRIBES_AT_ONCE, page.length) }, worker));
  }

  async #describeOne(id: string, arn: string): Promise<KeyInfo> {
    for (let attempt = 1; ; attempt++) {
      await this.#rateLimiter.turn(this.#signal);
      try {
        return await fetchKey(this.#kms, id, [], this.#signal);
      } catch (error) {
        const { fault } = this.#explain(error, { operation: 'DescribeKey', destinationKeyId: arn });
        if (isGap(fault)) return undescribed(id, arn, [], `DescribeKey: ${fault.message}`);
        if (fault.code !== 'ThrottlingException' || attempt === 5) throw error;
        this.#rateLimiter.slowDown();
      }
    }
  }

  #namesOf(id: string): string[] {
    return (this.#aliases.get(id) ?? []).map((alias) => alias.name).sort(compare);
  }

  #put(key: KeyInfo): void {
    this.#keys.set(key.keyId, key);
    this.#changed.add(key.keyId);
    this.#timer ??= setTimeout(() => this.#flush(false), PAGE_EVERY_MS);
  }

  #flush(done: boolean): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#signal.aborted || (this.#changed.size === 0 && !done && !this.#justListed())) return;
    const keys: KeyInfo[] = [];
    for (const id of this.#changed) {
      const key = this.#keys.get(id);
      if (key !== undefined) keys.push(key);
    }
    this.#changed.clear();
    const described = this.#keys.size;
    this.#said = this.#listed;
    this.#onPage({
      keys,
      described,
      known: Math.max(this.#known, described),
      gaps: [...this.#gaps],
      listed: this.#listed,
      done,
    });
  }

  /** That everything is listed must be said even where nothing else is new. */
  #justListed(): boolean {
    return this.#listed && !this.#said;
  }

  async #orGap(operation: string, list: () => Promise<void>): Promise<void> {
    try {
      await list();
    } catch (error) {
      const { fault } = this.#explain(error, { operation });
      if (!isGap(fault)) {
        this.#abort.abort();
        throw error;
      }
      this.#gaps.push(`${operation}: ${fault.message}`);
    }
  }
}
