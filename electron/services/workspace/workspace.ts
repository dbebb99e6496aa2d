import { hash } from 'node:crypto';
import { dirname } from 'node:path';
import type { IntakeResult } from '#shared/contract/define.ts';
import type { SkippedFile } from '#shared/model/blob.ts';
import type { Coverage, SkippedCode } from '#shared/model/coverage.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  archiveOf,
  asObjectBody,
  type FoundBlob,
  INSTRUCTION,
  isInstruction,
  keyReferences,
  plainPlaces,
  plaintextNeighbours,
  type RecordEntry,
  readRecord,
  readSource,
  recordPath,
  scan,
  type WalkedFile,
  withPendingLog,
  withRecord,
} from '../../core/intake/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { UntilShown } from '../../core/limits/until-shown.ts';
import { type BlobRef, blobRef, type PlanFile } from '../../core/rotation/index.ts';
import { blobHash } from './blob-row.ts';
import { CoverageOfList, type RootCoverage } from './coverage.ts';
import { type Content, type IngestResult, ingest, type KeyCandidate } from './ingest.ts';
import { KeyReferences } from './key-references.ts';
import { Repositories } from './repositories.ts';
import {
  type BlobEntry,
  type ListedSource,
  numberOfSource,
  type SourceName,
  sourceOfBlob,
} from './source.ts';
import { SourceList } from './source-list.ts';

/** Everything that was taken in: sources, the blobs in them, and where each sits. Holds ciphertext only. */
export class Workspace {
  readonly list: SourceList;
  /** Where files name keys beside their blobs. */
  readonly references = new KeyReferences();
  readonly #coverage = new CoverageOfList();
  readonly repositories = new Repositories();
  /** Counts what became of the files of the list; what is learned of their keys does not change it. */
  #contents = 0;
  #intakes = 0;
  #revision: number;
  readonly #changed: (revision: number, total: number) => void;
  readonly #progress: (files: number, blobs: number, done: boolean) => void;

  /** @param firstNumber of the first source, and of the revision after its intake */
  constructor(
    changed: (revision: number, total: number) => void,
    progress: (files: number, blobs: number, done: boolean) => void,
    firstNumber = 1,
  ) {
    this.#changed = changed;
    this.#progress = progress;
    this.list = new SourceList(firstNumber);
    this.#revision = firstNumber - 1;
  }

