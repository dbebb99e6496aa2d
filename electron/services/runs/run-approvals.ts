import { createHash } from 'node:crypto';
import { kindOf } from '#shared/connection-kind.ts';
import { plural } from '#shared/format.ts';
import { isAwsEndpoint } from '#shared/kms/facts.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunSummary, Touches } from '#shared/model/run.ts';
import { OUTPUTS } from '#shared/outputs.ts';
import type { KmsConnection } from '../../core/kms/index.ts';
import { Turns } from '../../core/limits/turns.ts';
import {
  outputMode,
  type PlanFiles,
  type ResolvedOutput,
  type RunApproval,
  type RunTerms,
  storedTerms,
} from '../../core/rotation/index.ts';
import { canonical, sha256 } from '../../core/storage/hash.ts';
import { type ApprovalKind, type Approvals, CHANGED } from '../approvals/index.ts';
import type { Connection, OtherRegions } from '../connection/index.ts';

/** A run as it was resolved, before anything of it is done. */
interface ProposedRun {
  readonly terms: RunTerms;
  readonly output: ResolvedOutput;
  /** Of a new run. */
  readonly files?: PlanFiles;
  readonly count: () => Promise<Touches>;
  /** Name of a plan file that the page brought; absent: a person picked it, or there is none. */
  readonly foreignPlan?: string | null;
  /** Goes on over an endpoint of which another run has replaced its first file, and no person said that it may. */
  readonly afterFirst?: boolean;
  readonly runId?: string;
}

export interface Proven {
  /** Null: nothing of it needed an approval. */
  readonly approval: RunApproval | null;
  /** What the connection led to when it was looked at (`Connection.target`); it may have failed since. */
  readonly target: string | null;
  /** Throws FaultError `ApprovalOutdated` where the connections are not those of the question any more. */
  check(): void;
}

interface RunApprovalsParts {
  readonly connection: Connection;
  readonly destination: Connection;
  readonly regions: Pick<OtherRegions, 'reach'>;
  readonly approvals: Approvals;
  /** Whether the destination key is described first. In a shell the person named it, and nothing is asked. */
  readonly describes: boolean;
}

/** The destination key, and in which account it is. */
interface Destined {
  readonly arn: string | null;
  readonly account: string | null;
}

interface Resolved {
  readonly key: Destined;
  readonly caller: string | null;
  readonly kinds: readonly ApprovalKind[];
  /** Canonical JSON of everything but the files. */
  readonly terms: string;
}

/** Which runs a person must approve, and in which words. */
export class RunApprovals {
  readonly #parts: RunApprovalsParts;

  constructor(parts: RunApprovalsParts) {
    this.#parts = parts;
  }

