import { resolve } from 'node:path';
import { faultOfCatalogue } from '#shared/kms/errors.ts';
import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { PermissionChecks } from '#shared/model/plan.ts';
import type { ContextChoice, RunRequest, RunSummary } from '#shared/model/run.ts';
import type { Client } from '../client.ts';
import { BAD_INPUT, OK, SOME_FAILED } from '../exit-code.ts';
import { shorthandHints } from '../input/contexts.ts';
import { isPiped } from '../input/piped.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from '../options.ts';
import { checkFound, checkOneFile, STANDARD_OUTPUT, writeOneFile } from '../output/one-file.ts';
import { finished, itemsOf, reportRun } from '../output/outcome.ts';
import { progressLine } from '../output/progress.ts';
import { setManner, warn } from '../output/say.ts';
import { faultLines, safe } from '../output/text.ts';
import { isUnreadable, takeInNames, withEngine } from '../session.ts';
import { estimated, estimateLines } from './estimate.ts';
import { checkMethod, connectDestination, type MethodFlags, methodOf } from './method.ts';

export interface ReencryptFlags extends ConnectionFlags, MethodFlags, ContextFlags {
  to: string;
  from?: string;
  fromAlgorithm?: EncryptionAlgorithm;
  toAlgorithm?: EncryptionAlgorithm;
  context?: EncryptionContext;
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
  /** Blobs that KMS has shown to be as asked are sent, too. */
  evenIfThere?: true;
  /** Files are copied in which a value beside a blob may be its plaintext. */
  allowPossiblePlaintext?: true;
  /** Blobs that an emulator of KMS made are sent, too. */
  emulatorBlobs?: true;
  json?: true;
  /** With a branch alone: the text of a pull request, and the key's name in configurations of SOPS. */
  bodyFile?: string;
  sopsConfig?: true;
}

/** A run that has ended, for what goes on with its files. */
export interface EndedRun {
  readonly client: Client;
  readonly runId: string;
  readonly method: RunRequest['method'];
  /** Exit code by the run alone. */
  readonly code: number;
  readonly unreadable: boolean;
  /** Files that could not be read, as they are shown. */
  readonly unread: readonly { readonly path: string; readonly why: string }[];
  /** All blobs of it. */
  readonly blobs: number;
  /** Those that were re-encrypted, with the ARNs of their keys. */
  readonly moved: readonly {
    readonly path: string;
    readonly source: string | null;
    readonly destination: string | null;
  }[];
}

/** What another command does around a run. */
interface AroundRun {
  /** The name of a file that is shown, by the one that the paths give it. */
  readonly shown: (name: string) => string;
  /** Before anything is read. */
  readonly begun: (client: Client) => Promise<void>;
  /** Goes on with the files; the exit code of the command. */
  readonly ended: (run: EndedRun) => Promise<number>;
}

