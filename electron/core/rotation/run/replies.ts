/**
 * New blobs that KMS gave in one run, to know one that comes again: no two encryptions give the same bytes, so the reply
 * was that to another request, as a proxy that caches or mixes replies up would send it.
 */
export class RepeatedReplies {
  /** The first 48 bits of each hash: a hundred thousand take a few megabytes, and one in 50,000 such runs errs. */
  readonly #seen = new Set<number>();

  /** `sha256`: of the new blob, in hex. Whether this is the first time. */
  isFirst(sha256: string): boolean {
    const before = this.#seen.size;
    this.#seen.add(Number.parseInt(sha256.slice(0, 12), 16));
    return this.#seen.size > before;
  }
}
