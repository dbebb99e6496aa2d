import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { ContextChoice, RunItem, RunRequest, RunSummary } from '#shared/model/run.ts';
import type { Client } from './client.ts';
import { estimated, estimateLines } from './estimate.ts';
import { AWS_DEFAULT } from './keys.ts';
import { type ConnectionFlags, connectionArguments, connectionChoice } from './options.ts';
import { permissionsCode, printPermissions } from './permissions.ts';
import { progressLine } from './progress.ts';
import { connectDestination, type RouteFlags, routeOf } from './route.ts';
import { BAD_INPUT, KEPT_FOR_LATER, type Listed, OK, SOME_FAILED, takeIn, withEngine } from './session.ts';
import { faultLines, safe } from './text.ts';

export interface ReencryptFlags extends ConnectionFlags, RouteFlags {
  to: string;
  from?: string;
  fromAlgorithm?: EncryptionAlgorithm;
  toAlgorithm?: EncryptionAlgorithm;
  context?: EncryptionContext;
  toContext?: EncryptionContext;
  /** Pairs added to, and keys taken out of, each blob's own context. */
  addContext?: EncryptionContext;
  removeContext?: string[];
  grantToken?: string[];
  dryRun?: true;
  /** Only say what it would take. */
  estimate?: true;
  /** Requests a second that the estimate reckons with. */
  rate?: number;
  /** Only ask whether the rights are there. */
  checkPermissions?: true;
  out?: string;
  inPlace?: true;
  backup?: true;
  verify: boolean;
  /** Files with a failing blob take the others. */
  takeGood?: true;
  json?: true;
}

/** `rewrap reencrypt PATH… --to KEY (--out DIR | --in-place)`. */
export async function reencrypt(paths: readonly string[], flags: ReencryptFlags): Promise<number> {
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async (client, onEvent) => {
    await remindOfUnfinished(client);
    const { blobs, unreadable } = await takeIn(client, paths);
    if (blobs.length === 0) {
      console.error('rewrap: no ciphertext found in what was given; nothing was changed');
      if (flags.json) console.log(JSON.stringify({ run: null, blobs: [] }, null, 2));
      return BAD_INPUT;
    }
    await connectDestination(client, flags);
    const request = await asRequest(client, flags, blobs);
    if (flags.estimate) {
      const found = await estimated(client, request, flags.rate ?? null);
      console.log(
        flags.json ? JSON.stringify(found, null, 2) : estimateLines(found, request.route).join('\n'),
      );
      return unreadable ? BAD_INPUT : OK;
    }
    if (flags.checkPermissions) {
      const found = await client.page.preflight.permissions(request);
      if (flags.json) console.log(JSON.stringify(found, null, 2));
      return flags.json ? permissionsCode(found) : printPermissions(found);
    }
    const line = progressLine(process.stderr, flags.json === true);
    const { runId } = await client.page.runs.start(request);
    const summary = await finished(client, onEvent, runId, line.show);
    line.clear();
    const items = await allItems(client, runId);
    const files = new Map(blobs.map(({ row, file }) => [row.id, file]));
    const named = items.map((item) => asNamed(item, files, flags.inPlace === true));
    if (flags.json) console.log(JSON.stringify({ run: summary, blobs: named }, null, 2));
    else print(summary, named, flags.inPlace === true);
    const code = ended(summary, items, flags);
    return code === OK && unreadable ? BAD_INPUT : code;
  });
}

async function asRequest(
  { page, host }: Client,
  flags: ReencryptFlags,
  blobs: Listed[],
): Promise<RunRequest> {
  const destination = flags.toAlgorithm ?? (await destinationAlgorithm(page, flags));
  const output: RunRequest['output'] =
    flags.out === undefined
      ? { mode: 'in-place', backup: flags.backup === true }
      : { mode: 'folder', folderToken: (await host.output.addFolder({ path: flags.out })).token };
  return {
    blobIds: blobs.map(({ row }) => row.id),
    source: {
      keyId: flags.from ?? null,
      algorithm: flags.fromAlgorithm ?? 'SYMMETRIC_DEFAULT',
      context: flags.context === undefined ? { mode: 'declared' } : { mode: 'given', context: flags.context },
    },
    destination: {
      keyId: flags.to,
      algorithm: destination,
      context: destinationContext(flags),
    },
    grantTokens: flags.grantToken ?? [],
    output,
    route: routeOf(flags),
    verify: flags.verify,
    onFailure: flags.takeGood ? 'take-good' : 'hold-back',
    dryRun: flags.dryRun === true,
  };
}