/** `rewrap reencrypt PATH… --to KEY (--out DIR | --in-place)`. */
export async function reencryptCommand(
  paths: readonly string[],
  flags: ReencryptFlags,
  around?: AroundRun,
): Promise<number> {
  if (around === undefined && (flags.bodyFile !== undefined || flags.sopsConfig))
    throw new FaultError(
      fault(
        'BadUsage',
        '--body-file and --sops-config go with --git-branch.',
        '',
        'Name the branch: --git-branch NAME.',
      ),
    );
  checkOutput(paths, flags);
  checkContexts(flags);
  checkMethod(flags);
  for (const hint of [
    ...shorthandHints('--to-context', flags.toContext),
    ...shorthandHints('--add-context', flags.addContext),
  ])
    warn(hint);
  const toStdout = flags.out === STANDARD_OUTPUT;
  if (around === undefined) setManner({ bytes: toStdout });
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async (client, onEvent) => {
    await around?.begun(client);
    await remindOfUnfinished(client);
    const { files, skipped, unreadable } = await takeInNames(client, paths, around?.shown);
    if (files.size === 0) {
      warn('no ciphertext found in what was given; nothing was changed');
      if (flags.json) console.log(JSON.stringify({ run: null, skipped, blobs: [] }, null, 2));
      return BAD_INPUT;
    }
    if (toStdout) await checkFound(client, files);
    await connectDestination(client, flags);
    const request = await asRequest(client, flags, [...files.keys()]);
    if (flags.estimate) {
      const found = await estimated(client, request, flags.rate ?? null);
      console.log(
        flags.json ? JSON.stringify(found, null, 2) : estimateLines(found, request.method).join('\n'),
      );
      return unreadable ? BAD_INPUT : OK;
    }
    if (flags.checkPermissions) {
      const found = await client.page.preflight.permissions(request);
      if (flags.json) console.log(JSON.stringify(found, null, 2));
      return flags.json ? permissionsCode(found) : printPermissions(found);
    }
    const line = progressLine(process.stderr);
    // What came through a pipe cannot be named again, and a file on standard output is not there to be found done.
    const once = toStdout || paths.some(isPiped);
    const { runId } = once
      ? await client.page.runs.start(request)
      : await client.host.runs.startCommand({ request, paths: paths.map((path) => resolve(path)) });
    // The run has its own plan; the list would only take memory.
    await client.page.intake.clear({ sourceIds: null });
    const ended = await finished(client, onEvent, runId, line.show, once);
    line.clear();
    const contextHints = shorthandHints('--context', flags.context);
    const code = await reportRun(client, ended, flags, flags.inPlace === true && around === undefined, {
      files,
      skipped,
      unreadable,
      contextHints,
      // The files of another command are its own: it goes on, and no run does.
      once: once || around !== undefined,
    });
    if (around !== undefined)
      return around.ended({
        ...{ client, runId, code, unreadable, method: request.method },
        unread: skipped.filter(isUnreadable).map(({ file, message }) => ({ path: file, why: message })),
        ...(await movedBlobs(client, runId, files)),
      });
    return toStdout && !flags.dryRun ? writeOneFile(client, runId, code) : code;
  });
}

async function movedBlobs(
  client: Client,
  runId: string,
  files: ReadonlyMap<string, string>,
): Promise<Pick<EndedRun, 'blobs' | 'moved'>> {
  const moved: EndedRun['moved'][number][] = [];
  let blobs = 0;
  for await (const { state, blobId, file, sourceKeyArn, destinationKeyArn } of itemsOf(client, runId)) {
    blobs += 1;
    if (state === 'reencrypted')
      moved.push({ path: files.get(blobId) ?? file, source: sourceKeyArn, destination: destinationKeyArn });
  }
  return { blobs, moved };
}

async function asRequest(
  { page, host }: Client,
  flags: ReencryptFlags,
  blobIds: string[],
): Promise<RunRequest> {
  const destination = flags.toAlgorithm ?? (await destinationAlgorithm(page, flags));
  const { out } = flags;
  const output: RunRequest['output'] =
    out === undefined
      ? { mode: 'in-place', backup: flags.backup === true }
      : out === STANDARD_OUTPUT
        ? { mode: 'download' }
        : { mode: 'folder', folderToken: (await host.output.addFolder({ path: out })).token };
  return {
    blobIds,
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
    method: methodOf(flags),
    verify: flags.verify,
    onFailure: flags.takeGood ? 'take-good' : 'hold-back',
    dryRun: flags.dryRun === true,
    // A pipeline needs its file also where nothing of it is to change.
    ...(flags.evenIfThere || out === STANDARD_OUTPUT ? { evenIfThere: true } : {}),
    ...(flags.emulatorBlobs ? { emulatorBlobs: true } : {}),
    ...(flags.allowPossiblePlaintext ? { allowPossiblePlaintext: true } : {}),
  };
}

export interface ContextFlags {
  readonly toContext?: EncryptionContext;
  readonly toNoContext?: true;
  /** Pairs added to, and keys taken out of, each blob's own context. */
  readonly addContext?: EncryptionContext;
  readonly removeContext?: string[];
}