  /**
   * Asks where a run needs it. `before`: what was approved when the run was started, or the one that it tries again: with
   * the same terms nothing is asked. Throws FaultError `NotConnected`, and as {@link Approvals.obtain}; `ApprovalOutdated`
   * where what would be done changed while the question stood.
   */
  async prove(run: ProposedRun, before: RunApproval | null): Promise<Proven> {
    const check = this.#sameConnections(run.terms);
    // Looking at the destination may be what finds the credentials expired; the run then waits for this same connection.
    const target = this.#parts.connection.target();
    const found = await this.#resolve(run);
    check();
    if (found.kinds.length === 0) return { approval: null, target, check };
    const terms = sha256(found.terms);
    if (before !== null && before.terms === terms && !run.afterFirst)
      return { approval: before, target, check };
    const touches = await run.count();
    const hash = await this.#parts.approvals.obtain({
      kinds: found.kinds,
      resolved: [found.terms, run.runId ?? null, await hashOfFiles(run.files)],
      title: titleOf(run, touches, found.kinds),
      words: this.#words(run, touches, found),
      account: found.key.account,
      ...(run.runId === undefined ? {} : { runId: run.runId }),
    });
    const now = await this.#resolve(run);
    check();
    if (now.terms !== found.terms) throw new FaultError(CHANGED);
    return { approval: { hash, terms }, target, check };
  }

  /** Undoing touches files: it is approved each time. `now`: the run as it stands. Throws as {@link prove}. */
  async proveUndo(now: () => Promise<RunSummary>): Promise<void> {
    const run = await now();
    // Nothing can be undone: the undo itself says why.
    if (run.undo === null) return;
    const what = `${plural(run.undo.blobs, 'blob')} in ${plural(run.undo.files, 'file')}`;
    const resolved = ({ id, status, undo }: RunSummary) => canonical({ id, status, undo });
    await this.#parts.approvals.obtain({
      kinds: ['undo'],
      resolved: resolved(run),
      title: `Undo a run: ${what}?`,
      words: [
        `${OUTPUTS[run.output].undone}: ${what}`,
        `Run ${run.id} of ${run.startedAt}`,
        `It encrypted to ${run.destinationKeyId}`,
        `Over ${run.connection}`,
      ],
      runId: run.id,
    });
    if (resolved(await now()) !== resolved(run)) throw new FaultError(CHANGED);
  }

  /**
   * Goes on after the first file. `now`: the run as it stands; `endpoints`: those of the run that are not AWS's, whatever is
   * connected by now. Throws as {@link prove}.
   */
  async proveContinue(now: () => Promise<RunSummary>, endpoints: readonly string[]): Promise<void> {
    const run = await now();
    const { counts, files, id, startedAt } = run;
    await this.#parts.approvals.obtain({
      kinds: ['continue'],
      resolved: canonical({ id, counts, files, endpoints }),
      title: `Go on with run ${id}: ${plural(counts.waiting, 'blob')} left?`,
      words: [
        'The first file is replaced. Does it still open where it is used?',
        `Over ${[run.connection, ...endpoints].join(' · ')}, which is not one of AWS`,
        `Destination key: ${run.destinationKeyId}`,
        `Run ${id} of ${startedAt}; originals are kept as backups`,
      ],
      runId: id,
    });
    if ((await now()).status !== run.status) throw new FaultError(CHANGED);
  }

  /**
   * Compares plaintexts of old and new blobs in the two-step child: each time. `over`: both sides in one line. Resolves with
   * what throws FaultError `ApprovalOutdated` where the connections are not those of the question any more.
   */
  async proveCompare(run: RunSummary, chosen: number, all: number, over: string): Promise<() => void> {
    const check = this.#sameConnections(run);
    const { id, startedAt, destinationKeyId, method } = run;
    const { endpoint } = this.#parts.connection.state;
    await this.#parts.approvals.obtain({
      kinds: ['compare'],
      resolved: canonical({
        id,
        chosen,
        all,
        over,
        endpoint,
        target: this.#parts.connection.target(),
        method,
      }),
      title: `Compare plaintexts of run ${id}: ${plural(chosen, 'blob')}${chosen === all ? '' : ` of ${all}, chosen at random`}?`,
      words: [
        'Decrypts each old and each new blob; plaintext will be in the memory of this machine',
        'It stays in a child process; only equal or different leaves that',
        `KMS: ${over}${endpoint === null ? '' : ` · ${endpoint}`}`,
        `Destination key: ${destinationKeyId}`,
        `Run ${id} of ${startedAt}; no file is changed`,
      ],
      runId: id,
    });
    return check;
  }

  /**
   * Endpoints that are neither AWS's nor the practice KMS, over which a run replaces files. In the window it then keeps
   * backups and is held back after the first file; in a shell the flags are the person's word.
   */
  waryEndpoints({ method, dryRun }: RunTerms, output: ResolvedOutput): string[] {
    const { connection, destination } = this.#parts;
    if (dryRun || !outputMode(output).inPlace) return [];
    const there = method === 'decrypt-encrypt' && destination.chosen !== null ? [destination] : [];
    return [connection, ...there].flatMap((side) => {
      const { choice, endpoint } = side.kms();
      const wary = !kindOf(choice).practice && endpoint !== null && !isAwsEndpoint(endpoint);
      return wary ? [URL.parse(endpoint)?.href ?? endpoint] : [];
    });
  }

  /** Another connection, even to the same place, is not what was looked at. */
  #sameConnections({ method }: Pick<RunTerms, 'method'>): () => void {
    const { connection, destination } = this.#parts;
    const of = (side: Connection): KmsConnection | null => (side.chosen === null ? null : side.kms());
    const source = connection.kms();
    const account = connection.state.identity?.account;
    const there = method === 'reencrypt' ? null : of(destination);
    return () => {
      const same =
        connection.kms() === source &&
        connection.state.identity?.account === account &&
        (method === 'reencrypt' || of(destination) === there);
      if (!same) throw new FaultError(CHANGED);
    };
  }

  async #resolve({ terms, output, foreignPlan = null, afterFirst = false }: ProposedRun): Promise<Resolved> {
    const { connection, destination } = this.#parts;
    const caller = connection.state.identity?.account ?? null;
    // A dry run brings nothing out and changes nothing.
    const kinds: ApprovalKind[] = [];
    const key = terms.dryRun ? { arn: null, account: null } : await this.#key(terms, caller);
    if (!terms.dryRun) {
      if (key.account === null || key.account !== caller) kinds.push('foreign-key');
      if (terms.method === 'decrypt-encrypt') kinds.push('decrypt-here');
      if (!terms.verify) kinds.push('unverified');
      if (withoutBackup(output)) kinds.push('no-backup');
      if (foreignPlan !== null) kinds.push('plan-file');
      if (afterFirst) kinds.push('continue');
    }
    const { grantTokens: _, pace: __, ...bound } = terms;
    const there = terms.method === 'reencrypt' ? null : (destination.chosen && destination.target()) || null;
    return {
      key,
      caller,
      kinds,
      terms: canonical({ key, caller, over: connection.target(), there, terms: storedTerms(bound), output }),
    };
  }

  /**
   * Key ids and names of aliases are of the caller's own account; ARNs name their account. What DescribeKey answers must
   * agree with that. Null as the account: it cannot be described.
   */
  async #key({ destination: { keyId }, method }: RunTerms, caller: string | null): Promise<Destined> {
    const { destination, regions, describes } = this.#parts;
    const over = method === 'decrypt-encrypt' && destination.chosen !== null ? destination : null;
    const own = over === null ? caller : (over.state.identity?.account ?? null);
    const named = accountOf(keyId);
    const asNamed = { arn: named === null ? null : keyId, account: named ?? own };
    if (!describes) return asNamed;
    try {
      const kms = over === null ? await regions.reach(keyId) : over.kms();
      const { arn } = await kms.describeKey(keyId);
      const account = accountOf(arn);
      return { arn, account: named !== null && account !== named ? null : account };
    } catch (error) {
      const refused = error instanceof FaultError && CANNOT.has(error.fault.code);
      // The network is gone, or there is no such key: the run says so itself.
      return refused ? { arn: asNamed.arn, account: null } : asNamed;
    }
  }

  /** Six lines at most. */
  #words(
    { terms, output, afterFirst }: ProposedRun,
    { blobs, files }: Touches,
    { key, caller }: Resolved,
  ): string[] {
    const { connection, destination } = this.#parts;
    const { endpoint } = connection.state;
    const over = [connection.describe(), ...(endpoint === null ? [] : [endpoint])].join(' · ');
    const there =
      terms.method === 'decrypt-encrypt' && destination.chosen !== null
        ? ` → ${[destination.describe(), destination.state.endpoint ?? ''].filter(Boolean).join(' · ')}`
        : '';
    const left = [...(terms.verify ? [] : ['verification']), ...(withoutBackup(output) ? ['backup'] : [])];
    const named = terms.destination.keyId;
    return [
      `Destination key: ${key.arn ?? named}${key.arn === null || key.arn === named ? '' : ` (${named})`}`,
      `Account of the key: ${key.account ?? accountOf(named) ?? 'not known'}${key.account === null ? ' (it cannot be described)' : ''} · yours: ${caller ?? 'not known'}`,
      `KMS: ${over}${there}${afterFirst ? '; not one of AWS, and a run over it replaced a file that you did not confirm' : ''}`,
      `${plural(blobs, 'blob')} in ${plural(files, 'file')}, ${outputMode(output).words}`,
      `Left out: ${left.length === 0 ? 'nothing' : left.join(', ')}`,
      terms.method === 'reencrypt'
        ? 'Method: ReEncrypt, inside KMS'
        : 'Method: Decrypt and Encrypt; plaintext will be in the memory of this machine',
    ];
  }
}

