import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { IntakeResult } from '#shared/contract/define.ts';
import { IN_CLEAR_CODES } from '#shared/finding.ts';
import type { SkippedFile } from '#shared/model/blob.ts';
import type { SkippedCode } from '#shared/model/coverage.ts';
import { FaultError } from '#shared/model/fault.ts';
import {
  archiveFormatAt,
  archiveOf,
  type FoundReference,
  isBlobAlone,
  isLfsPointer,
  keyReferences,
  keySizeOf,
  magicOf,
  ownOutput,
  type RecordEntry,
  readableByOthers,
  readRecord,
  readUnhashed,
  recordedPath,
  type Scan,
  SmallFiles,
  scan,
  type WalkedFile,
  walkNow,
  withPendingLog,
} from '../../core/intake/index.ts';
import type { UntilShown } from '../../core/limits/until-shown.ts';
import { ArchiveIntake } from './archive-intake.ts';
import { RootCoverage } from './coverage.ts';

/** Most skipped files kept for one intake; more are counted. */
const SKIPPED_LIMIT = 200;
/** Others get a turn this often, milliseconds: the thread has requests to answer while it reads. */
const TURN_MS = 20;
/** Progress is reported this often at most, milliseconds. */
const PROGRESS_MS = 100;

/** Blobs that fill the first page of a list. */
const FIRST_BLOBS = 250;
/** How long a start looks for them before it waits for the page, milliseconds. */
const FIRST_MS = 100;

/** `root`: the path, as it was given, under which it was met; absent: it speaks of several files. */
interface SkippedUnder extends SkippedFile {
  readonly root?: string;
}

/** What was read of a file. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
  /** What was found; for a file that is one symmetric blob and nothing else, its bytes: they say it all. */
  readonly found: Scan | Uint8Array;
  /** All bytes of a file of an archive. */
  readonly bytes?: Uint8Array;
}

/** A file without blobs that may be a key in clear. Only its size is known outside the reader. */
export interface KeyCandidate {
  readonly display: string;
  readonly keyBytes: number;
  /** Permission bits; null where they cannot be had. */
  readonly mode: number | null;
}

interface IngestTarget {
  /** A file with blobs or findings. */
  readonly put: (file: WalkedFile, content: Content) => void;
  /** Where a file names keys beside its blobs. */
  readonly refer: (file: WalkedFile, references: readonly FoundReference[]) => void;
  readonly progress: (files: number, blobs: number, done: boolean) => void;
  /** What Rewrap wrote down beside a file, by that file's path. */
  readonly record: (path: string, entries: readonly RecordEntry[]) => void;
  /** Whether a root may lie in a repository above it. */
  readonly above: boolean;
  /** A git repository was met; `below`: the only part of it that was named, absolute, else null. */
  readonly repository: (path: string, display: string, below: string | null) => void;
  /** An archive was read: these are the names of what was put of it. */
  readonly archiveRead: (path: string, keys: ReadonlySet<string>) => void;
  /** At start: what follows the first blobs waits for the page. */
  readonly shown?: UntilShown;
}

export type IngestResult = Omit<IntakeResult, 'skippedFiles'> & { skippedFiles: SkippedUnder[] };

/**
 * Reads files and folders. What is met on the way and cannot be taken is a skipped file, never an exception. Reads without
 * waiting for each file (several times faster for many small ones) and gives others a turn now and then.
 */