/** The context of the new blobs. */
export function destinationContext({
  toContext,
  toNoContext,
  addContext,
  removeContext,
}: ContextFlags): ContextChoice {
  if (toNoContext) return { mode: 'given', context: {} };
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
    const side = methodOf(flags) === 'reencrypt' ? 'source' : 'destination';
    const key = await page.keys.describe({ keyId: flags.to, side });
    if (key.usage !== null && key.usage !== 'ENCRYPT_DECRYPT')
      throw new FaultError(
        faultOfCatalogue('InvalidKeyUsageException', {
          message: `The destination key ${key.arn} cannot encrypt.`,
          detail: key.unfitAsDestination ?? `Its usage is ${key.usage}.`,
          remedy: 'Choose a key with the usage ENCRYPT_DECRYPT as the destination.',
        }),
      );
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

/**
 * What `rewrap runs` can do with a run. One that wrote to standard output has none to write to when it is named by its id: only
 * the command itself makes its file.
 */
export function onwardWays(run: RunSummary): string[] {
  const again = run.output !== 'download';
  return [
    ...(again && run.resume !== null ? ['resume'] : []),
    ...(run.status === 'unfinished' && run.elsewhere === null ? ['close'] : []),
    ...(again && run.retry !== null ? ['retry'] : []),
    ...(run.undo === null ? [] : ['undo']),
  ];
}

/** Names runs that were cut off: what they left is not forgotten. */
export async function remindOfUnfinished({ page }: Client): Promise<void> {
  const { runs } = await page.runs.list({});
  for (const run of runs)
    if (run.status === 'unfinished' && run.elsewhere === null) {
      const ways = onwardWays(run)
        .join(', ')
        .replace(/, (\w+)$/, ' or $1');
      warn(`run ${run.id} of ${run.startedAt} was cut off: rewrap runs ${ways} ${run.id}`);
    }
}

/** Ways to say the destination's context that exclude each other. */
export function checkContexts({ toContext, toNoContext, addContext, removeContext }: ContextFlags): void {
  const bad = (message: string) => new FaultError(fault('BadUsage', message, '', ''));
  if (toNoContext && (toContext !== undefined || addContext !== undefined || removeContext !== undefined))
    throw bad('--to-no-context stands alone: it leaves no pair to replace, add or remove.');
  if (toContext !== undefined && (addContext !== undefined || removeContext !== undefined))
    throw bad('Give either --to-context, which replaces, or --add-context and --remove-context.');
  const both = removeContext?.find((key) => addContext !== undefined && Object.hasOwn(addContext, key));
  if (both !== undefined) throw bad(`The context key ${JSON.stringify(both)} is both added and removed.`);
}

/** Which of `--out` and `--in-place`: exactly one, but for what writes nothing. */
function checkOutput(paths: readonly string[], flags: ReencryptFlags): void {
  const piped = flags.inPlace && paths.find(isPiped);
  if (piped)
    throw new FaultError(
      fault(
        'BadUsage',
        `${piped} comes through a pipe: there is no file to replace.`,
        '',
        'Write the new file to standard output (--out -) or into a folder (--out DIR).',
      ),
    );
  if (flags.out === STANDARD_OUTPUT) checkOneFile(paths, flags);
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
        'Say where the new ciphertext goes: --out DIR, --out - for standard output, or --in-place to replace the files.',
        '',
        '',
      ),
    );
}

const KNOWN = {
  pinned: 'pinned',
  kms: 'confirmed by KMS before',
  person: 'named by a person',
  declared: 'as the file says',
} as const;
const WORDS = { allowed: 'allowed', refused: 'NOT allowed', 'cannot-tell': 'cannot tell' } as const;

/** Prints what KMS said of the rights; the exit code. */
export function printPermissions({ checks, withoutKey, unasked }: PermissionChecks): number {
  for (const { step, answer, sourceKeyId, sourceKnownBy, blobs, fault, ignoredDryRun } of checks) {
    const what = step === 'verify' ? 'verify under' : 're-encrypt from';
    const by = sourceKnownBy === null ? '' : ` (${KNOWN[sourceKnownBy]})`;
    console.log(
      `${WORDS[answer]}: ${what} ${safe(sourceKeyId)}${by}, ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`,
    );
    if (ignoredDryRun)
      console.error('  This endpoint ignores DryRun: that is no proof of what KMS would say.');
    if (fault !== null) console.error(faultLines(fault));
  }
  if (withoutKey > 0)
    console.error(`cannot tell for ${withoutKey}: the source key is not named; pin it with --from`);
  if (unasked > 0) console.error(`not asked for ${unasked}: too many different contexts; use --dry-run`);
  return permissionsCode({ checks, withoutKey, unasked });
}

/** 0 only where every right was asked about and is there. */
export function permissionsCode({ checks, withoutKey, unasked }: PermissionChecks): number {
  return checks.every(({ answer }) => answer === 'allowed') && withoutKey + unasked === 0 ? OK : SOME_FAILED;
}