/** Answers of DescribeKey after which nothing is known of a key that may well be there. */
const CANNOT = new Set(['AccessDeniedException', 'UnknownOperationException']);

const accountOf = (arn: string): string | null => /^arn:[^:]+:kms:[^:]*:(\d{12}):/.exec(arn)?.[1] ?? null;

/** Whether files are replaced and not kept. */
function withoutBackup(output: ResolvedOutput): boolean {
  const { inPlace, backup } = outputMode(output);
  return inPlace && !backup;
}

function titleOf(
  { foreignPlan, runId }: ProposedRun,
  { blobs, files }: Touches,
  kinds: readonly ApprovalKind[],
): string {
  const what = `${plural(blobs, 'blob')} in ${plural(files, 'file')}`;
  const verb = kinds.includes('decrypt-here') ? 'decrypt here and re-encrypt' : 're-encrypt';
  if (runId !== undefined) return `Resume run ${runId}: ${verb} ${what}?`;
  if (foreignPlan) return `Run the plan ${foreignPlan}: ${verb} ${what}?`;
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${what}?`;
}

/** Of every file and blob, by their hashes; a hundred thousand, with turns for others. */
async function hashOfFiles(files: PlanFiles | undefined): Promise<string> {
  const hash = createHash('sha256');
  const turns = new Turns();
  for await (const lot of files?.lots() ?? [])
    for (const { path, display, sha256: whole, blobs } of lot) {
      hash.update(canonical([path ?? display, whole, blobs.map(({ place, sha256: one }) => [place, one])]));
      if (turns.over) await turns.give();
    }
  return hash.digest('hex');
}
