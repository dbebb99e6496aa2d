import { createHash } from 'node:crypto';
import type { Oddity, SourceInfo } from '#shared/model/blob.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type FoundBlob, readSource, type Scan, scan, walk } from '../intake/index.ts';
import type { PlanFile } from '../rotation/index.ts';

/** Most oddities kept for one intake; more are counted. */
const ODDITY_LIMIT = 200;
/** Files read at a time: enough to keep the disk busy, few enough to bound memory. */
const READ_BATCH = 16;

export interface IntakeResult {
  sources: number;
  blobs: number;
  oddities: Oddity[];
  moreOddities: number;
}

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
  blobs: Map<string, FoundBlob>;
}

/** Everything that was taken in: sources, the blobs in them, and where each sits. Holds ciphertext only. */
export class Workspace {
  #sources = new Map<string, Source>();
  #byPath = new Map<string, string>();
  #rows = new Map<string, { source: Source; found: FoundBlob }>();
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
    const result: IntakeResult = { sources: 0, blobs: 0, oddities: [], moreOddities: 0 };
    const odd = (oddity: Oddity) => {
      if (result.oddities.length < ODDITY_LIMIT) result.oddities.push(oddity);
      else result.moreOddities++;
    };
    let files = 0;
    let empty = 0;
    let batch: { path: string; display: string; relative: string }[] = [];
    const flush = async () => {
      const read = await Promise.all(
        batch.map(async (file) => ({
          file,
          outcome: await readSource(file.path).then(
            (data) => ({ ...data, scan: scan(data.bytes, file.path) }),
            (error: unknown) => error,
          ),
        })),
      );
      batch = [];
      for (const { file, outcome } of read) {
        files++;
        if (!isRead(outcome)) {
          odd({ file: file.display, ...asOddity(outcome) });
          continue;
        }
        if (outcome.scan.blobs.length === 0 && outcome.scan.findings.length === 0) {
          empty++;
          if (file.display === file.relative)
            odd({
              file: file.display,
              code: 'no-ciphertext',
              message: 'Holds no ciphertext that Rewrap knows.',
            });
          continue;
        }
        result.sources++;
        result.blobs += this.#put({ ...outcome, ...file, origin, bytes: null });
      }
      this.#progress(files, result.blobs, false);
    };
    for await (const item of walk(paths)) {
      if (item.type === 'oddity') {
        odd({ file: item.display, code: item.code, message: item.message });
        continue;
      }
      batch.push(item);
      if (batch.length >= READ_BATCH) await flush();
    }
    await flush();
    const hidden = empty - result.oddities.filter((o) => o.code === 'no-ciphertext').length;
    if (hidden > 0)
      odd({
        file: '',
        code: 'no-ciphertext',
        message: `${hidden} ${hidden === 1 ? 'file holds' : 'files hold'} no ciphertext that Rewrap knows.`,
      });
    this.#progress(files, result.blobs, true);
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
    const blobs = this.#put({
      path: null,
      display: `Pasted text ${n}`,
      relative: `pasted-${n}.txt`,
      origin: 'paste',
      bytes,
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
      for (const blobId of source.blobs.keys()) this.#rows.delete(blobId);
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
        this.#put({ ...source, ...data, scan: scan(data.bytes, path), bytes: null });
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
  entries(): Iterable<[blobId: string, entry: { source: Source; found: FoundBlob }]> {
    return this.#rows;
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
        blobs: s.blobs.size,
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
  get(blobId: string): { source: Source; found: FoundBlob } {
    const entry = this.#rows.get(blobId);
    if (entry === undefined)
      throw new FaultError(
        fault('BlobGone', 'That blob is no longer in the list.', '', 'Add its file again.'),
      );
    return entry;
  }

  #put(read: {
    path: string | null;
    display: string;
    relative: string;
    origin: Source['origin'];
    bytes: Uint8Array | null;
    size: number;
    sha256: string;
    scan: Scan;
  }): number {
    const known = read.path === null ? undefined : this.#sources.get(this.#byPath.get(read.path) ?? '');
    const source: Source = known ?? {
      id: `s${this.#nextSource++}`,
      origin: read.origin,
      path: read.path,
      bytes: read.origin === 'paste' ? read.bytes : null,
      display: read.display,
      relative: read.relative,
      size: read.size,
      sha256: read.sha256,
      scan: read.scan,
      blobs: new Map(),
    };
    const idByPlace = new Map([...source.blobs].map(([id, found]) => [found.place, id]));
    for (const id of source.blobs.keys()) this.#rows.delete(id);
    source.size = read.size;
    source.sha256 = read.sha256;
    source.scan = read.scan;
    source.blobs = new Map();
    for (const found of read.scan.blobs) {
      const id = idByPlace.get(found.place) ?? `b${this.#nextBlob++}`;
      source.blobs.set(id, found);
      this.#rows.set(id, { source, found });
    }
    this.#sources.set(source.id, source);
    if (source.path !== null) this.#byPath.set(source.path, source.id);
    return source.blobs.size;
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

type Read = Awaited<ReturnType<typeof readSource>> & { scan: Scan };

function isRead(outcome: unknown): outcome is Read {
  return typeof outcome === 'object' && outcome !== null && 'scan' in outcome;
}

function asOddity(error: unknown): { code: string; message: string } {
  if (error instanceof FaultError)
    return { code: 'unreadable', message: `${error.fault.message} ${error.fault.remedy}`.trim() };
  return { code: 'unreadable', message: 'Could not be read.' };
}
