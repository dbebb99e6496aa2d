import { createHash } from 'node:crypto';
import type { SourceInfo } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type FoundBlob, plaintextNeighbours, readSource, type Scan, scan } from '../intake/index.ts';
import type { PlanFile } from '../rotation/index.ts';
import { type IntakeResult, type KeyCandidate, takeIn } from './take-in.ts';

export interface Source {
  readonly id: string;
  readonly origin: 'path' | 'upload' | 'paste';
  readonly path: string | null;
  /** Pasted text is kept; a file is read again when it is needed. */
  readonly bytes: Uint8Array | null;
  readonly display: string;
  readonly relative: string;
  size: number;
  sha256: string;
  scan: Scan;
  blobs: readonly Entry[];
}

/** A blob of the list. */
export interface Entry {
  readonly id: string;
  readonly source: Source;
  readonly found: FoundBlob;
}

type Content = Pick<Source, 'size' | 'sha256' | 'scan'>;

/** Everything that was taken in: sources, the blobs in them, and where each sits. Holds ciphertext only. */
export class Workspace {
  #sources = new Map<string, Source>();
  #byPath = new Map<string, string>();
  #rows = new Map<string, Entry>();
  #nextSource = 1;
  #nextBlob = 1;
  #revision = 0;
  readonly #changed: (revision: number, total: number) => void;
  readonly #progress: (files: number, blobs: number, done: boolean) => void;

  constructor(
    changed: (revision: number, total: number) => void,
    progress: (files: number, blobs: number, done: boolean) => void,
  ) {
    this.#changed = changed;
    this.#progress = progress;
  }

  /** Takes in files and folders. Never throws for what it meets: that becomes an oddity. */
  async addPaths(paths: readonly string[], origin: 'path' | 'upload'): Promise<IntakeResult> {
    const { result, keys } = await takeIn(paths, {
      put: (read) => {
        const known = this.#sources.get(this.#byPath.get(read.walked.path) ?? '');
        if (known !== undefined) return this.#fill(known, read);
        const { path, display, relative } = read.walked;
        return this.#add(path, display, relative, origin, null, read);
      },
      progress: this.#progress,
    });
    if (keys.length > 0) this.#besideKeys(keys);
    this.#bump();
    return result;
  }

