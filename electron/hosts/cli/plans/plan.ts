import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { count, plural } from '#shared/format.ts';
import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { diffPlans, type PlanTerms, planText } from '#shared/model/plan.ts';
import { type Rule, ruleText } from '#shared/model/rule.ts';
import type { Pace, RunMode } from '#shared/model/run.ts';
import { writePrivate } from '../../../core/storage/private.ts';
import { openPlan, openShard, readShards, readWholePlan, shardPath } from '../../../services/plans/index.ts';
import type { Client } from '../client.ts';
import { BAD_INPUT, OK } from '../exit-code.ts';
import { isPiped } from '../input/piped.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from '../options.ts';
import { finished, reportRun } from '../output/outcome.ts';
import { progressLine, progressLines } from '../output/progress.ts';
import { note, warn } from '../output/say.ts';
import { safe } from '../output/text.ts';
import {
  checkContexts,
  destinationAlgorithm,
  destinationContext,
  remindOfUnfinished,
} from '../runs/reencrypt.ts';
import { ingestPaths, withEngine } from '../session.ts';
import { isLarge, largeRun, OUTGROWN, shardCommand, streamPlan } from './plan-stream.ts';
import { type RunShardFlags, runShard } from './run-shard.ts';
import { shardIndexOf } from './shard-index.ts';

/** ARN of a key; an alias may be another key tomorrow. */
const KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/[^/]+$/;

interface PlanFlags extends ConnectionFlags {
  to?: string;
  from?: string;
  fromAlgorithm?: EncryptionAlgorithm;
  toAlgorithm?: EncryptionAlgorithm;
  context?: EncryptionContext;
  toContext?: EncryptionContext;
  toNoContext?: true;
  addContext?: EncryptionContext;
  removeContext?: string[];
  mode?: RunMode;
  rule?: Rule[];
  out?: string;
  backup: boolean;
  verify: boolean;
  takeGood?: true;
  evenIfThere?: true;
  allowPossiblePlaintext?: true;
  emulatorBlobs?: true;
  concurrency?: number;
  rate?: number;
  output?: string;
}

/** `rewrap plan PATH… [--rule NAME=VALUE…] --to KEY [-o FILE]`: writes down what a run would do; sends nothing. */
export async function plan(paths: readonly string[], flags: PlanFlags): Promise<number> {
  const { to } = flags;
  if (to === undefined || paths.length === 0)
    throw new FaultError(
      fault('BadUsage', 'Say which files, and the destination key: rewrap plan PATH… --to KEY.', '', ''),
    );
  checkContexts(flags);
  const piped = paths.find(isPiped);
  if (piped !== undefined)
    throw new FaultError(
      fault(
        'BadUsage',
        `A plan cannot name ${piped}: it comes through a pipe.`,
        'A plan names files that are read again when it is run.',
        'Save it as a file and name that, or use rewrap reencrypt.',
      ),
    );
  const needed = kmsNeeded(to, flags.toAlgorithm);
  const rules = flags.rule ?? [];
  const connection = connectionFor(needed, rules, flags);
  let connected = false;
  const written = withEngine(connection, async (client) => {
    connected = true;
    const terms = await termsOf(client, to, flags);
    const root = process.cwd();
    const named = (path: string): string => below(root, path);
    const { output } = flags;
    const large = output !== undefined && isLarge(paths, rules);
    const made = large
      ? await streamPlan(client, paths, { output, terms, named })
      : await planWhole(client, paths, rules, { output, terms, named, connected: connection !== null });
    if (made === null) {
      warn('no blob that KMS can re-encrypt is chosen by these rules; no plan was made');
      return BAD_INPUT;
    }
    const of =
      made.of === null ? plural(made.blobs, 'blob') : `${count(made.blobs)} of ${plural(made.of, 'blob')}`;
    note(
      `${of} in ${plural(made.files, 'file')}${output === undefined ? '' : `; run with: rewrap run ${output}`}`,
    );
    if (made.blobs > OUTGROWN && output !== undefined)
      note(`that is hours of one process; to use more: ${shardCommand(output)}`);
    if (connection === null) note(NOT_ASKED);
    return made.unreadable ? BAD_INPUT : OK;
  });
  return written.catch((error: unknown) => {
    if (needed !== null && !connected) warn(needed);
    throw error;
  });
}

