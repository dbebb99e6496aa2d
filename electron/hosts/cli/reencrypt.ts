import { resolve } from 'node:path';
import type { EncryptionAlgorithm } from '#shared/kms/facts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { ContextChoice, RunRequest } from '#shared/model/run.ts';
import type { Client } from './client.ts';
import { estimated, estimateLines } from './estimate.ts';
import { BAD_INPUT, OK } from './exit-code.ts';
import { checkMethod, connectDestination, type MethodFlags, methodOf } from './method.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from './options.ts';
import { finished, report } from './outcome.ts';
import { permissionsCode, printPermissions } from './permissions.ts';
import { progressLine } from './progress.ts';
import { takeInNames, withEngine } from './session.ts';

interface ReencryptFlags extends ConnectionFlags, MethodFlags {
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
  /** Blobs that KMS has shown to be as asked are sent, too. */
  evenIfThere?: true;
  /** Files are copied in which a value beside a blob may be its plaintext. */
  allowPossiblePlaintext?: true;
  /** Blobs that an emulator of KMS made are sent, too. */
  emulatorBlobs?: true;
  json?: true;
}

/** `rewrap reencrypt PATH… --to KEY (--out DIR | --in-place)`. */
export async function reencryptCommand(paths: readonly string[], flags: ReencryptFlags): Promise<number> {
  checkOutput(flags);
  checkContexts(flags);
  checkMethod(flags);
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async (client, onEvent) => {
    await remindOfUnfinished(client);
    const { files, unreadable } = await takeInNames(client, paths);
    if (files.size === 0) {
      console.error('rewrap: no ciphertext found in what was given; nothing was changed');
      if (flags.json) console.log(JSON.stringify({ run: null, blobs: [] }, null, 2));
      return BAD_INPUT;
    }
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
    const line = progressLine(process.stderr, flags.json === true);
    const { runId } = await client.host.runs.startCommand({
      request,
      paths: paths.map((path) => resolve(path)),
    });
    // The run has its own plan; the list would only take memory.
    await client.page.intake.clear({ sourceIds: null });
    const ended = await finished(client, onEvent, runId, line.show);
    line.clear();
    return report(client, ended, flags, flags.inPlace === true, { files, unreadable });
  });
}

async function asRequest(
  { page, host }: Client,
  flags: ReencryptFlags,
  blobIds: string[],
): Promise<RunRequest> {
  const destination = flags.toAlgorithm ?? (await destinationAlgorithm(page, flags));
  const output: RunRequest['output'] =
    flags.out === undefined
      ? { mode: 'in-place', backup: flags.backup === true }
      : { mode: 'folder', folderToken: (await host.output.addFolder({ path: flags.out })).token };
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
    ...(flags.evenIfThere ? { evenIfThere: true } : {}),
    ...(flags.emulatorBlobs ? { emulatorBlobs: true } : {}),
    ...(flags.allowPossiblePlaintext ? { allowPossiblePlaintext: true } : {}),
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
    const side = methodOf(flags) === 'reencrypt' ? 'source' : 'destination';
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

/** Names runs that were cut off: what they left is not forgotten. */
export async function remindOfUnfinished({ page }: Client): Promise<void> {
  const { runs } = await page.runs.list({});
  for (const { id, startedAt, status, elsewhere } of runs)
    if (status === 'unfinished' && elsewhere === null)
      console.error(`rewrap: run ${id} of ${startedAt} was cut off: rewrap runs resume, undo or close ${id}`);
}

/** Ways to say the destination's context that exclude each other. */
function checkContexts({ toContext, addContext, removeContext }: ReencryptFlags): void {
  const bad = (message: string) => new FaultError(fault('BadUsage', message, '', ''));
  if (toContext !== undefined && (addContext !== undefined || removeContext !== undefined))
    throw bad('Give either --to-context, which replaces, or --add-context and --remove-context.');
  const both = removeContext?.find((key) => addContext !== undefined && Object.hasOwn(addContext, key));
  if (both !== undefined) throw bad(`The context key ${JSON.stringify(both)} is both added and removed.`);
}

/** Which of `--out` and `--in-place`: exactly one, but for what writes nothing. */
function checkOutput(flags: ReencryptFlags): void {
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