function destinationContext({ toContext, addContext, removeContext }: ReencryptFlags): ContextChoice {
  if (toContext !== undefined) return { mode: 'given', context: toContext };
  if (addContext === undefined && removeContext === undefined) return { mode: 'same' };
  return { mode: 'changed', add: addContext ?? {}, remove: removeContext ?? [] };
}

/** The strongest algorithm that the destination has. A key that may not be described is taken for symmetric. */
export async function destinationAlgorithm(
  page: Client['page'],
  flags: Pick<ReencryptFlags, 'to' | 'decryptHere'>,
): Promise<EncryptionAlgorithm> {
  try {
    const side = routeOf(flags) === 'reencrypt' ? 'source' : 'destination';
    const key = await page.keys.describe({ keyId: flags.to, side });
    if (key.algorithms.length === 0 || key.algorithms.includes('SYMMETRIC_DEFAULT'))
      return 'SYMMETRIC_DEFAULT';
    if (key.algorithms.includes('RSAES_OAEP_SHA_256')) return 'RSAES_OAEP_SHA_256';
    return key.algorithms[0] ?? 'SYMMETRIC_DEFAULT';
  } catch (error) {
    if (error instanceof FaultError && error.fault.code.startsWith('AccessDenied'))
      return 'SYMMETRIC_DEFAULT';
    throw error;
  }
}

const waitingFor = ({ fault }: RunSummary): string =>
  `rewrap: ${fault?.code ?? 'no answer'}: there is no way to KMS; waiting for it up to five minutes (Ctrl-C stops safely)`;

/** Names runs that were cut off: what they left is not forgotten. */
export async function remindOfUnfinished({ page }: Client): Promise<void> {
  const { runs } = await page.runs.list({});
  for (const { id, startedAt, status, elsewhere } of runs)
    if (status === 'unfinished' && elsewhere === null)
      console.error(`rewrap: run ${id} of ${startedAt} was cut off: rewrap runs resume, undo or close ${id}`);
}

/**
 * Held back by what only a person can mend: expired credentials, a network that stays gone. Whatever renews itself (SSO,
 * a credential process, a role) was renewed and tried before.
 */
const isHeld = ({ status, fault }: RunSummary): boolean => status === 'paused' && fault !== null;

/**
 * Waits for the run's end, or until it is held back: nobody is there to wait for, and the engine keeps it for later when
 * it closes. Ctrl-C stops it safely: files not complete stay as they were.
 */
