import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { kindOf } from '#shared/connection-kind.ts';
import { plural } from '#shared/format.ts';
import type { BlobRow, SkippedFile } from '#shared/model/blob.ts';
import type { ConnectionChoice, ConnectionState, MfaQuestion } from '#shared/model/connection.ts';
import type { SkippedCode } from '#shared/model/coverage.ts';
import { FaultError } from '#shared/model/fault.ts';
import { createEngine } from '../../bridge/engine/create-engine.ts';
import { dataDir, NO_CAPABILITIES } from '../../bridge/engine/index.ts';
import { forkChild, forkRunWorker, RUN_WORKER, TWO_STEP_CHILD } from '../../core/children/index.ts';
import { displayPath, HereFirst } from '../../core/intake/index.ts';
import type { SharedWork } from '../../core/rotation/index.ts';
import { typedByPerson } from '../../services/approvals/index.ts';
import { type Client, client } from './client.ts';
import { readPiped, splitPiped } from './input/piped.ts';
import { warnOfHttp } from './options.ts';
import { type Manner, mannerNow, note, warn } from './output/say.ts';
import { safe } from './output/text.ts';
import { bundleFolder, waitLimit } from './process.ts';
import { answerOnTerminal } from './prompt.ts';

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
    {
      startChild: () => forkChild(join(bundleFolder(), TWO_STEP_CHILD)),
      startRunWorker: () => forkRunWorker(join(bundleFolder(), RUN_WORKER)),
      disk: new HereFirst(),
      approver: typedByPerson,
      shared: attempt?.shared,
    },
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
      for (const line of state.warnings ?? []) warn(`warning: ${safe(line)}`);
      if (state.fault !== null) throw new FaultError(state.fault);
    }
    return await work(through, engine.onEvent);
  } finally {
    await engine.close();
  }
}

/** A line for each wait that takes long, on standard error. */
function sayWaiting(what: string | undefined): void {
  if (what !== undefined) note(`waiting for ${safe(what)}; Ctrl-C stops`);
}

/** What was taken in. */
interface Taken {
  readonly blobs: readonly BlobRow[];
  /** Skipped files, named as the person named them. */
  readonly skipped: readonly SkippedFile[];
  /** Some of the input could not be read. */
  readonly unreadable: boolean;
}

/** Takes paths in and lists every blob found, its file named as the person named it. Says what was skipped. */
export async function ingestPaths(through: Client, paths: readonly string[]): Promise<Taken> {
  const { files, skipped, unreadable } = await takeInNames(through, paths);
  const blobs: BlobRow[] = [];
  for (let offset = 0; ; ) {
    const { rows, total } = await through.page.blobs.list({ offset, limit: 5000 });
    for (const row of rows) blobs.push({ ...row, file: files.get(row.id) ?? row.file });
    offset += rows.length;
    if (offset >= total || rows.length === 0) break;
  }
  return { blobs, skipped, unreadable };
}

/**
 * Takes paths in; gives the file of each blob, by the blob's id and as the person named it, and nothing else, which a run
 * over very many could not afford. `shown`: another name for it. Says what was skipped. Throws FaultError `BadUsage`.
 */
export async function takeInNames(
  { host }: Client,
  paths: readonly string[],
  shown: (name: string) => string = (name) => name,
): Promise<Omit<Taken, 'blobs'> & { files: Map<string, string> }> {
  const { piped, files: onDisk } = splitPiped(paths);
  const skipped: SkippedFile[] = [];
  let more = 0;
  for (const path of piped) skipped.push(...(await takeInPiped(host, path)));
  if (onDisk.length > 0) {
    const taken = await host.intake.addNamed({ paths: onDisk });
    more = taken.moreSkipped;
    for (const { root, ...one } of taken.skippedFiles)
      skipped.push({ ...one, file: shown(root === undefined ? one.file : fileBelow(root, one.file)) });
  }
  for (const line of skippedLines(skipped, mannerNow())) warn(line);
  if (more > 0) warn(`… and ${plural(more, 'more skipped file')}`);
  const files = new Map<string, string>();
  const byRoot = naming(onDisk);
  const named = (path: string): string => shown(byRoot(path));
  // Blobs of one file stand beside each other, and share its name.
  let last = { path: '', name: '' };
  for (let offset = 0; ; ) {
    const { blobs } = await host.blobs.places({ offset, limit: 5000 });
    for (const { id, path } of blobs) {
      if (path !== last.path) last = { path, name: named(path) };
      files.set(id, last.name);
    }
    offset += blobs.length;
    if (blobs.length < 5000) break;
  }
  return { files, skipped, unreadable: skipped.some(isUnreadable) };
}