  /** Takes in pasted text. */
  addText(text: string): IntakeResult {
    const bytes = new TextEncoder().encode(text);
    const found = scan(bytes, 'pasted');
    if (found.blobs.length === 0 && found.findings.length === 0) {
      return {
        sources: 0,
        blobs: 0,
        moreOddities: 0,
        oddities: [
          {
            file: 'Pasted text',
            code: 'no-ciphertext',
            message:
              'Holds no ciphertext that Rewrap knows. Paste base64, hex, or the JSON that `aws kms` prints.',
          },
        ],
      };
    }
    const n = [...this.#sources.values()].filter((s) => s.origin === 'paste').length + 1;
    const blobs = this.#add(null, `Pasted text ${n}`, `pasted-${n}.txt`, 'paste', bytes, {
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      scan: found,
    });
    this.#bump();
    return { sources: 1, blobs, oddities: [], moreOddities: 0 };
  }

  /** Forgets sources (all when null); touches no file. */
  remove(sourceIds: readonly string[] | null): void {
    for (const id of sourceIds ?? [...this.#sources.keys()]) {
      const source = this.#sources.get(id);
      if (source === undefined) continue;
      this.#sources.delete(id);
      if (source.path !== null) this.#byPath.delete(source.path);
      for (const { id } of source.blobs) this.#rows.delete(id);
    }
    this.#bump();
  }

  /** Reads files again after they were replaced; blobs keep their ids by place. */
  async refresh(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const source = this.#sources.get(this.#byPath.get(path) ?? '');
      if (source === undefined) continue;
      try {
        const data = await readSource(path);
        this.#fill(source, { ...data, scan: scan(data.bytes, path) });
      } catch {
        // Gone or unreadable now: the row stays as it was last seen, and a run over it will say what is wrong.
      }
    }
    this.#bump();
  }

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Every blob with its source, in the order in which they were taken in. */
  entries(): Iterable<Entry> {
    return this.#rows.values();
  }

  /** Absolute path of each row's file, in the order of {@link entries}. */
  paths(offset: number, limit: number): (string | null)[] {
    return [...this.#rows.values()].slice(offset, offset + limit).map(({ source }) => source.path);
  }

  sources(offset: number, limit: number): { total: number; sources: SourceInfo[] } {
    const all = [...this.#sources.values()];
    return {
      total: all.length,
      sources: all.slice(offset, offset + limit).map((s) => ({
        id: s.id,
        file: s.display,
        origin: s.origin,
        sizeBytes: s.size,
        blobs: s.blobs.length,
        findings: [...s.scan.findings],
      })),
    };
  }

  /** The files of a run, each with its chosen blobs. Throws FaultError `BlobGone` for an unknown id. */
  plan(blobIds: readonly string[]): { files: PlanFile[]; origins: Set<Source['origin']> } {
    const bySource = new Map<Source, { blobId: string; found: FoundBlob }[]>();
    for (const blobId of new Set(blobIds)) {
      const { source, found } = this.get(blobId);
      const list = bySource.get(source) ?? [];
      list.push({ blobId, found });
      bySource.set(source, list);
    }
    const files = [...bySource].map(([source, blobs]) => ({
      path: source.path,
      bytes: source.bytes,
      display: source.display,
      relative: source.relative,
      sha256: source.sha256,
      blobs,
    }));
    return { files, origins: new Set([...bySource.keys()].map((s) => s.origin)) };
  }

  /** Throws FaultError `BlobGone`. */
  get(blobId: string): Entry {
    const entry = this.#rows.get(blobId);
    if (entry === undefined)
      throw new FaultError(
        fault('BlobGone', 'That blob is no longer in the list.', '', 'Add its file again.'),
      );
    return entry;
  }

  /** A file that is a key of just the size that a blob beside it holds: told at that blob's file. */
  #besideKeys(keys: readonly KeyCandidate[]): void {
    const sources = new Map([...this.#sources.values()].map((source) => [source.display, source]));
    const neighbours = [
      ...[...sources.values()].map((source) => ({
        file: source.display,
        mode: null,
        keyBytes: null,
        blobPlaintextBytes: source.scan.blobs.map((found) => found.identification.plaintextBytes),
      })),
      ...keys.map(({ display, keyBytes, mode }) => ({
        file: display,
        mode,
        keyBytes,
        blobPlaintextBytes: [],
      })),
    ];
    for (const { file, beside, finding } of plaintextNeighbours(neighbours)) {
      const source = sources.get(beside);
      if (source === undefined) continue;
      const told = { ...finding, title: `${file}: ${finding.title}`, range: null };
      source.scan = { ...source.scan, findings: [...source.scan.findings, told] };
    }
  }

  /** Spelled out rather than spread: a hundred thousand files come this way. */
  #add(
    path: string | null,
    display: string,
    relative: string,
    origin: Source['origin'],
    bytes: Uint8Array | null,
    content: Content,
  ): number {
    const { size, sha256, scan: found } = content;
    const id = `s${this.#nextSource++}`;
    const source: Source = {
      id,
      origin,
      path,
      bytes,
      display,
      relative,
      size,
      sha256,
      scan: found,
      blobs: [],
    };
    this.#sources.set(id, source);
    if (path !== null) this.#byPath.set(path, id);
    return this.#fill(source, content);
  }

  /** A source's blobs anew; a blob keeps its id by its place. */
  #fill(source: Source, { size, sha256, scan: found }: Content): number {
    const before = source.blobs.length === 0 ? null : new Map(source.blobs.map((b) => [b.found.place, b.id]));
    for (const { id } of source.blobs) this.#rows.delete(id);
    source.size = size;
    source.sha256 = sha256;
    source.scan = found;
    source.blobs = found.blobs.map((blob) => {
      const id = before?.get(blob.place) ?? `b${this.#nextBlob++}`;
      const entry: Entry = { id, source, found: blob };
      this.#rows.set(id, entry);
      return entry;
    });
    return found.blobs.length;
  }

  /** What is known of the blobs changed, though not the blobs: they are to be fetched again. */
  touch(): void {
    this.#bump();
  }

  #bump(): void {
    this.#revision++;
    this.#changed(this.#revision, this.#rows.size);
  }
}
