import { join, resolve } from 'node:path';
import { plural } from '#shared/format.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { PlanTerms } from '#shared/model/plan.ts';
import type { RunSummary } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import { outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import { dataDir } from '../../../bridge/engine/index.ts';
import { Attempt, SharedRate, type SharedWork } from '../../../core/rotation/index.ts';
import {
  bindState,
  openShard,
  readShards,
  type ShardManifest,
  shardName,
  shardPath,
  stateNotWritable,
} from '../../../services/plans/index.ts';
import type { Client } from '../client.ts';
import {
  BAD_INPUT,
  counted,
  KEPT_FOR_LATER,
  OK,
  refusedExitCode,
  runExitCode,
  SOME_FAILED,
} from '../exit-code.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from '../options.ts';
import { type Finished, finished, printRun } from '../output/outcome.ts';
import { progressLine, progressLines } from '../output/progress.ts';
import { faultLines, safe } from '../output/text.ts';
import { withEngine } from '../session.ts';
import { type IndexFlags, shardIndexOf } from './shard-index.ts';

export interface RunShardFlags extends ConnectionFlags, IndexFlags {
  root?: string;
  evenIfThere?: true;
  grantToken?: string[];
  json?: true;
  /** Folder that every machine sees; `state` in the folder of shards when not given. */
  state?: string;
  progress?: 'jsonl';
  /** Seconds that a process without a sign of life is left alone, as milliseconds. */
  lease?: number;
}

/** Blobs that failed and are named. */
const NAMED = 20;

/** `rewrap run DIR --index K`: one shard, on whatever machine, as often as its scheduler likes. */
export async function runShard(folder: string, flags: RunShardFlags): Promise<number> {
  const manifest = readShards(folder);
  const index = shardIndexOf(flags, manifest.count, process.env);
  const line =
    flags.progress === 'jsonl' ? progressLines(process.stderr, index) : progressLine(process.stderr);
  let code: number = BAD_INPUT;
  try {
    code = await attemptShard(folder, manifest, index, flags, line);
    return code;
  } catch (error) {
    if (error instanceof FaultError) code = refusedExitCode(error.fault);
    throw error;
  } finally {
    if ('end' in line && typeof line.end === 'function') line.end(code);
  }
}

type Line = ReturnType<typeof progressLine> | ReturnType<typeof progressLines>;

async function attemptShard(
  folder: string,
  manifest: ShardManifest,
  index: number,
  flags: RunShardFlags,
  line: Line,
): Promise<number> {
  const { terms, totals } = await openShard(folder, manifest, index);
  const state = resolve(flags.state ?? join(folder, 'state'));
  bindState(state, manifest);
  const rate = rateOf(state, manifest, index);
  if (totals.files === 0) {
    rate?.end(true);
    console.error(`rewrap: shard ${index} of ${manifest.count} is empty: nothing is to be done`);
    return OK;
  }
  const attempt = await Attempt.begin({
    state: join(state, shardName(index)),
    local: join(dataDir(), 'shards', `${manifest.plan.slice(0, 16)}-${index}`),
    ...(flags.lease === undefined ? {} : { leaseMs: flags.lease }),
  }).catch((error: unknown) => {
    throw isOf(state, error) ? stateNotWritable(state, error) : error;
  });
  let code: number = KEPT_FOR_LATER;
  try {
    await rate?.begin();
    code = await runAttempt({ path: shardPath(folder, index), terms }, attempt, rate, flags, line);
  } finally {
    // Another process may have taken the shard since, and may die yet: what it leaves is for the next start to remove.
    if ((code === OK || code === SOME_FAILED) && !attempt.lease.isHeld()) {
      console.error('rewrap: another process took this shard over');
      code = KEPT_FOR_LATER;
    }
    const done = code === OK || code === SOME_FAILED;
    const kept = await attempt.end(done).then(
      () => true,
      (error: unknown) => {
        sayNotCopied(state, error);
        return false;
      },
    );
    if (!kept) code = KEPT_FOR_LATER;
    rate?.end(done && kept);
  }
  return code;
}

function runAttempt(
  { path, terms }: { readonly path: string; readonly terms: PlanTerms },
  attempt: Attempt,
  rate: SharedRate | null,
  flags: RunShardFlags,
  line: Line,
): Promise<number> {
  const shared: SharedWork = {
    ...(rate === null ? {} : { perSecond: () => rate.share() }),
    begins: (owner, folders) => attempt.begins(owner, folders),
    staged: (file) => attempt.staged(file),
    made: (file, sha256) => attempt.made(file, sha256),
    leftovers: (file) => attempt.leftovers(file),
  };
  const root = flags.root === undefined ? null : resolve(flags.root);
  const { index = 0, count = 1 } = terms.shardOf ?? {};
  return withEngine(
    connectionChoice(flags) ?? AWS_DEFAULT,
    async (client, onEvent) => {
      const { runId } = await client.host.plans.runPlan({
        path: resolve(path),
        root,
        dryRun: false,
        ...(flags.evenIfThere ? { evenIfThere: true } : {}),
        grantTokens: flags.grantToken ?? [],
      });
      const { lost } = attempt.lease;
      const end = await Promise.race([
        finished(client, onEvent, runId, line.show),
        suspendedWhenLost(client, runId, lost),
      ]);
      line.clear();
      return reportShard(client, end, flags, { index, count, lost: lost.aborted });
    },
    { recordsDir: attempt.records, shared },
  );
}

function rateOf(state: string, { perSecond, count }: ShardManifest, index: number): SharedRate | null {
  return perSecond === null
    ? null
    : new SharedRate({ folder: join(state, 'rate'), index, count, total: perSecond });
}

/** Whether the system refused something in the folder; what it refuses elsewhere on this machine is another matter. */
const isOf = (folder: string, error: unknown): boolean =>
  error instanceof Error && 'path' in error && String(error.path).startsWith(folder);

/** The run as it stands when the lease was lost; never resolves while it is held. */
function suspendedWhenLost({ host }: Client, runId: string, lost: AbortSignal): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const suspend = () => {
      host.runs.suspend({ runId }).then((run) => resolve({ run, signal: null }), reject);
    };
    if (lost.aborted) suspend();
    else lost.addEventListener('abort', suspend, { once: true });
  });
}