/** What was skipped of one pipe. */
async function takeInPiped({ intake }: Client['host'], path: string): Promise<SkippedFile[]> {
  try {
    return (await intake.addPiped({ bytes: await readPiped(path), name: path })).skippedFiles;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const { code, message, remedy } = error.fault;
    return [
      {
        file: path,
        code: code === 'FileTooLarge' ? 'too-large' : 'unreadable',
        message: `${message} ${remedy}`,
      },
    ];
  }
}

export function isUnreadable({ code }: SkippedFile): boolean {
  return code === 'unreadable' || code === 'missing' || code === 'too-large';
}

/** Reasons that need no action: of each, a few files are named and the rest are counted. */
const COUNTED: ReadonlySet<string> = new Set<SkippedCode>([
  'symlink',
  'link-inside',
  'lfs-pointer',
  'special',
  'leftover',
  'backup',
]);
const NAMED = 3;

/**
 * Lines about what was skipped: each file that could not be read, and a few of each that Rewrap never reads; with `verbose`
 * all of those, with `quiet` none.
 */
export function skippedLines(
  skippedFiles: readonly SkippedFile[],
  { quiet, verbose }: Pick<Manner, 'quiet' | 'verbose'>,
): string[] {
  const lines: string[] = [];
  for (const [code, files] of Map.groupBy(skippedFiles, (one) => one.code)) {
    const counted = COUNTED.has(code);
    if (quiet && (counted || code === 'no-ciphertext' || code === 'git')) continue;
    const named = counted && !verbose && files.length > NAMED + 1 ? files.slice(0, NAMED) : files;
    for (const { file, message } of named)
      lines.push(`${file === '' ? '' : `${safe(file)}: `}${safe(message)}`);
    if (named.length < files.length) lines.push(`… and ${files.length - named.length} more of this kind`);
  }
  return lines;
}

/** `vault/a.bin`, met under a root that was named `../vault`, is `../vault/a.bin`. */
export function fileBelow(root: string, display: string): string {
  const name = displayPath(basename(root) || root);
  const below = display.startsWith(name) ? display.slice(name.length) : '';
  return below.startsWith(sep) ? joined(root, below) : root + below;
}

/** `/home/me/vault/a.bin` named through `vault` is `vault/a.bin`, also where `vault` is a link to it. */
export function naming(roots: readonly string[]): (path: string) => string {
  const byPath = new Map(
    roots.flatMap((root) => [[resolve(root), root] as const, [real(root), root] as const]),
  );
  return (path) => {
    // A file of an archive that was named: `backup.tgz › app/prod.env`.
    for (let at = path.indexOf(INSIDE); at > 0; at = path.indexOf(INSIDE, at + 1)) {
      const root = byPath.get(path.slice(0, at));
      if (root !== undefined) return root + path.slice(at);
    }
    for (let at = path; ; at = dirname(at)) {
      const root = byPath.get(at);
      if (root !== undefined) return at === path ? root : joined(root, path.slice(at.length));
      if (at === dirname(at)) return path;
    }
  };
}

const INSIDE = ' › ';

/** A root as it was written, and what follows it. */
const joined = (root: string, below: string): string =>
  (root.endsWith(sep) ? root : root + sep) + (below.startsWith(sep) ? below.slice(1) : below);

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
