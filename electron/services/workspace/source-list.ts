import { dirname } from 'node:path';
import type { Finding, SourceInfo } from '#shared/model/blob.ts';
import type { Content } from './ingest.ts';
import { ListedSource, type SourceName } from './source.ts';

/** The files of the list, in the order in which they were taken in; found by number and by path. */
export class SourceList {
  /** In the order of their numbers. */
  #sources: ListedSource[] = [];
  /** Sources by path. Null while nothing can be met twice: during the first intake of an empty list. */
  #byPath: Map<string, ListedSource> | null = null;
  #size = 0;
  #next: number;

  /** @param firstNumber of the first source */
  constructor(firstNumber: number) {
    this.#next = firstNumber;
  }

  /** Every source; another array once some are removed. */
  get all(): readonly ListedSource[] {
    return this.#sources;
  }

  /** How many blobs there are. */
  get size(): number {
    return this.#size;
  }

  /** The source at an absolute path; null where that file is not in the list. */
  at(path: string): ListedSource | null {
    return this.indexPaths().get(path) ?? null;
  }

  /** The same where sources are found by path already: before, nothing can have been met. */
  known(path: string): ListedSource | undefined {
    return this.#byPath?.get(path);
  }

  /** Whether sources are found by path: something may be met a second time. */
  get hasPaths(): boolean {
    return this.#byPath !== null;
  }

  /** Has sources found by path from here on. */
  indexPaths(): ReadonlyMap<string, ListedSource> {
    if (this.#byPath === null) {
      this.#byPath = new Map();
      for (const source of this.#sources) if (source.key !== null) this.#byPath.set(source.key, source);
    }
    return this.#byPath;
  }

  forgetPaths(): void {
    this.#byPath = null;
  }

  /** The source of a number, found by halving. */
  numbered(number: number): ListedSource | null {
    let low = 0;
    let high = this.#sources.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sources[middle]?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    const found = this.#sources[low];
    return found?.number === number ? found : null;
  }

  add(name: SourceName, origin: ListedSource['origin'], content: Content): void {
    const source = new ListedSource(this.#next++, origin, name, content);
    this.#sources.push(source);
    this.#size += source.count;
    if (this.#byPath !== null && source.key !== null) this.#byPath.set(source.key, source);
  }

  refill(source: ListedSource, content: Content, name?: SourceName): void {
    this.#size -= source.count;
    source.refill(content, name);
    this.#size += source.count;
  }

  /** Takes sources off the list, and gives them. */
  remove(which: (source: ListedSource) => boolean): ListedSource[] {
    const removed: ListedSource[] = [];
    this.#sources = this.#sources.filter((source) => {
      if (!which(source)) return true;
      removed.push(source);
      this.#size -= source.count;
      if (source.key !== null) this.#byPath?.delete(source.key);
      return false;
    });
    return removed;
  }

  /** Id of each blob and where it is, in the order of the list: its file's absolute path, or what the text is called. */
  places(offset: number, limit: number): { id: string; path: string }[] {
    const places: { id: string; path: string }[] = [];
    let from = 0;
    for (const source of this.#sources) {
      const { count } = source;
      if (from + count > offset)
        for (const { id } of source.blobs.slice(Math.max(0, offset - from), offset + limit - from))
          places.push({ id, path: source.key ?? source.display });
      from += count;
      if (from >= offset + limit) break;
    }
    return places;
  }

  /** What is said of each source, a page of them. */
  infos(offset: number, limit: number): { total: number; sources: SourceInfo[] } {
    return {
      total: this.#sources.length,
      sources: this.#sources.slice(offset, offset + limit).map((s) => ({
        id: s.id,
        file: s.display,
        origin: s.origin,
        sizeBytes: s.size,
        blobs: s.count,
        findings: [...s.scan.findings],
      })),
    };
  }

  /** Files in which no blob was found, but something to tell. */
  withoutBlobs(): { file: string; findings: readonly Finding[] }[] {
    return this.#sources
      .filter(({ count, scan: { findings } }) => count === 0 && findings.length > 0)
      .map(({ display, scan: { findings } }) => ({ file: display, findings }));
  }

  /** Those of `folders` (absolute) in which no file of the list lies, at any depth. */
  withoutSources(folders: readonly string[]): string[] {
    const unused = new Set(folders);
    for (const { path } of this.#sources) {
      if (unused.size === 0) break;
      if (path === null) continue;
      for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
        if (unused.delete(folder)) break;
    }
    return [...unused];
  }

  /** Files of the list by their path as it was dropped, with "/". */
  byRelative(): ReadonlyMap<string, ListedSource> {
    return new Map(this.#sources.map((source) => [source.relative.replaceAll('\\', '/'), source]));
  }
}
