import { count, plural } from '#shared/format.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import type { Client } from './client.ts';
import { counted, type EndingSignal, KEPT_FOR_LATER, runExitCode, type Unwell } from './exit-code.ts';
import { type ConnectionFlags, connectionArguments } from './options.ts';
import { stoppedBySignals } from './signals.ts';
import { faultLines, safe, shellFault } from './text.ts';

const waitingFor = ({ fault }: RunSummary): string =>
  `rewrap: ${fault?.code ?? 'no answer'}: there is no way to KMS; waiting for it up to five minutes (Ctrl-C stops safely)`;

/**
 * Held back by what only a person can repair: expired credentials, a network that stays gone. Whatever renews itself (SSO,
 * a credential process, a role) was renewed and tried before.
 */
const isHeld = ({ status, fault }: RunSummary): boolean => status === 'paused' && fault !== null;

/** A run that ended, or stopped and keeps its place; `signal`: what stopped it. */
export interface Finished {
  readonly run: RunSummary;
  readonly signal: EndingSignal | null;
}

/**
 * Waits for the run's end, or until it is held back, and puts it off then. Ctrl-C cancels it, and SIGTERM puts it off: files
 * not complete stay as they were.
 */
export async function finished(
  { page, host }: Client,
  onEvent: (listener: (name: string, payload: unknown) => void) => () => void,
  runId: string,
  show: (summary: RunSummary) => void,
): Promise<Finished> {
  let by: EndingSignal | null = null;
  const putOff = Promise.withResolvers<RunSummary>();
  const stop = (signal: EndingSignal) => {
    by = signal;
    if (signal === 'SIGINT') void page.runs.cancel({ runId });
    else host.runs.suspend({ runId }).then(putOff.resolve, putOff.reject);
  };
  const ended = new Promise<RunSummary>((resolve, reject) => {
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
      if (summary.finishedAt !== null) return resolve(summary);
      // What was answered before may still be on its way into its file: the figures are those of when it is.
      const { fault } = summary;
      host.runs.suspend({ runId }).then((run) => resolve({ ...run, fault: run.fault ?? fault }), reject);
    };
    const unsubscribe = onEvent((name, payload) => {
      if (name === 'runProgress') look(payload as RunSummary);
    });
    // It may have ended before the subscription.
    page.runs.get({ runId }).then(look, reject);
  });
  const run = await stoppedBySignals(stop, Promise.race([ended, putOff.promise]));
  return { run, signal: by };
}

/** Items of a run, fetched some at a time: a large run has more than memory should hold. */
async function* itemsOf({ page }: Client, runId: string): AsyncGenerator<RunItem> {
  for (let offset = 0; ; ) {
    const { items, total } = await page.runs.items({ runId, offset, limit: 200, only: 'all' });
    yield* items;
    offset += items.length;
    if (items.length === 0 || offset >= total) return;
  }
}

const HAPPENED =
  'Decrypted here, encrypted there: what KMS decrypted was in the memory of a child process of this machine, which ended with the run.';
const TRIED =
  'The real run decrypts here and encrypts there: plaintext will be in the memory of a child process of this machine.';

/**
 * Prints what came of a run; the exit code. `files`: of blobs, as the person named them. `unreadable`: some of the input
 * could not be read.
 */
export async function report(
  client: Client,
  { run, signal }: Finished,
  flags: ConnectionFlags & { readonly json?: true },
  inPlace: boolean,
  { files, unreadable = false }: { files?: ReadonlyMap<string, string>; unreadable?: boolean } = {},
): Promise<number> {
  const unwell = await printRun(client, run, flags.json === true, inPlace, files);
  const code = runExitCode({ ...unwell, signal, fault: run.fault, unreadable });
  if (code === KEPT_FOR_LATER && run.finishedAt === null) sayKept(run, flags);
  return code;
}