/** A plan in one document, of what is chosen of the whole list; null: nothing is. Throws FaultError `PlanNotSaved`. */
async function planWhole(
  client: Client,
  paths: readonly string[],
  rules: readonly Rule[],
  how: { output: string | undefined; terms: PlanTerms; named: (path: string) => string; connected: boolean },
): Promise<{ files: number; blobs: number; of: number; unreadable: boolean } | null> {
  const { blobs, unreadable } = await ingestPaths(client, paths);
  const { blobIds: picked, notes } = await client.page.plans.select({
    rules: fromRoot(rules),
    ...(how.terms.emulatorBlobs === true ? { emulatorBlobs: true } : {}),
  });
  for (const gap of notes) warn(safe(gap));
  if (!how.connected && rules.some(({ name }) => name === 'key')) note(KEYS_NOT_ASKED);
  if (picked.length === 0) return null;
  const { files } = await client.host.plans.plannedFiles({ blobIds: picked });
  const text = planText({
    ...how.terms,
    files: files.map((file) => ({ ...file, path: how.named(file.path) })),
  });
  if (how.output === undefined) process.stdout.write(text);
  else await save(how.output, text);
  return { files: files.length, blobs: picked.length, of: blobs.length, unreadable };
}

/** What the plan says beside its files. */
async function termsOf({ page }: Client, to: string, flags: PlanFlags): Promise<PlanTerms> {
  return {
    rewrapPlan: 1,
    createdAt: new Date().toISOString(),
    mode: flags.mode ?? 'change-key',
    root: process.cwd(),
    source: {
      keyId: flags.from ?? null,
      algorithm: flags.fromAlgorithm ?? 'SYMMETRIC_DEFAULT',
      context: flags.context === undefined ? { mode: 'declared' } : { mode: 'given', context: flags.context },
    },
    destination: {
      keyId: to,
      algorithm: flags.toAlgorithm ?? (await destinationAlgorithm(page, { to })),
      context: destinationContext(flags),
    },
    output:
      flags.out === undefined
        ? { mode: 'in-place', backup: flags.backup }
        : { mode: 'folder', folder: resolve(flags.out) },
    verify: flags.verify,
    onFailure: flags.takeGood ? 'take-good' : 'hold-back',
    pace: pace(flags),
    ...(flags.evenIfThere ? { evenIfThere: true } : {}),
    ...(flags.allowPossiblePlaintext ? { allowPossiblePlaintext: true } : {}),
    ...(flags.emulatorBlobs ? { emulatorBlobs: true } : {}),
    rules: (flags.rule ?? []).map(ruleText),
  };
}

const NOT_ASKED =
  'KMS was not asked: whether the key exists, takes this algorithm and may be used, `rewrap run PLAN --dry-run` says';

const KEYS_NOT_ASKED =
  'KMS was not asked which blobs are under that key: they are chosen by what the files say and by what KMS said before; name a connection (--profile, --region or --practice) to have it asked';

/** What choices by key or finding may ask of KMS is asked only where a connection is named. */
const ASKING: ReadonlySet<Rule['name']> = new Set(['key', 'finding']);

/** The connection of a plan; null: none is needed. `needed`: of {@link kmsNeeded}. */
export function connectionFor(
  needed: string | null,
  rules: readonly Rule[],
  flags: ConnectionFlags,
): ConnectionChoice | null {
  const named = connectionChoice(flags);
  if (needed !== null) return named ?? AWS_DEFAULT;
  return rules.some(({ name }) => ASKING.has(name)) ? named : null;
}

/** Why a plan to this key cannot be made without a connection; null where it can. */
export function kmsNeeded(to: string, algorithm: EncryptionAlgorithm | undefined): string | null {
  const arn = KEY_ARN.test(to);
  if (arn && algorithm !== undefined) return null;
  return arn
    ? `the plan needs KMS to say which algorithms ${safe(to)} has; with --to-algorithm it needs no connection`
    : `the plan needs KMS to say which key ${safe(to)} is; with a key ARN and --to-algorithm it needs no connection`;
}

/** `rewrap plan diff A B`: what differs; exit code 1 when anything does, as `diff` has it. */
export async function planDiff(a: string, b: string): Promise<number> {
  const changes = diffPlans(await readWholePlan(a), await readWholePlan(b));
  const MARK = { setting: '~', added: '+', removed: '-', changed: '!' } as const;
  for (const { what, text } of changes) console.log(`${MARK[what]} ${safe(text)}`);
  return changes.length === 0 ? 0 : 1;
}

