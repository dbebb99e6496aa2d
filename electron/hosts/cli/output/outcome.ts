import { count, plural } from '#shared/format.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { SkippedFile } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import { toFault } from '../../../bridge/index.ts';
import { recordPath } from '../../../core/intake/index.ts';
import type { Client } from '../client.ts';
import { counted, type EndingSignal, KEPT_FOR_LATER, runExitCode, type Unwell } from '../exit-code.ts';
import { type ConnectionFlags, connectionArguments } from '../options.ts';
import { stoppedBySignals } from '../signals.ts';
import { mannerNow, note, painted, report as say, warn } from './say.ts';
import { alreadyPrinted, faultLines, safe, shellFault } from './text.ts';

const waitingFor = ({ fault }: RunSummary): string =>
  `${fault?.code ?? 'no answer'}: there is no way to KMS; waiting for it up to five minutes (Ctrl-C stops safely)`;

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
 * not complete stay as they were. `once`: what it reads or writes is a stream, which a later start would not have: it is cancelled
 * instead of put off.
 */
export async function finished(
  { page, host }: Client,
  onEvent: (listener: (name: string, payload: unknown) => void) => () => void,
  runId: string,
  show: (summary: RunSummary) => void,
  once = false,
): Promise<Finished> {
  let by: EndingSignal | null = null;
  let held: Fault | null = null;
  const putOff = Promise.withResolvers<RunSummary>();
  const stop = (signal: EndingSignal) => {
    by = signal;
    // Of a run that is being cancelled already, putting it off cuts the requests that KMS holds once their time is up.
    if (signal === 'SIGINT' || once)
      page.runs
        .cancel({ runId })
        .then(() => host.runs.suspend({ runId }))
        .catch(putOff.reject);
    else host.runs.suspend({ runId }).then(putOff.resolve, putOff.reject);
  };
  const ended = new Promise<RunSummary>((resolve, reject) => {
    let waiting = false;
    let died = 0;
    let followed = 0;
    const look = (summary: RunSummary) => {
      if (summary.id !== runId) return;
      show(summary);
      if ((summary.workers?.died ?? 0) > died) {
        died = summary.workers?.died ?? 0;
        warn('a process of the run died');
      }
      if ((summary.workers?.followed ?? 0) > followed) {
        followed = summary.workers?.followed ?? 0;
        warn('another process takes its place');
      }
      if ((summary.status === 'waiting') !== waiting) {
        waiting = !waiting;
        if (waiting) warn(waitingFor(summary));
        else if (summary.status === 'running') warn('KMS answers again');
      }
      if (summary.finishedAt === null && !isHeld(summary)) return;
      if (summary.finishedAt === null && once) {
        if (held !== null) return;
        held = summary.fault;
        page.runs.cancel({ runId }).catch(reject);
        return;
      }
      unsubscribe();
      if (summary.finishedAt !== null) return resolve({ ...summary, fault: summary.fault ?? held });
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
export async function* itemsOf(
  { page }: Client,
  runId: string,
  only: 'all' | 'failed' = 'all',
): AsyncGenerator<RunItem> {
  for (let offset = 0; ; ) {
    const { items, total } = await page.runs.items({ runId, offset, limit: 200, only });
    yield* items;
    offset += items.length;
    if (items.length === 0 || offset >= total) return;
  }
}

const HAPPENED =
  'Decrypted here, encrypted there: what KMS decrypted was in the memory of a child process of this machine, which ended with the run.';
const TRIED =
  'The real run decrypts here and encrypts there: plaintext will be in the memory of a child process of this machine.';

/** What is printed with a run. */
interface ReportParts {
  /** Files of blobs, as the person named them, by the blob's id. */
  readonly files?: ReadonlyMap<string, string>;
  /** What was skipped on the way in. */
  readonly skipped?: readonly SkippedFile[];
  /** Some of the input could not be read. */
  readonly unreadable?: boolean;
  /** What was read or written is a stream: the run cannot be tried again, or resumed, by its id. */
  readonly once?: boolean;
  /** What to say where KMS found a blob invalid: the context may have been meant otherwise. */
  readonly contextHints?: readonly string[];
}

/** Prints what came of a run; the exit code. */
export async function reportRun(
  client: Client,
  { run, signal }: Finished,
  flags: ConnectionFlags,
  inPlace: boolean,
  parts: ReportParts = {},
): Promise<number> {
  const unwell = await printRun(client, run, inPlace, { ...parts, signal });
  const code = runExitCode({ ...unwell, signal, fault: run.fault, unreadable: parts.unreadable === true });
  if (code === KEPT_FOR_LATER && run.finishedAt === null && parts.once !== true) sayKept(run, flags);
  return code;
}

/**
 * Prints each blob of a run, and its end; how the blobs stand that are not as they were to be. After Ctrl-C (`signal`) only
 * what failed has a line of its own.
 */
export async function printRun(
  client: Client,
  run: RunSummary,
  inPlace: boolean,
  {
    files = new Map(),
    skipped = [],
    contextHints = [],
    once = false,
    signal = null,
  }: ReportParts & Pick<Partial<Finished>, 'signal'> = {},
): Promise<Unwell> {
  const { json } = mannerNow();
  // What stops a command waits for its end: the lines of all others come with the run's, and may be a million.
  const failedOnly = !json && signal !== null && run.finishedAt === null;
  let unwell: Unwell = { failed: 0, passing: 0, left: failedOnly ? leftOf(run) : 0 };
  const tally = new Tally();
  const document = json ? new RunDocument(run, skipped) : null;
  try {
    for await (const item of itemsOf(client, run.id, failedOnly ? 'failed' : 'all')) {
      unwell = counted(unwell, item);
      const named = asNamed(item, files, inPlace);
      tally.add(named);
      if (document !== null) document.add(named);
      else print(named, inPlace, run.fault, signal);
    }
  } catch (error) {
    document?.break(toFault(error));
    throw error;
  }
  document?.end();
  if (document === null) printEnd(run, tally, once);
  if (tally.invalid) for (const hint of contextHints) warn(hint);
  return unwell;
}

/** Blobs that are not final. */
const leftOf = ({ counts }: RunSummary): number => counts.waiting + counts.running;

/** A run as one JSON document, printed as it comes: a large run has more blobs than memory should hold. */
class RunDocument {
  #first = true;

  constructor(run: RunSummary, skipped: readonly SkippedFile[]) {
    process.stdout.write(
      `{\n  "run": ${indented(run, 1)},\n  "skipped": ${indented(skipped, 1)},\n  "blobs": [`,
    );
  }

  add(item: Named): void {
    process.stdout.write(`${this.#first ? '' : ','}\n    ${indented(item, 2)}`);
    this.#first = false;
  }

  end(more = ''): void {
    process.stdout.write(`${this.#first ? '' : '\n  '}]${more}\n}\n`);
  }

  /** The document says itself that it is not whole. */
  break(fault: Fault): void {
    this.end(`,\n  "fault": ${indented(shellFault(fault), 1)}`);
    alreadyPrinted(fault);
  }
}

/** What is said of all blobs of a run together. */
class Tally {
  /** KMS found one invalid, as it does where the context is another. */
  invalid = false;
  /** Blobs that lost their context, by the algorithm that takes none. */
  readonly contextless = new Map<string, number>();
  #record: string | null = null;

  /** Prints where the key and algorithm of a file are recorded, once for each. */
  add({ state, fault, sent, record }: Named): void {
    if (fault?.code === 'InvalidCiphertextException') this.invalid = true;
    if (state !== 'reencrypted' && state !== 'would-succeed') return;
    if (sent?.sourceContext != null && !takesEncryptionContext(sent.destinationAlgorithm))
      this.contextless.set(
        sent.destinationAlgorithm,
        (this.contextless.get(sent.destinationAlgorithm) ?? 0) + 1,
      );
    if (record == null || record === this.#record) return;
    this.#record = record;
    note(`key and algorithm are recorded in ${safe(record)}`);
  }
}

/** As `JSON.stringify` writes it inside a document. */
const indented = (value: unknown, depth: number): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth)}`);

/** How to continue a run that keeps its place. */
function sayKept(run: RunSummary, connection: ConnectionFlags): void {
  const { waiting, running, total } = run.counts;
  warn(
    `run ${run.id} stopped and keeps its place: ${count(waiting + running)} of ${plural(total, 'blob')} ${waiting + running === 1 ? 'is' : 'are'} left; each file is wholly old or wholly new`,
  );
  warn(
    `the same command continues it; or go on with: rewrap runs resume ${run.id}${connectionArguments(connection)}`,
  );
}

type Named = Omit<RunItem, 'blobId'>;

/** An item without the id that only this process knows, with the remedy that a shell has. */
export const itemAsNamed = (item: RunItem): Named => asNamed(item, new Map(), false);

/** The item with its file as the person named it; a blob replaced in place is in that very file, and its record beside it. */
function asNamed({ blobId, ...of }: RunItem, files: ReadonlyMap<string, string>, inPlace: boolean): Named {
  const item = { ...of, fault: of.fault === null ? null : shellFault(of.fault) };
  const file = files.get(blobId);
  if (file === undefined) return item;
  if (!inPlace || item.output === null) return { ...item, file };
  return { ...item, file, output: file, record: item.record == null ? null : recordPath(file) };
}

/** `stopped`: what stopped the run. It is explained at the end, once. `signal`: what ended it. */
function print(item: Named, inPlace: boolean, stopped: Fault | null, signal: EndingSignal | null): void {
  // Of a run that keeps its place these come later.
  if (item.state === 'waiting' || item.state === 'running') return;
  if (signal !== null && (item.state !== 'failed' || item.fault?.code === 'RunStopped')) return;
  const name = safe(item.place === '' ? item.file : `${item.file} · ${item.place}`);
  if (item.fault !== null) {
    const harmless = item.state === 'already';
    const words = harmless
      ? 'already as asked'
      : painted(item.state === 'failed' ? 'bad' : 'doubtful', item.state, process.stderr);
    if (!harmless || !mannerNow().quiet) console.error(`${name}: ${words}: ${item.fault.code}`);
    if (!harmless && !isExplainedBy(item.fault, stopped)) console.error(faultLines(item.fault));
    else if (harmless && item.fault.code !== 'DoneBefore' && !mannerNow().quiet)
      console.error(faultLines(item.fault));
  } else reportBlob(name, item, inPlace);
  for (const line of item.notes) console.error(`  ${safe(line)}`);
}

/** The line of a blob that went well, and with `--verbose` what KMS was asked and said. */
function reportBlob(name: string, item: Named, inPlace: boolean): void {
  if (item.state === 'would-succeed') say(`${name}: would be re-encrypted`);
  else {
    const done = painted('good', 're-encrypted', process.stdout);
    if (inPlace) say(`${name}: ${done} in place`);
    else say(`${name}: ${done}${item.output === null || mannerNow().bytes ? '' : ` → ${safe(item.output)}`}`);
  }
  if (mannerNow().verbose) for (const line of detailLines(item)) say(`  ${line}`);
}

function detailLines({ sent, sourceKeyArn, destinationKeyArn, requestId, backup }: Named): string[] {
  const side = (arn: string | null, asked: string | null, algorithm: string): string =>
    `${safe(arn ?? asked ?? 'not known')} (${algorithm})`;
  return [
    ...(sent === null
      ? []
      : [
          `from    ${side(sourceKeyArn, sent.sourceKeyId, sent.sourceAlgorithm)}`,
          `to      ${side(destinationKeyArn, sent.destinationKeyId, sent.destinationAlgorithm)}`,
        ]),
    ...(requestId === null ? [] : [`request ${safe(requestId)}`]),
    ...(backup === null ? [] : [`backup  ${safe(backup)}`]),
  ];
}

/** Whether the end of the run says all that this fault of a blob would say. */
function isExplainedBy(fault: Fault, stopped: Fault | null): boolean {
  if (stopped === null) return false;
  return fault.code === 'RunStopped' || (fault.code === stopped.code && fault.message === stopped.message);
}

function printEnd(run: RunSummary, { contextless }: Tally, once: boolean): void {
  const reasons = reasonWords(run);
  const { retries = 0 } = run;
  say(
    [
      `${outcomeWords(run)}${reasons === '' ? '' : `; ${reasons}`}${run.dryRun ? ' (dry run: nothing was changed)' : ''}`,
      ...(retries === 0 ? [] : [`${plural(retries, 'request')} sent again`]),
      safe(run.connection),
    ].join(' · '),
  );
  for (const [algorithm, blobs] of contextless)
    warn(
      `${plural(blobs, 'blob')} ${run.dryRun ? 'would lose' : 'lost'} ${blobs === 1 ? 'its' : 'their'} encryption context: ${algorithm} takes none`,
    );
  if (run.method === 'decrypt-encrypt') say(run.dryRun ? TRIED : HAPPENED);
  if (run.fault !== null) console.error(faultLines(run.fault, ''));
  if (run.retry !== null && !once) note(`what is left can be tried again: rewrap runs retry ${run.id}`);
}
