import { plural } from '#shared/format.ts';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import { outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import type { Client } from '../client.ts';
import { NOT_ANSWERED, OK, passes, runExitCode, SOME_FAILED } from '../exit-code.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from '../options.ts';
import { finished, printRun, reportRun } from '../output/outcome.ts';
import { progressLine } from '../output/progress.ts';
import { note, warn } from '../output/say.ts';
import { faultLines, safe } from '../output/text.ts';
import { withEngine } from '../session.ts';
import { checkMethod, connectDestination, type MethodFlags, methodOf } from './method.ts';
import { onwardWays } from './reencrypt.ts';

interface OnwardFlags extends ConnectionFlags, MethodFlags {
  json?: true;
}

interface RetryFlags extends OnwardFlags {
  grantToken?: string[];
  /** False: `--no-grant-tokens`. */
  grantTokens?: boolean;
}

/** `rewrap runs [--limit N] [--json]`: the runs of this machine, newest first. */
export async function listRuns(flags: { limit?: number; json?: true }): Promise<number> {
  return withEngine(null, async ({ page }) => {
    const { runs: all } = await page.runs.list({});
    const runs = all.slice(0, flags.limit);
    if (flags.json) console.log(JSON.stringify(runs, null, 2));
    else if (runs.length === 0) note('there were no runs yet');
    else for (const run of runs) console.log(line(run));
    return OK;
  });
}

/** `rewrap runs resume RUN`: goes on with a run that was cut off, over the connection that it was started against. */
export async function resumeCommand(
  prefix: string,
  flags: OnwardFlags & { grantToken?: string[] },
): Promise<number> {
  return onward(flags, async ({ page, host }, agreed) => {
    const { runId } = await host.runs.named({ prefix });
    await refuseUnagreed(page, runId, agreed);
    await page.runs.resume({ runId, grantTokens: flags.grantToken ?? [] });
    return runId;
  });
}

/** `rewrap runs retry RUN`: a new run of what failed or was not reached. */
export async function retryRun(prefix: string, flags: RetryFlags): Promise<number> {
  return onward(flags, async ({ page, host }, agreed) => {
    const { runId } = await host.runs.named({ prefix });
    await refuseUnagreed(page, runId, agreed);
    const given = flags.grantToken ?? (flags.grantTokens === false ? [] : undefined);
    const tokens = given === undefined ? {} : { grantTokens: given };
    return (await page.runs.retry({ runId, ...tokens })).runId;
  });
}

/** `rewrap runs undo RUN`: originals back from their backups, or new files taken away. */
export async function undoCommand(prefix: string, flags: { json?: true }): Promise<number> {
  return withEngine(null, async ({ page, host }) => {
    const { runId } = await host.runs.named({ prefix });
    const undone = await page.runs.undo({ runId });
    if (flags.json) console.log(JSON.stringify(undone, null, 2));
    else {
      const { restored, left, leftTotal } = undone;
      console.log(
        `Undid run ${runId}: restored ${plural(restored.blobs, 'blob')} in ${plural(restored.files, 'file')}`,
      );
      for (const { file, fault } of left) {
        console.error(`${safe(file)}: left: ${fault.code}`);
        console.error(faultLines(fault));
      }
      if (leftTotal > left.length)
        warn(`… and ${plural(leftTotal - left.length, 'more file', 'more files')} left as found`);
    }
    const passing = undone.left.filter(({ fault }) => passes(fault)).length;
    const failed = undone.leftTotal - passing;
    return runExitCode({ failed, passing, left: 0, signal: null, fault: null, unreadable: false });
  });
}

/** `rewrap runs close RUN`: a run that was cut off is over; files stay as they are, wholly old or wholly new. */
export async function closeRun(prefix: string, flags: { json?: true }): Promise<number> {
  return withEngine(null, async ({ page, host }) => {
    const { runId } = await host.runs.named({ prefix });
    await page.runs.cancel({ runId });
    const closed = await page.runs.get({ runId });
    console.log(flags.json ? JSON.stringify(closed, null, 2) : line(closed));
    return OK;
  });
}

interface CompareFlags extends OnwardFlags {
  /** So many blobs, chosen at random; absent: all. */
  sample?: number;
}

/**
 * `rewrap runs compare RUN`: whether old and new blobs hold the same plaintext. Exit code 1 where some differ, 4 where of
 * some it cannot be said.
 */
export async function compareRun(prefix: string, flags: CompareFlags): Promise<number> {
  if (!flags.acceptPlaintextInMemory)
    throw new FaultError(
      fault(
        'BadUsage',
        'Comparing plaintexts takes them out of KMS.',
        'KMS decrypts each old and each new blob and sends both to this machine, where a child process holds them in memory until they are compared: it writes them nowhere, but a memory dump or swap space could hold them. It takes kms:Decrypt on both keys.',
        'If that is acceptable for this data, add --accept-plaintext-in-memory.',
      ),
    );
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async (client) => {
    await connectDestination(client, flags);
    const { runId } = await client.host.runs.named({ prefix });
    const found = await client.page.runs.compare({ runId, sample: flags.sample ?? null });
    const { of, chosen, equal, different, failed, unavailable, blobs, more } = found;
    if (flags.json) console.log(JSON.stringify(found, null, 2));
    else {
      for (const { file, place, outcome, fault: why } of blobs) {
        console.error(`${safe(file)}${place === '' ? '' : ` ${safe(place)}`}: ${outcome}`);
        if (why !== null) console.error(faultLines(why));
      }
      if (more > 0) warn(`… and ${more} more`);
      const sample = chosen === of ? '' : `, chosen at random of ${of},`;
      console.log(
        `Compared ${plural(chosen, 'blob')}${sample} of run ${runId}: ${equal} equal, ${different} different, ${failed} not decrypted, ${unavailable} not there any more`,
      );
    }
    if (different > 0) return SOME_FAILED;
    return equal === chosen ? OK : NOT_ANSWERED;
  });
}