interface RunFlags extends RunShardFlags {
  workers?: number;
  dryRun?: true;
}

/** `rewrap run PLAN`: does what the plan says; of a folder of shards one of them. */
export async function runPlanFile(path: string, flags: RunFlags): Promise<number> {
  if (isFolder(path)) {
    refuseWorkers(flags);
    if (flags.dryRun !== true) return runShard(path, flags);
    const manifest = readShards(path);
    const index = shardIndexOf(flags, manifest.count, process.env);
    await openShard(path, manifest, index);
    return runOnePlan(shardPath(path, index), flags);
  }
  refuseShardFlags(flags);
  return runOnePlan(path, flags);
}

/** Throws FaultError `BadUsage` for what is for a folder of shards alone. */
function refuseShardFlags({ index, indexFromEnv, shards, state, lease }: RunFlags): void {
  if ([index, indexFromEnv, shards, state, lease].every((flag) => flag === undefined)) return;
  throw new FaultError(
    fault(
      'BadUsage',
      '--index, --index-from-env, --shards, --state and --lease are for a folder of shards.',
      'This is a plan.',
      'Make shards with: rewrap plan shard PLAN --shards N -o DIR',
    ),
  );
}

/** Throws FaultError `BadUsage`. */
function refuseWorkers({ workers }: RunFlags): void {
  if (workers === undefined) return;
  throw new FaultError(
    fault(
      'BadUsage',
      '--workers is for a plan.',
      'This is a folder of shards, each of which is done by one process.',
      'Start several shards at the same time, or run the whole plan: rewrap run PLAN --workers N',
    ),
  );
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Of a plan that comes through a pipe, which gives it once, a copy is run: it is read several times. */
async function runOnePlan(path: string, flags: RunFlags): Promise<number> {
  if (!isPiped(path)) return runPlanAt(path, flags);
  const folder = mkdtempSync(join(tmpdir(), 'rewrap-plan-'));
  try {
    const copy = join(folder, basename(path));
    await save(copy, planText(await readWholePlan(path)));
    return await runPlanAt(copy, flags);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runPlanAt(path: string, flags: RunFlags): Promise<number> {
  const { terms, totals } = await openPlan(path);
  const large = largeRun(path, terms, totals);
  if (large !== null) note(large);
  const inPlace = terms.output.mode === 'in-place';
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async (client, onEvent) => {
    await remindOfUnfinished(client);
    const lines = flags.progress === 'jsonl' ? progressLines(process.stderr) : null;
    const line = lines ?? progressLine(process.stderr);
    const root = flags.root === undefined ? null : resolve(flags.root);
    const { runId } = await client.host.plans.runPlan({
      path: resolve(path),
      root,
      dryRun: flags.dryRun === true,
      ...(flags.evenIfThere ? { evenIfThere: true } : {}),
      grantTokens: flags.grantToken ?? [],
      ...(flags.workers === undefined ? {} : { processes: flags.workers }),
    });
    const ended = await finished(client, onEvent, runId, line.show);
    line.clear();
    const code = await reportRun(client, ended, flags, inPlace);
    lines?.end(code);
    return code;
  });
}

/** Rules of paths that start here or above name them from the root: a list knows its files so. */
const fromRoot = (rules: readonly Rule[]): Rule[] =>
  rules.map(({ name, value }) => ({
    name,
    value:
      name === 'path' && /^\.{1,2}(?:$|[\\/])/.test(value) ? resolve(value).replaceAll('\\', '/') : value,
  }));

function pace({ concurrency, rate }: PlanFlags): Pace {
  return { concurrency: concurrency ?? null, perSecond: rate ?? null };
}

/** A path below the plan's root by its way from there; any other by its absolute one. */
function below(root: string, path: string): string {
  const way = relative(root, path);
  return way.startsWith('..') || isAbsolute(way) ? path : way.split(sep).join('/');
}

async function save(path: string, text: string): Promise<void> {
  try {
    writePrivate(path, text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new FaultError(
      fault('PlanNotSaved', `The plan could not be written to ${path}.`, `The system says ${code}.`, ''),
    );
  }
}