  /**
   * Takes in files and folders. Never throws for what it meets: that becomes an skipped file. `shown`: of a start, what
   * follows the first blobs waits for the page.
   */
  async addPaths(
    paths: readonly string[],
    origin: 'path' | 'upload',
    shown?: UntilShown,
  ): Promise<IngestResult> {
    if (this.#intakes++ > 0 || this.list.all.length > 0) this.list.indexPaths();
    this.#coverage.begin();
    let read: readonly RootCoverage[] = [];
    const records = new Map<string, readonly RecordEntry[]>();
    try {
      const { result, keys, roots } = await ingest(paths, {
        // Uploads lie in a folder of Rewrap's own: what is above it is not theirs.
        above: origin === 'path',
        put: (file, content) => {
          const known = this.list.known(file.path);
          const name = nameOf(file, content);
          if (known === undefined)
            this.list.add(name, file.archive === undefined ? origin : 'archive', content);
          else this.list.refill(known, content, name);
        },
        repository: (path, display, below) => this.repositories.meet(path, display, below),
        archiveRead: (path, keys) => {
          if (!this.list.hasPaths) return;
          // An archive was read again: files that it does not have any more go.
          this.#forget(({ archive, key }) => archive?.path === path && key !== null && !keys.has(key));
        },
        refer: ({ path, display }, found) => this.references.set(path, display, found),
        record: (path, entries) => records.set(path, entries),
        progress: this.#progress,
        ...(shown === undefined ? {} : { shown }),
      });
      read = roots;
      if (keys.length > 0) this.#besideKeys(keys);
      this.#objectBodies();
      for (const [path, entries] of records) this.#recorded(this.at(path), entries);
      return result;
    } finally {
      this.#coverage.end(read);
      this.#intakes--;
      this.#bump();
    }
  }

  /** What was read for the list, and what was not. */
  get coverage(): Coverage {
    return this.#coverage.current;
  }

  /** Absolute paths that were asked for. */
  get asked(): string[] {
    return this.#coverage.paths;
  }

  /** Takes in pasted text. */
  addText(text: string): IntakeResult {
    const n = this.list.all.filter((s) => s.origin === 'paste').length + 1;
    return this.#addBytes(new TextEncoder().encode(text), {
      display: `Pasted text ${n}`,
      relative: `pasted-${n}.txt`,
      without: {
        file: 'Pasted text',
        code: 'no-ciphertext',
        message:
          'Holds no ciphertext that Rewrap knows. Paste base64, hex, or the JSON that the AWS CLI prints.',
      },
    });
  }

  /** Takes in what came through a pipe. `name`: for people. Nothing of it is written to disk. */
  addPiped(bytes: Uint8Array, name: string): IntakeResult {
    const skip = (code: SkippedCode | 'no-ciphertext', message: string) => ({ file: name, code, message });
    const n = this.list.all.filter((s) => s.origin === 'paste').length + 1;
    const archive = archiveOf(bytes);
    if (archive !== null && archive !== 'closed')
      return skippedAlone(
        skip('archive-closed', 'An archive is read from a file alone. Save it, and name the file.'),
      );
    return this.#addBytes(bytes, {
      display: name,
      relative: n === 1 ? 'stdin' : `stdin-${n}`,
      without: skip('no-ciphertext', 'Holds no ciphertext that Rewrap knows.'),
    });
  }

  /** `without`: what is said where there is neither a blob nor a finding in it. */
  #addBytes(
    bytes: Uint8Array,
    { display, relative, without }: Pick<SourceName, 'display' | 'relative'> & { without: SkippedFile },
  ): IntakeResult {
    const found = scan(bytes, relative);
    if (found.blobs.length === 0 && found.findings.length === 0) return skippedAlone(without);
    this.#coverage.pasted();
    this.list.add({ path: null, repository: null, display, relative, text: bytes }, 'paste', {
      size: bytes.length,
      sha256: hash('sha256', bytes, 'hex'),
      found,
    });
    this.#bump();
    return { sources: 1, blobs: found.blobs.length, skippedFiles: [], moreSkipped: 0 };
  }

  /** Forgets sources (all when null); touches no file. */
  remove(sourceIds: readonly string[] | null): void {
    const numbers = sourceIds === null ? null : new Set(sourceIds.map(numberOfSource));
    if (numbers === null) {
      this.#coverage.clear();
      this.repositories.clear();
    } else this.#coverage.removed(numbers.size);
    this.#forget(({ number }) => numbers === null || numbers.has(number));
    if (this.list.all.length === 0 && this.#intakes === 0) {
      this.list.forgetPaths();
      this.references.clear();
    }
    this.#bump();
  }

  /** Reads files again after they were replaced, with turns for others; blobs keep their ids by place. */
  async refresh(paths: Iterable<string> | AsyncIterable<string>): Promise<void> {
    const turns = new Turns();
    for await (const path of paths) {
      // Reading a small file does not wait for anything.
      if (turns.over) await turns.give();
      const source = this.at(path);
      if (source === null) continue;
      try {
        const { bytes, size, sha256 } = await readSource(path);
        const found = withPendingLog(scan(bytes, path), path, bytes);
        // It may have been taken off the list while a large one was read.
        if (this.at(path) !== source) continue;
        this.list.refill(source, { size, sha256, found });
        if (found.blobs.some(({ identification }) => identification.kind === 'kms-asymmetric-candidate')) {
          const record = await readSource(recordPath(path)).catch(() => null);
          this.#recorded(source, (record === null ? null : readRecord(record.bytes)) ?? []);
        }
        this.references.set(path, source.display, keyReferences(bytes, path, found.blobs));
      } catch {
        // Gone or unreadable now: the row stays as it was last seen, and a run over it will say what is wrong.
      }
    }
    this.#bump();
  }

  /** Another number whenever files were read or left the list. */
  get contents(): number {
    return this.#contents;
  }

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.list.size;
  }

  /** Every source, in the order in which they were taken in; another array once some are removed. */
  get all(): readonly ListedSource[] {
    return this.list.all;
  }

  /** The files of a run, each with its chosen blobs; others get turns. Throws FaultError `BlobGone` for an unknown id. */
  async plan(
    blobIds: readonly string[],
  ): Promise<{ files: PlanFile[]; origins: Set<ListedSource['origin']> }> {
    const turns = new Turns();
    const bySource = new Map<ListedSource, { blobs: BlobRef[]; found: FoundBlob[] }>();
    for (const blobId of new Set(blobIds)) {
      const { source, found } = this.get(blobId);
      const list = bySource.get(source) ?? { blobs: [], found: [] };
      list.blobs.push(blobRef(blobId, found));
      list.found.push(found);
      bySource.set(source, list);
      if (turns.over) await turns.give();
    }
    const files = [...bySource].map(([source, { blobs, found }]) => ({
      // A file of an archive is found again by its name in it.
      path: source.archive === null ? source.path : source.key,
      // Walks resolve what was dropped and follow no link below it: a path is real as it was met.
      folder: source.path === null ? null : dirname(source.path),
      bytes: source.bytes,
      ...(source.archive === null ? {} : { archive: source.archive }),
      display: source.display,
      relative: source.relative,
      sha256: source.sha256,
      blobs,
      ...placesOf(source, found),
    }));
    return { files, origins: new Set([...bySource.keys()].map((s) => s.origin)) };
  }

  /** Hex SHA-256 of a blob as it was last read; null where it is not on the list any more. */
  hashOf(blobId: string): string | null {
    const entry = this.list.numbered(sourceOfBlob(blobId))?.blob(blobId) ?? null;
    return entry === null ? null : blobHash(entry);
  }

  /** Throws FaultError `BlobGone`. */
  get(blobId: string): BlobEntry {
    const entry = this.list.numbered(sourceOfBlob(blobId))?.blob(blobId) ?? null;
    if (entry === null)
      throw new FaultError(
        fault('BlobGone', 'That blob is no longer in the list.', '', 'Add its file again.'),
      );
    return entry;
  }

  /** A file that is a key of just the size that a blob beside it holds: a finding of that blob's file. */
  #besideKeys(keys: readonly KeyCandidate[]): void {
    const folders = new Set(keys.map(({ display }) => folderOf(display)));
    const sources = new Map<string, ListedSource>();
    for (const source of this.list.all)
      if (folders.has(folderOf(source.display))) sources.set(source.display, source);
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
    for (const { file, beside, finding } of plaintextNeighbours(neighbours))
      sources.get(beside)?.addFinding({ ...finding, title: `${file}: ${finding.title}`, range: null });
  }

  /** The source at an absolute path; null where that file is not in the list. */
  at(path: string): ListedSource | null {
    return this.list.at(path);
  }

  /** What a record beside a file says of its blobs. */
  #recorded(source: ListedSource | null, entries: readonly RecordEntry[]): void {
    const scan = source === null ? null : withRecord(source.scan, entries);
    if (scan !== null) source?.reread(scan);
  }

  /** Bodies of S3 objects, which only the instruction file beside them names. */
  #objectBodies(): void {
    for (const source of this.list.all) {
      // Of a hundred thousand blobs, no names are put together.
      if (source.isBlobAlone || !source.display.endsWith(INSTRUCTION)) continue;
      const { path, display, scan: said } = source;
      if (path === null || !isInstruction(display, said)) continue;
      const body = this.at(path.slice(0, -INSTRUCTION.length));
      const seen = body === null ? null : asObjectBody(body.scan, display);
      if (seen !== null) body?.reread(seen);
    }
  }

  #forget(which: (source: ListedSource) => boolean): void {
    for (const { key } of this.list.remove(which)) if (key !== null) this.references.delete(key);
  }

  /** What is known of the blobs changed, though not the blobs: they are to be fetched again. */
  touch(): void {
    this.#revision++;
    this.#changed(this.#revision, this.list.size);
  }

  #bump(): void {
    this.#contents++;
    this.#revision++;
    this.#changed(this.#revision, this.list.size);
  }
}

function placesOf(source: ListedSource, found: readonly FoundBlob[]): Pick<PlanFile, 'places'> {
  const places = plainPlaces(source.sha256, source.scan, found);
  return places === null ? {} : { places };
}

/** What a file of an archive is kept with: it is in no file that could be read again by itself. */
function nameOf(file: WalkedFile, { bytes }: Content): SourceName {
  const { archive } = file;
  if (archive === undefined || bytes === undefined) return file;
  const { path: key, display, relative, repository } = file;
  return { path: null, key, display, relative, repository, archive, text: bytes };
}

const skippedAlone = (skippedFile: SkippedFile): IntakeResult => ({
  sources: 0,
  blobs: 0,
  skippedFiles: [skippedFile],
  moreSkipped: 0,
});

function folderOf(display: string): string {
  return display.slice(0, Math.max(display.lastIndexOf('/'), display.lastIndexOf('\\')) + 1);
}