export async function finished(
  { page }: Client,
  onEvent: (listener: (name: string, payload: unknown) => void) => () => void,
  runId: string,
  show: (summary: RunSummary) => void,
): Promise<RunSummary> {
  const stop = () => void page.runs.cancel({ runId });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    return await new Promise<RunSummary>((resolve, reject) => {
      let waiting = false;
      const look = (summary: RunSummary) => {
        if (summary.id !== runId) return;
        show(summary);
        if ((summary.status === 'waiting') !== waiting) {
          waiting = !waiting;
          if (waiting) console.error(waitingFor(summary));
          else if (summary.status === 'running') console.error('rewrap: KMS answers again');
        }
        if (summary.finishedAt === null && !isHeld(summary)) return;
        unsubscribe();
        resolve(summary);
      };
      const unsubscribe = onEvent((name, payload) => {
        if (name === 'runProgress') look(payload as RunSummary);
      });
      // It may have ended before the subscription.
      page.runs.get({ runId }).then(look, reject);
    });
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function allItems({ page }: Client, runId: string): Promise<RunItem[]> {
  const items: RunItem[] = [];
  for (;;) {
    const next = await page.runs.items({ runId, offset: items.length, limit: 5000, only: 'all' });
    items.push(...next.items);
    if (next.items.length === 0 || items.length >= next.total) return items;
  }
}

const HAPPENED =
  'Decrypted here, encrypted there: what KMS decrypted was in the memory of a child process of this machine, which ended with the run.';
const TRIED =
  'The real run decrypts here and encrypts there: plaintext will be in the memory of a child process of this machine.';
/** Prints what came of a run; the exit code. */
export async function report(
  client: Client,
  summary: RunSummary,
  flags: ConnectionFlags & { readonly json?: true },
  inPlace: boolean,
): Promise<number> {
  const items = (await allItems(client, summary.id)).map(({ blobId: _, ...item }) => item);
  if (flags.json) console.log(JSON.stringify({ run: summary, blobs: items }, null, 2));
  else print(summary, items, inPlace);
  return ended(summary, items, flags);
}

/** The exit code; how to go on with a run that keeps its place is said on standard error. */
function ended(
  run: RunSummary,
  items: readonly Pick<RunItem, 'state'>[],
  connection: ConnectionFlags,
): number {
  if (!isHeld(run))
    return items.every(({ state }) => state !== 'failed' && state !== 'skipped') ? OK : SOME_FAILED;
  const { waiting, running, total } = run.counts;
  console.error(
    `rewrap: run ${run.id} stopped and keeps its place: ${waiting + running} of ${total} blobs are left; each file is wholly old or wholly new`,
  );
  console.error(
    `rewrap: once that is mended, go on with: rewrap runs resume ${run.id}${connectionArguments(connection)}`,
  );
  return KEPT_FOR_LATER;
}

type Named = Omit<RunItem, 'blobId'>;

/** The item with its file as the person named it; a blob replaced in place is in that very file. */
function asNamed({ blobId, ...item }: RunItem, files: ReadonlyMap<string, string>, inPlace: boolean): Named {
  const file = files.get(blobId) ?? item.file;
  return { ...item, file, output: inPlace && item.output !== null ? file : item.output };
}

function print(run: RunSummary, items: readonly Named[], inPlace: boolean): void {
  for (const item of items) {
    // Of a run that keeps its place these come later.
    if (item.state === 'waiting' || item.state === 'running') continue;
    const name = safe(item.place === '' ? item.file : `${item.file} · ${item.place}`);
    if (item.fault !== null) {
      console.error(`${name}: ${item.state}: ${item.fault.code}`);
      console.error(faultLines(item.fault));
    } else if (item.state === 'would-succeed') console.log(`${name}: would be re-encrypted`);
    else if (inPlace) console.log(`${name}: re-encrypted in place`);
    else console.log(`${name}: re-encrypted${item.output === null ? '' : ` → ${safe(item.output)}`}`);
    for (const note of item.notes) console.error(`  ${safe(note)}`);
  }
  const { succeeded, failed, skipped } = run.counts;
  const verb = run.dryRun ? 'would be re-encrypted (dry run: nothing was changed)' : 're-encrypted';
  console.log(`${succeeded} ${verb}, ${failed} failed, ${skipped} skipped · ${run.connection}`);
  if (run.route === 'decrypt-encrypt') console.log(run.dryRun ? TRIED : HAPPENED);
  if (run.fault !== null) console.error(faultLines(run.fault, ''));
  if (run.retry !== null)
    console.error(`rewrap: what is left can be tried again: rewrap runs retry ${run.id}`);
}

/** Ways to say the destination's context that exclude each other. */
export function checkContexts({ toContext, addContext, removeContext }: ReencryptFlags): void {
  const bad = (message: string) => new FaultError(fault('BadUsage', message, '', ''));
  if (toContext !== undefined && (addContext !== undefined || removeContext !== undefined))
    throw bad('Give either --to-context, which replaces, or --add-context and --remove-context.');
  const both = removeContext?.find((key) => addContext !== undefined && Object.hasOwn(addContext, key));
  if (both !== undefined) throw bad(`The context key ${JSON.stringify(both)} is both added and removed.`);
}

/** Which of `--out` and `--in-place`: exactly one, but for what writes nothing. */
export function checkOutput(flags: ReencryptFlags): void {
  if (flags.out !== undefined && flags.inPlace)
    throw new FaultError(fault('BadUsage', 'Give either --out DIR or --in-place, not both.', '', ''));
  if (
    flags.out === undefined &&
    !flags.inPlace &&
    !flags.dryRun &&
    !flags.estimate &&
    !flags.checkPermissions
  )
    throw new FaultError(
      fault(
        'BadUsage',
        'Say where the new ciphertext goes: --out DIR, or --in-place to replace the files.',
        '',
        '',
      ),
    );
}
