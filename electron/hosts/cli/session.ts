import { join, resolve, sep } from 'node:path';
import { Worker } from 'node:worker_threads';
import { kindOf } from '#shared/connection-kind.ts';
import type { BlobRow, SkippedFile } from '#shared/model/blob.ts';
import type { ConnectionChoice, ConnectionState, MfaQuestion } from '#shared/model/connection.ts';
import type { SkippedCode } from '#shared/model/coverage.ts';
import { FaultError } from '#shared/model/fault.ts';
import { createEngine, dataDir, NO_CAPABILITIES } from '../../bridge/engine/index.ts';
import { DISK_THREAD, DISK_THREAD_OPTIONS, DiskPool } from '../../core/intake/index.ts';
import type { SharedWork } from '../../core/rotation/index.ts';
import { forkChild, TWO_STEP_CHILD } from '../../core/two-step/index.ts';
import { typedByPerson } from '../../services/approvals/index.ts';
import { type Client, client } from './client.ts';
import { warnOfHttp } from './options.ts';
import { answerOnTerminal } from './prompt.ts';
import { safe } from './text.ts';

let waitMs: number | undefined;
/** Longest wait for one answer, in all that this process does; milliseconds. */
export function limitWaits(ms: number): void {
  waitMs = ms;
}
export const waitLimit = (): { waitMs?: number } => (waitMs === undefined ? {} : { waitMs });

/**
 * Runs `work` with the services in this process and closes them after. `attempt`: where runs and history are recorded
 * instead of the data folder, and what other processes do of the same files.
 */
export async function withEngine<T>(
  connection: ConnectionChoice | null,
  work: (client: Client, onEvent: ReturnType<typeof createEngine>['onEvent']) => Promise<T>,
  attempt: { readonly recordsDir: string; readonly shared: SharedWork } | null = null,
): Promise<T> {
  const engine = createEngine(
    {
      host: 'cli',
      version: __REWRAP_VERSION__,
      can: NO_CAPABILITIES,
      dataDir: dataDir(),
      ...(attempt === null ? {} : { recordsDir: attempt.recordsDir }),
      outputFolders: [],
      connection: null,
      ...waitLimit(),
    },
    () => forkChild(join(import.meta.dirname, TWO_STEP_CHILD)),
    new DiskPool(() => new Worker(join(import.meta.dirname, DISK_THREAD), DISK_THREAD_OPTIONS)),
    typedByPerson,
    attempt?.shared,
  );
  try {
    const through = client(engine);
    const answer = answerOnTerminal(through);
    engine.onEvent((name, payload) => {
      if (name === 'mfaAsked') answer(payload as MfaQuestion);
      if (name === 'connectionChanged') sayWaiting((payload as ConnectionState).waitingFor);
      if (name === 'destinationChanged')
        sayWaiting((payload as { destination: ConnectionState | null }).destination?.waitingFor);
    });
    warnOfHttp([connection ? kindOf(connection).credentials()?.endpointUrl : null]);
    if (connection !== null) {
      const state = await through.page.connection.use(connection);
      if (state.fault !== null) throw new FaultError(state.fault);
    }
    return await work(through, engine.onEvent);
  } finally {
    await engine.close();
  }
}

/** A line for each wait that takes long, on standard error. */
function sayWaiting(what: string | undefined): void {
  if (what !== undefined) console.error(`rewrap: waiting for ${safe(what)}; Ctrl-C stops`);
}

export interface Listed {
  readonly row: BlobRow;
  /** The file as the person named it. */
  readonly file: string;
}

/** Takes paths in and lists every blob found. Skipped files go to standard error. */
export async function ingestPaths(
  through: Client,
  paths: readonly string[],
): Promise<{ blobs: Listed[]; unreadable: boolean }> {
  const { files, unreadable } = await takeInNames(through, paths);
  const blobs: Listed[] = [];
  for (let offset = 0; ; ) {
    const { rows, total } = await through.page.blobs.list({ offset, limit: 5000 });
    for (const row of rows) blobs.push({ row, file: files.get(row.id) ?? row.file });
    offset += rows.length;
    if (offset >= total || rows.length === 0) break;
  }
  return { blobs, unreadable };
}

/**
 * Takes paths in; gives the file of each blob, by the blob's id and as the person named it, and nothing else, which a run
 * over very many could not afford. Skipped files go to standard error.
 */
export async function takeInNames(
  { host }: Client,
  paths: readonly string[],
): Promise<{ files: Map<string, string>; unreadable: boolean }> {
  const taken = await host.intake.addPaths({ paths: [...paths], origin: 'path' });
  for (const line of skippedLines(taken.skippedFiles)) console.error(`rewrap: ${line}`);
  if (taken.moreSkipped > 0) console.error(`rewrap: … and ${taken.moreSkipped} more like these`);
  const files = new Map<string, string>();
  // Blobs of one file stand beside each other, and share its name.
  let last = { path: '', name: '' };
  for (let offset = 0; ; ) {
    const { blobs } = await host.blobs.places({ offset, limit: 5000 });
    for (const { id, path } of blobs) {
      if (path !== last.path) last = { path, name: asNamed(path, paths) };
      files.set(id, last.name);
    }
    offset += blobs.length;
    if (blobs.length < 5000) break;
  }
  return { files, unreadable: taken.skippedFiles.some(isUnreadable) };
}

export function isUnreadable({ code }: SkippedFile): boolean {
  return code === 'unreadable' || code === 'missing' || code === 'too-large';
}

/** Reasons that need no action: of each, a few files are named and the rest are counted. */
const COUNTED: ReadonlySet<string> = new Set<SkippedCode>(['symlink', 'special', 'leftover', 'backup']);
const NAMED = 3;

/** Lines about what was skipped: each file that could not be read, and a few of each that Rewrap never reads. */
export function skippedLines(skippedFiles: readonly SkippedFile[]): string[] {
  const lines: string[] = [];
  for (const [code, files] of Map.groupBy(skippedFiles, (one) => one.code)) {
    const named = COUNTED.has(code) && files.length > NAMED + 1 ? files.slice(0, NAMED) : files;
    for (const { file, message } of named)
      lines.push(`${file === '' ? '' : `${safe(file)}: `}${safe(message)}`);
    if (named.length < files.length) lines.push(`… and ${files.length - named.length} more of this kind`);
  }
  return lines;
}

/** `/home/me/vault/a.bin` named through `vault` is `vault/a.bin`. */
function asNamed(path: string, roots: readonly string[]): string {
  for (const root of roots) {
    const absolute = resolve(root);
    if (path === absolute) return root;
    // A file of an archive that was named.
    if (path.startsWith(`${absolute} › `)) return root + path.slice(absolute.length);
    if (path.startsWith(absolute + sep))
      return `${root.endsWith(sep) ? root.slice(0, -1) : root}${path.slice(absolute.length)}`;
  }
  return path;
}