/** `rewrap runs show RUN`: what became of each of its blobs. */
export async function showRun(prefix: string, flags: { json?: true }): Promise<number> {
  return withEngine(null, async (client) => {
    const { runId } = await client.host.runs.named({ prefix });
    const run = await client.page.runs.get({ runId });
    if (!flags.json) console.log(line(run));
    await printRun(client, run, OUTPUTS[run.output].inPlace);
    return OK;
  });
}

async function onward(
  flags: OnwardFlags,
  begin: (client: Client, agreed: boolean) => Promise<string>,
): Promise<number> {
  checkMethod(flags);
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async (client, onEvent) => {
    await connectDestination(client, flags);
    const progress = progressLine(process.stderr);
    const id = await begin(client, methodOf(flags) === 'decrypt-encrypt');
    const ended = await finished(client, onEvent, id, progress.show);
    progress.clear();
    return reportRun(client, ended, flags, OUTPUTS[ended.run.output].inPlace);
  });
}

/**
 * In a shell the flags are the person's word, given anew each time. Throws FaultError `AgreeAnew`, and `SourceGone` where the
 * command itself must be run again: what it read is gone, or went to standard output.
 */
async function refuseUnagreed({ runs }: Client['page'], runId: string, agreed: boolean): Promise<void> {
  const { method, output, gone } = await runs.get({ runId });
  if (gone !== undefined || output === 'download')
    throw new FaultError(explainOwn('SourceGone', { message: GONE[gone ?? 'output'], remedy: AGAIN }));
  if (method === 'decrypt-encrypt' && !agreed) throw new FaultError(explainOwn('AgreeAnew'));
}

const GONE = {
  stream: `What this run read came through a stream, and is not kept.`,
  copies: 'This run was for a branch, and its copies of the files are removed.',
  output: 'This run wrote to standard output, which a run by its id does not have.',
} as const;
const AGAIN = 'Run the same command again: it begins anew.';

function line(run: RunSummary): string {
  const { id, status, counts, dryRun, startedAt, connection, destinationKeyId, elsewhere } = run;
  const reasons = reasonWords(run);
  const can = onwardWays(run);
  return [
    id,
    startedAt,
    `${dryRun ? 'preflight ' : ''}${status}${elsewhere === null ? '' : ` in process ${elsewhere.pid}`}`,
    `${plural(counts.total, 'blob')}: ${outcomeWords(run)}${reasons === '' ? '' : `; ${reasons}`}`,
    `to ${safe(destinationKeyId)}`,
    safe(connection),
    ...(run.gone === 'copies' ? ['of a branch: its copies are removed'] : []),
    ...(can.length === 0 ? [] : [`can: ${can.join(', ')}`]),
  ].join('  ');
}