/** Prints each blob of a run, and its end; how the blobs stand that are not as they were to be. */
export async function printRun(
  client: Client,
  run: RunSummary,
  json: boolean,
  inPlace: boolean,
  files: ReadonlyMap<string, string> = new Map(),
): Promise<Unwell> {
  let unwell: Unwell = { failed: 0, passing: 0, left: 0 };
  let first = true;
  if (json) process.stdout.write(`{\n  "run": ${indented(run, 1)},\n  "blobs": [`);
  for await (const item of itemsOf(client, run.id)) {
    unwell = counted(unwell, item);
    const named = asNamed(item, files, inPlace);
    if (!json) print(named, inPlace, run.fault);
    else process.stdout.write(`${first ? '' : ','}\n    ${indented(named, 2)}`);
    first = false;
  }
  if (json) process.stdout.write(`${first ? '' : '\n  '}]\n}\n`);
  else printEnd(run);
  return unwell;
}

/** As `JSON.stringify` writes it inside a document. */
const indented = (value: unknown, depth: number): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth)}`);

/** How to go on with a run that keeps its place. */
function sayKept(run: RunSummary, connection: ConnectionFlags): void {
  const { waiting, running, total } = run.counts;
  console.error(
    `rewrap: run ${run.id} stopped and keeps its place: ${count(waiting + running)} of ${plural(total, 'blob')} ${waiting + running === 1 ? 'is' : 'are'} left; each file is wholly old or wholly new`,
  );
  console.error(
    `rewrap: the same command continues it; or go on with: rewrap runs resume ${run.id}${connectionArguments(connection)}`,
  );
}

type Named = Omit<RunItem, 'blobId'>;

/** An item without the id that only this process knows, with the remedy that a shell has. */
export const itemAsNamed = (item: RunItem): Named => asNamed(item, new Map(), false);

/** The item with its file as the person named it; a blob replaced in place is in that very file. */
function asNamed({ blobId, ...of }: RunItem, files: ReadonlyMap<string, string>, inPlace: boolean): Named {
  const item = { ...of, fault: of.fault === null ? null : shellFault(of.fault) };
  const file = files.get(blobId);
  return file === undefined
    ? item
    : { ...item, file, output: inPlace && item.output !== null ? file : item.output };
}

/** `stopped`: what stopped the run. It is explained at the end, once. */
function print(item: Named, inPlace: boolean, stopped: Fault | null): void {
  // Of a run that keeps its place these come later.
  if (item.state === 'waiting' || item.state === 'running') return;
  const name = safe(item.place === '' ? item.file : `${item.file} · ${item.place}`);
  if (item.fault !== null) {
    console.error(
      `${name}: ${item.state === 'already' ? 'already as asked' : item.state}: ${item.fault.code}`,
    );
    if (item.fault.code !== 'DoneBefore' && !isExplainedBy(item.fault, stopped))
      console.error(faultLines(item.fault));
  } else if (item.state === 'would-succeed') console.log(`${name}: would be re-encrypted`);
  else if (inPlace) console.log(`${name}: re-encrypted in place`);
  else console.log(`${name}: re-encrypted${item.output === null ? '' : ` → ${safe(item.output)}`}`);
  for (const note of item.notes) console.error(`  ${safe(note)}`);
}

/** Whether the end of the run says all that this fault of a blob would say. */
function isExplainedBy(fault: Fault, stopped: Fault | null): boolean {
  if (stopped === null) return false;
  return fault.code === 'RunStopped' || (fault.code === stopped.code && fault.message === stopped.message);
}

function printEnd(run: RunSummary): void {
  const reasons = reasonWords(run);
  console.log(
    `${outcomeWords(run)}${reasons === '' ? '' : `; ${reasons}`}${run.dryRun ? ' (dry run: nothing was changed)' : ''} · ${run.connection}`,
  );
  if (run.method === 'decrypt-encrypt') console.log(run.dryRun ? TRIED : HAPPENED);
  if (run.fault !== null) console.error(faultLines(run.fault, ''));
  if (run.retry !== null)
    console.error(`rewrap: what is left can be tried again: rewrap runs retry ${run.id}`);
}
