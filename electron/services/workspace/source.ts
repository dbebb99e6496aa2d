import type { Finding } from '#shared/model/blob.ts';
import {
  type ArchiveFile,
  type FoundBlob,
  type Repository,
  type Scan,
  scan,
} from '../../core/intake/index.ts';
import type { Content } from './ingest.ts';

type Origin = 'path' | 'upload' | 'paste' | 'archive';

/** How a source is called: by a file met on a walk, or by what was pasted. */
export interface SourceName {
  /** Absolute path; null for pasted text. */
  readonly path: string | null;
  /** Path for people. */
  readonly display: string;
  /** Path in an output folder. */
  readonly relative: string;
  /** The nearest repository that it lies in; null where it lies in none. */
  readonly repository: Repository | null;
  /** Pasted text, or a file of an archive, which is kept; a file is read again when it is needed. */
  readonly text?: Uint8Array;
  /** The archive that it stands in, and the name that no other of it has. */
  readonly archive?: ArchiveFile;
  readonly key?: string;
}

/** A blob of the list. */
export interface BlobEntry {
  readonly id: string;
  readonly source: ListedSource;
  readonly found: FoundBlob;
}

/**
 * A file or text that was taken in. Most of a large folder are one blob each: such a source keeps where its bytes lie,
 * and reads them when they are needed, so that a hundred thousand cost little time and memory.
 */
export class ListedSource {
  readonly number: number;
  readonly origin: Origin;
  #name: SourceName;
  /** Bytes. */
  size = 0;
  /** Hex SHA-256 of the bytes. */
  sha256 = '';
  /** What was found; or, for one blob and nothing else, the memory in which it lies at `#at`, of which it says all. */
  #found: Scan | ArrayBufferLike;
  #at = 0;
  #seen: Seen | null = null;

  constructor(number: number, origin: Origin, name: SourceName, content: Content) {
    this.number = number;
    this.origin = origin;
    this.#name = name;
    this.#found = NOTHING;
    this.#fill(content);
  }

  get id(): string {
    return `s${this.number}`;
  }

  get path(): string | null {
    return this.#name.path;
  }

  get display(): string {
    return this.#name.display;
  }

  get repository(): Repository | null {
    return this.#name.repository;
  }

  get relative(): string {
    return this.#name.relative;
  }

  /** The archive that it stands in; null for what stands in none. */
  get archive(): ArchiveFile | null {
    return this.#name.archive ?? null;
  }

  /** What it is found by when it is read again: its path, or its name in its archive; null for pasted text. */
  get key(): string | null {
    return this.#name.key ?? this.#name.path;
  }

  /** Pasted text or a file of an archive; null for a file, which is read again when it is needed. */
  get bytes(): Uint8Array | null {
    return this.#name.text ?? null;
  }

  /** How many blobs are in it. */
  get count(): number {
    return 'blobs' in this.#found ? this.#found.blobs.length : 1;
  }

  /** Whether nothing but one blob was seen in it, and nothing else looked for. */
  get isBlobAlone(): boolean {
    return !('blobs' in this.#found);
  }

  get scan(): Scan {
    if ('blobs' in this.#found) return this.#found;
    this.#found = scan(new Uint8Array(this.#found, this.#at, this.size), this.relative);
    return this.#found;
  }

  get blobs(): readonly BlobEntry[] {
    return this.#look().entries;
  }

  blob(id: string): BlobEntry | null {
    const seen = this.#look();
    seen.byId ??= new Map(seen.entries.map((entry) => [entry.id, entry]));
    return seen.byId.get(id) ?? null;
  }

  /** What was read of it anew; a blob keeps its id by its place. */
  refill(content: Content, name = this.#name): void {
    this.#name = name;
    const { entries, next } = this.#look();
    this.#fill(content);
    this.#seen = this.#see(entries, next);
  }

  /** Tells more of the file. */
  addFinding(finding: Finding): void {
    const { scan } = this;
    this.#found = { ...scan, findings: [...scan.findings, finding] };
  }

  /** What was found, seen in the light of the files beside it; a blob keeps its id by its place. */
  reread(scan: Scan): void {
    const { entries, next } = this.#look();
    this.#found = scan;
    this.#seen = this.#see(entries, next);
  }

  #fill(content: Content): void {
    this.size = content.size;
    this.sha256 = content.sha256;
    if (content.found instanceof Uint8Array) {
      this.#found = content.found.buffer;
      this.#at = content.found.byteOffset;
    } else this.#found = content.found;
  }

  #look(): Seen {
    this.#seen ??= this.#see([], 1);
    return this.#seen;
  }

  #see(before: readonly BlobEntry[], next: number): Seen {
    const known = new Map(before.map(({ id, found }) => [found.place, id]));
    let free = next;
    const entries = this.scan.blobs.map((found) => ({
      id: known.get(found.place) ?? `b${this.number}.${free++}`,
      source: this,
      found,
    }));
    return { entries, next: free, byId: null };
  }
}

/** What is made of a source when they are neededs blobs. */
interface Seen {
  readonly entries: readonly BlobEntry[];
  /** Number for the next blob. */
  readonly next: number;
  byId: ReadonlyMap<string, BlobEntry> | null;
}

const NOTHING: Scan = { blobs: [], findings: [], plaintext: [] };

/** Number of the source that a blob's id names; NaN for what is no such id. */
export function sourceOfBlob(blobId: string): number {
  return Number(/^b(\d{1,15})\.\d+$/.exec(blobId)?.[1] ?? Number.NaN);
}

/** Number of a source's id; NaN for what is no such id. */
export function numberOfSource(sourceId: string): number {
  return Number(/^s(\d{1,15})$/.exec(sourceId)?.[1] ?? Number.NaN);
}
