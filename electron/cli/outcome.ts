import type { RunItem, RunSummary } from '#shared/model/run.ts';
import type { Client } from './client.ts';
import { type ConnectionFlags, connectionArguments } from './options.ts';
import { KEPT_FOR_LATER, OK, SOME_FAILED } from './session.ts';
import { faultLines, safe, shellFault } from './text.ts';

const waitingFor = ({ fault }: RunSummary): string =>
  `rewrap: ${fault?.code ?? 'no answer'}: there is no way to KMS; waiting for it up to five minutes (Ctrl-C stops safely)`;

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

/** Prints what came of a run; the exit code. `files`: of blobs, as the person named them. */
export async function report(
  client: Client,
  run: RunSummary,
  flags: ConnectionFlags & { readonly json?: true },
  inPlace: boolean,
  files: ReadonlyMap<string, string> = new Map(),
): Promise<number> {
  const allWell = await printRun(client, run, flags.json === true, inPlace, files);
  return ended(run, allWell, flags);
}

/** Prints each blob of a run, and its end; whether every blob is as it was to be. */
export async function printRun(
  client: Client,
  run: RunSummary,
  json: boolean,
  inPlace: boolean,
  files: ReadonlyMap<string, string> = new Map(),
): Promise<boolean> {
  let allWell = true;
  let first = true;
  if (json) process.stdout.write(`{\n  "run": ${indented(run, 1)},\n  "blobs": [`);
  for await (const item of itemsOf(client, run.id)) {
    if (item.state === 'failed' || item.state === 'skipped') allWell = false;
    const named = asNamed(item, files, inPlace);
    if (!json) print(named, inPlace);
    else process.stdout.write(`${first ? '' : ','}\n    ${indented(named, 2)}`);
    first = false;
  }
  if (json) process.stdout.write(`${first ? '' : '\n  '}]\n}\n`);
  else printEnd(run);
  return allWell;
}

/** As `JSON.stringify` writes it inside a document. */
const indented = (value: unknown, depth: number): string =>
  JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth)}`);

/** The exit code; how to go on with a run that keeps its place is said on standard error. */
function ended(run: RunSummary, allWell: boolean, connection: ConnectionFlags): number {
  if (!isHeld(run)) return allWell ? OK : SOME_FAILED;
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
function asNamed({ blobId, ...of }: RunItem, files: ReadonlyMap<string, string>, inPlace: boolean): Named {
  const item = { ...of, fault: of.fault === null ? null : shellFault(of.fault) };
  const file = files.get(blobId);
  return file === undefined
    ? item
    : { ...item, file, output: inPlace && item.output !== null ? file : item.output };
}

function print(item: Named, inPlace: boolean): void {
  // Of a run that keeps its place these come later.
  if (item.state === 'waiting' || item.state === 'running') return;
  const name = safe(item.place === '' ? item.file : `${item.file} · ${item.place}`);
  if (item.fault !== null) {
    console.error(`${name}: ${item.state}: ${item.fault.code}`);
    console.error(faultLines(item.fault));
  } else if (item.state === 'would-succeed') console.log(`${name}: would be re-encrypted`);
  else if (inPlace) console.log(`${name}: re-encrypted in place`);
  else console.log(`${name}: re-encrypted${item.output === null ? '' : ` → ${safe(item.output)}`}`);
  for (const note of item.notes) console.error(`  ${safe(note)}`);
}

function printEnd(run: RunSummary): void {
  const { succeeded, failed, skipped } = run.counts;
  const verb = run.dryRun ? 'would be re-encrypted (dry run: nothing was changed)' : 're-encrypted';
  console.log(`${succeeded} ${verb}, ${failed} failed, ${skipped} skipped · ${run.connection}`);
  if (run.route === 'decrypt-encrypt') console.log(run.dryRun ? TRIED : HAPPENED);
  if (run.fault !== null) console.error(faultLines(run.fault, ''));
  if (run.retry !== null)
    console.error(`rewrap: what is left can be tried again: rewrap runs retry ${run.id}`);
}