async function reportShard(
  client: Client,
  { run, signal }: Finished,
  flags: RunShardFlags,
  { index, count: of, lost }: { index: number; count: number; lost: boolean },
): Promise<number> {
  const unwell = flags.json
    ? await printRun(client, run, OUTPUTS[run.output].inPlace)
    : await failures(client, run);
  const code = lost
    ? KEPT_FOR_LATER
    : runExitCode({ ...unwell, signal, fault: run.fault, unreadable: false });
  if (!flags.json) {
    const reasons = reasonWords(run);
    console.log(
      `Shard ${index} of ${of}: ${outcomeWords(run)}${reasons === '' ? '' : `; ${reasons}`} · ${run.connection}`,
    );
    if (run.fault !== null) console.error(faultLines(run.fault, ''));
  }
  if (lost) console.error('rewrap: another process took this shard over');
  else if (code === KEPT_FOR_LATER)
    console.error(`rewrap: shard ${index} keeps its place: the same command continues it`);
  return code;
}

/** Names some of the blobs that failed; counts all. */
async function failures({ page }: Client, run: RunSummary) {
  let unwell = {
    failed: 0,
    passing: 0,
    left: run.counts.waiting + run.counts.running + (run.retry?.missed ?? 0),
  };
  let named = 0;
  for (let offset = 0; ; ) {
    const { items, total } = await page.runs.items({ runId: run.id, offset, limit: 200, only: 'failed' });
    for (const item of items) {
      unwell = counted(unwell, item);
      if (item.fault === null || named++ >= NAMED) continue;
      console.error(
        `${safe(item.place === '' ? item.file : `${item.file} · ${item.place}`)}: ${item.fault.code}`,
      );
      console.error(faultLines(item.fault));
    }
    offset += items.length;
    if (items.length === 0 || offset >= total) break;
  }
  if (named > NAMED)
    console.error(`rewrap: … and ${plural(named - NAMED, 'more blob', 'more blobs')} failed`);
  return unwell;
}

function sayNotCopied(state: string, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
  console.error(
    `rewrap: the record of this shard could not be copied to ${safe(state)}: the system says ${code}`,
  );
  console.error(
    `rewrap: the same command tries it again; on this machine it stands in ${safe(join(dataDir(), 'shards'))}`,
  );
}