export async function ingest(
  paths: readonly string[],
  { put, refer, progress, record, above, repository, archiveRead, shown }: IngestTarget,
): Promise<{ result: IngestResult; keys: KeyCandidate[]; roots: RootCoverage[] }> {
  const result: IngestResult = { sources: 0, blobs: 0, skippedFiles: [], moreSkipped: 0 };
  const keys: KeyCandidate[] = [];
  const roots: RootCoverage[] = [];
  let root: RootCoverage | null = null;
  let named = '';
  const begin = (path: string, as: string, isThere: boolean): void => {
    named = as;
    root = new RootCoverage(path, basename(path) || path, isThere);
    roots.push(root);
  };
  const here = (): RootCoverage => root ?? new RootCoverage('', '');
  const skipped = (skippedFile: SkippedFile) => {
    if (result.skippedFiles.length < SKIPPED_LIMIT)
      result.skippedFiles.push(skippedFile.file === '' ? skippedFile : { ...skippedFile, root: named });
    else result.moreSkipped++;
  };
  const small = new SmallFiles();
  let files = 0;
  let repositories = 0;
  let turn = performance.now() + TURN_MS;
  let reported = performance.now();
  const firstUntil = performance.now() + FIRST_MS;
  const others = async (): Promise<void> => {
    const now = performance.now();
    if (now <= turn) return;
    if (now - reported > PROGRESS_MS) {
      progress(files, result.blobs, false);
      reported = now;
    }
    await setImmediate();
    if (shown?.is === false && (result.blobs >= FIRST_BLOBS || now > firstUntil)) await shown.wait();
    turn = performance.now() + TURN_MS;
  };
  /** Whether anything of the file is kept. */
  const take = (file: WalkedFile, bytes: Uint8Array): boolean => {
    files++;
    if (isBlobAlone(bytes)) {
      result.sources++;
      result.blobs++;
      here().withBlobs++;
      put(file, contentOf(file, bytes, bytes));
      return true;
    }
    const onDisk = file.archive?.path ?? file.path;
    const found = withPendingLog(scan(bytes, file.path), file.path, bytes);
    const references = keyReferences(bytes, file.path, found.blobs);
    if (references.length > 0) refer(file, references);
    const key = found.blobs.length === 0 ? keySizeOf(bytes) : null;
    if (key !== null) keys.push({ display: file.display, keyBytes: key, mode: modeOf(onDisk) });
    if (found.blobs.length > 0 || found.findings.length > 0) {
      result.sources++;
      result.blobs += found.blobs.length;
      if (found.blobs.length > 0) here().withBlobs++;
      else here().withFindings++;
      put(file, contentOf(file, bytes, withMode(found, onDisk)));
      return true;
    }
    if (isLfsPointer(bytes)) {
      here().skip('lfs-pointer', file.display);
      skipped({
        file: file.display,
        code: 'lfs-pointer',
        message:
          'A pointer of Git LFS: the content it names is not here. Fetch it with `git lfs pull`, then add it again.',
      });
      return false;
    }
    if (file.archive !== undefined) {
      here().withoutCiphertext++;
      return false;
    }
    small.forget();
    const recorded = recordedPath(file.path);
    const entries = recorded === null ? null : readRecord(bytes);
    if (recorded !== null && entries !== null) {
      here().records++;
      record(recorded, entries);
      return false;
    }
    here().withoutCiphertext++;
    // Named alone, it was meant; in a folder it is one of many that hold something else.
    if (file.display === file.relative) skipped({ file: file.display, ...noCiphertext(bytes) });
    return false;
  };
  const archives = new ArchiveIntake({
    take,
    others,
    skip: (code, file, message) => {
      here().skip(code, file);
      skipped({ file, code, message });
    },
    opened: (inside) => {
      here().archives++;
      here().inArchives += inside;
    },
    read: archiveRead,
  });
  const entering = (path: string, as: string): void => begin(path, as, true);
  const lacking = (path: string, as: string): void => begin(path, as, false);
  for (const met of walkNow(paths, { entering, lacking, above, repository })) {
    // Asked here, since waiting for nothing costs as much as a walk's step.
    if (performance.now() > turn) await others();
    if (met === null) continue;
    if (met.type === 'skippedFile') {
      here().skip(met.code, met.display);
      // One line says it of all repositories.
      if (met.code === 'git') repositories++;
      else skipped({ file: met.display, code: met.code, message: met.message });
      continue;
    }
    try {
      const bytes = small.read(met.path) ?? (await readOrArchive(met.path));
      const archive = bytes === 'archive' ? 'open' : archiveOf(bytes);
      if (bytes !== 'archive' && (archive === null || archive === 'closed')) {
        take(met, bytes);
        // Also where a blob stands in it as it is: others may not.
        const format = archive === 'closed' ? magicOf(bytes) : null;
        if (format !== null) archives.closed(met, format);
        continue;
      }
      small.forget();
      await archives.read(met);
    } catch (error) {
      const why = asSkippedFile(error);
      here().skip(why.code, met.display);
      skipped({ file: met.display, ...why });
    }
  }
  const alone = result.skippedFiles.filter((skippedFile) => skippedFile.code === NO_CIPHERTEXT.code).length;
  const hidden = roots.reduce((sum, each) => sum + each.withoutCiphertext, 0) - alone;
  if (hidden > 0)
    skipped({
      file: '',
      code: NO_CIPHERTEXT.code,
      message: `${hidden} ${hidden === 1 ? 'file holds' : 'files hold'} no ciphertext that Rewrap knows.`,
    });
  if (repositories > 0)
    skipped({
      file: '',
      code: 'git',
      message: `${repositories === 1 ? 'The data of a git repository is' : `The data of ${repositories} git repositories is`} not read as files. --git-history (in the window: Git history) lists what stands in history alone.`,
    });
  progress(files, result.blobs, true);
  return { result, keys, roots };
}

/** What is kept of a file; only of such a file the hash is needed. */
function contentOf(file: WalkedFile, bytes: Uint8Array, found: Content['found']): Content {
  const content = { size: bytes.length, sha256: hash('sha256', bytes, 'hex'), found };
  return file.archive === undefined ? content : { ...content, bytes };
}

const NO_CIPHERTEXT = { code: 'no-ciphertext', message: 'Holds no ciphertext that Rewrap knows.' } as const;

function noCiphertext(bytes: Uint8Array): { code: string; message: string } {
  const own = ownOutput(bytes);
  if (own !== null)
    return {
      ...NO_CIPHERTEXT,
      message: `${own} that Rewrap wrote: holds no ciphertext, and refers to no key.`,
    };
  const magic = magicOf(bytes);
  if (magic === null) return NO_CIPHERTEXT;
  return {
    ...NO_CIPHERTEXT,
    message: `A file of the format ${magic.name}: holds no ciphertext that Rewrap knows.`,
  };
}

/** A file that holds a secret in clear is worse where others may read it. */
function withMode(found: Scan, path: string): Scan {
  if (!found.findings.some(({ code }) => IN_CLEAR_CODES.has(code))) return found;
  const open = readableByOthers(modeOf(path));
  return open === null ? found : { ...found, findings: [...found.findings, open] };
}

function modeOf(path: string): number | null {
  try {
    return statSync(path).mode & 0o7777;
  } catch {
    return null;
  }
}

/** A file's bytes; 'archive' for an archive that is too large to be read in one piece. */
async function readOrArchive(path: string): Promise<Uint8Array | 'archive'> {
  try {
    return (await readUnhashed(path)).bytes;
  } catch (error) {
    if (!(error instanceof FaultError) || error.fault.code !== 'FileTooLarge') throw error;
    if (archiveFormatAt(path) === null) throw error;
    return 'archive';
  }
}

function asSkippedFile(error: unknown): { code: SkippedCode; message: string } {
  if (error instanceof FaultError)
    return {
      code: error.fault.code === 'FileTooLarge' ? 'too-large' : 'unreadable',
      message: `${error.fault.message} ${error.fault.remedy}`.trim(),
    };
  return { code: 'unreadable', message: 'Could not be read.' };
}
