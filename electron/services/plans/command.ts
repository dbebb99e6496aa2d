import { kindOf } from '#shared/connection-kind.ts';
import { shellWord } from '#shared/format.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { type Fault, FaultError, fault } from '#shared/model/fault.ts';
import type { RunRequest } from '#shared/model/run.ts';
import type { Runs } from '../runs/index.ts';
import type { Workspace } from '../workspace/index.ts';

/** A command is the same whether it is tried or run, and holds no grant token. */
type PlannedRequest = Omit<RunRequest, 'grantTokens' | 'dryRun'>;

interface CommandParts {
  readonly workspace: Pick<Workspace, 'plan' | 'at'>;
  readonly runs: { readonly folders: Pick<Runs['folders'], 'path'> };
}

/** Longer commands are no longer read, and some shells refuse them. */
const MOST_PATHS = 100;

/**
 * The command that does in a shell what a request asks for. Grant tokens are left out: they are secrets of a kind, and short
 * lived. Throws FaultError `NoCommand` where a command would do something else.
 */
export async function commandOf(
  { workspace, runs }: CommandParts,
  request: PlannedRequest,
  choice: ConnectionChoice,
  platform: string = process.platform,
): Promise<string> {
  if (request.method !== 'reencrypt') throw no('This run decrypts here and encrypts there.');
  if (request.pace?.perSecond != null || request.pace?.concurrency != null)
    throw no('A rate is a matter of plans.');
  const words = [
    'rewrap',
    'reencrypt',
    ...(await pathsOf(workspace, request.blobIds)),
    ...kindOf(choice).options(),
    '--to',
    request.destination.keyId,
    ...optional('--to-algorithm', request.destination.algorithm, 'SYMMETRIC_DEFAULT'),
    ...optional('--from', request.source.keyId),
    ...optional('--from-algorithm', request.source.algorithm, 'SYMMETRIC_DEFAULT'),
    ...contextWords(request, await declaresContext(workspace, request.blobIds)),
    ...outputWords(request.output, runs),
    ...(request.verify ? [] : ['--no-verify']),
    ...(request.onFailure === 'take-good' ? ['--take-good'] : []),
    ...(request.evenIfThere === true ? ['--even-if-there'] : []),
    ...(request.allowPossiblePlaintext === true ? ['--allow-possible-plaintext'] : []),
    ...(request.emulatorBlobs === true ? ['--emulator-blobs'] : []),
  ];
  return words.map((word) => shellWord(word, platform)).join(' ');
}

/** The files of the blobs. A command takes whole files: every blob that KMS takes of each must be chosen. */
async function pathsOf(workspace: CommandParts['workspace'], blobIds: readonly string[]): Promise<string[]> {
  const { files, origins } = await workspace.plan(blobIds);
  if (origins.has('upload') || files.some(({ path }) => path === null))
    throw no('Some of these blobs were pasted or uploaded: there is no file on this machine to name.');
  const chosen = new Set(blobIds);
  const paths = files.flatMap(({ path }) => path ?? []);
  for (const path of paths) {
    const { blobs = [] } = workspace.at(path) ?? {};
    if (blobs.some(({ id, found }) => found.identification.reencryptable && !chosen.has(id)))
      throw no(`Only some of the blobs of ${path} are chosen, and a command takes whole files.`);
  }
  if (paths.length > MOST_PATHS) throw no(`It would name ${paths.length} files.`);
  return paths;
}

async function declaresContext(
  workspace: CommandParts['workspace'],
  blobIds: readonly string[],
): Promise<boolean> {
  const { files } = await workspace.plan(blobIds);
  const chosen = new Set(blobIds);
  return files.some(({ path }) =>
    (path === null ? [] : (workspace.at(path)?.blobs ?? [])).some(
      ({ id, found }) => chosen.has(id) && Object.keys(found.declared.encryptionContext ?? {}).length > 0,
    ),
  );
}

const optional = (flag: string, value: string | null, usual: string | null = null): string[] =>
  value === null || value === usual ? [] : [flag, value];

const pairs = (flag: string, context: EncryptionContext): string[] =>
  // A pair that reads otherwise as KEY=VALUE is given as JSON.
  Object.entries(context).flatMap(([key, value]) => [
    flag,
    /[=]|^\s*\{|^file:/i.test(key) ? JSON.stringify({ [key]: value }) : `${key}=${value}`,
  ]);

const isEmpty = (context: EncryptionContext): boolean => Object.keys(context).length === 0;

/** `declares`: whether a file declares a context, so that "none" differs from what it declares. */
function contextWords({ source, destination }: PlannedRequest, declares: boolean): string[] {
  const from = source.context;
  const to = destination.context;
  const words: string[] = [];
  if (from.mode === 'given' && takesEncryptionContext(source.algorithm)) {
    if (isEmpty(from.context) && declares)
      throw no('Files declare a context, and a command cannot say that none is sent.');
    words.push(...pairs('--context', from.context));
  }
  if (!takesEncryptionContext(destination.algorithm)) return words;
  if (to.mode === 'given') {
    const none = from.mode === 'given' ? isEmpty(from.context) : !declares;
    if (isEmpty(to.context) && !none)
      throw no('A command cannot say that the new blobs get no context though the old ones have one.');
    words.push(...pairs('--to-context', to.context));
  } else if (to.mode === 'changed')
    words.push(...pairs('--add-context', to.add), ...to.remove.flatMap((key) => ['--remove-context', key]));
  return words;
}

function outputWords(output: RunRequest['output'], runs: CommandParts['runs']): string[] {
  if (output.mode === 'download') throw no('A download belongs to one window.');
  if (output.mode === 'folder') return ['--out', runs.folders.path(output.folderToken)];
  return ['--in-place', ...(output.backup ? ['--backup'] : [])];
}

const no = (why: string): FaultError => new FaultError({ ...NO_COMMAND, detail: why });
const NO_COMMAND: Fault = fault(
  'NoCommand',
  'No command does exactly this.',
  '',
  'Save a plan and run it with "rewrap plan run".',
);
