import type { ConnectionState, Side } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { HistoryEvent, HistoryKind } from '#shared/model/history.ts';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import { type History, historyEvent } from '../audit/index.ts';
import type { Run, RunTerms, Undone } from '../rotation/index.ts';
import type { Connection } from './connection.ts';
import type { AskedRun } from './runs.ts';

/** Writes down what is done. A history that cannot be written (full disk) never stops the work: it is told on standard error. */
export class Witness {
  readonly #history: History;
  readonly #connection: () => Connection;
  /** The declared context of a blob of the list. */
  readonly #declared: (blobId: string) => EncryptionContext | null;
  readonly #pending = new Set<Promise<void>>();
  readonly #lastConnected = new Map<Side, string>();

  constructor(
    history: History,
    connection: () => Connection,
    declared: (blobId: string) => EncryptionContext | null,
  ) {
    this.#history = history;
    this.#connection = connection;
    this.#declared = declared;
  }

  /** Who acts, and where: put on every event. */
  #by(): Pick<HistoryEvent, 'who' | 'connection'> {
    const connection = this.#connection();
    const { status, identity } = connection.state;
    return { who: identity?.arn ?? null, connection: status === 'ready' ? connection.describe() : null };
  }

  note(kind: HistoryKind, known: Partial<HistoryEvent>): void {
    this.#write([historyEvent(kind, { ...this.#by(), ...known })]);
  }

  /** A connection was made, or failed: the first one, or the one where the destination key lives. */
  connected(state: ConnectionState, side: Side): void {
    if (state.status === 'connecting') return;
    const { choice, region, endpoint, identity, fault } = state;
    const profile = choice.kind === 'practice' ? 'practice' : (choice.profile ?? 'default credentials');
    const detail = [
      side === 'source' ? null : 'destination',
      `profile ${profile}`,
      region,
      endpoint,
      fault === null ? null : fault.code,
    ]
      .filter((part) => part !== null)
      .join(', ');
    const told = `${state.status} ${identity?.arn} ${detail}`;
    if (told === this.#lastConnected.get(side)) return;
    this.#lastConnected.set(side, told);
    this.note(state.status === 'ready' ? 'connected' : 'connection-failed', {
      who: identity?.arn ?? null,
      outcome: state.status,
      detail,
    });
  }

  /** A run begins or goes on: it is written down now, and each blob's outcome when it has ended. */
  run(run: Run, asked: AskedRun): void {
    const by = this.#by();
    const { terms, output, blobIds, again } = asked;
    const { source, destination } = terms;
    const declared = new Map<string, EncryptionContext | null>();
    if (source.context.mode !== 'given' || destination.context.mode !== 'given')
      for (const blobId of blobIds) declared.set(blobId, this.#declaredOf(blobId));
    const verification = terms.verify ? 'on' : 'off';
    this.#write([
      historyEvent(terms.dryRun ? 'preflight-started' : 'run-started', {
        ...by,
        sourceAlgorithm: source.algorithm,
        destinationAlgorithm: destination.algorithm,
        runId: run.id,
        outcome: again ? 'resumed' : 'started',
        detail: `${run.summary().counts.total} blobs, way ${terms.route}, output ${output}, verification ${verification}`,
        sourceKey: source.keyId,
        destinationKey: destination.keyId,
        sourceContext: source.context.mode === 'given' ? source.context.context : null,
        destinationContext: destination.context.mode === 'given' ? destination.context.context : null,
      }),
    ]);
    const pending = run.done.then(async () => {
      const summary = run.summary();
      // One that was only suspended is told of when it goes on and ends.
      const items = summary.finishedAt === null ? [] : run.items();
      await this.#history.appendMany(this.#outcomes(run.id, items, asked, declared, by, summary.status));
    });
    const kept = pending.catch(complain).finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }

  /** A run that was cut off was closed as it stands. */
  abandoned(runId: string, items: readonly RunItem[], asked: AskedRun): void {
    this.#write(this.#outcomes(runId, items, asked, new Map(), this.#by(), 'cancelled'));
  }

  undone(runId: string, { restored, leftTotal }: Undone): void {
    this.note('action', {
      runId,
      outcome: leftTotal === 0 ? 'undone' : 'undone in part',
      detail: `run undone: ${restored.blobs} blobs in ${restored.files} files restored, ${leftTotal} files left as they are`,
    });
  }

  #declaredOf(blobId: string): EncryptionContext | null {
    try {
      return this.#declared(blobId);
    } catch {
      // Of a plan or an earlier start: not in the list.
      return null;
    }
  }

  #outcomes(
    runId: string,
    items: readonly RunItem[],
    { terms }: AskedRun,
    declared: ReadonlyMap<string, EncryptionContext | null>,
    by: Partial<HistoryEvent>,
    status: RunSummary['status'],
  ): HistoryEvent[] {
    const count = (...states: RunItem['state'][]) =>
      items.filter(({ state }) => states.includes(state)).length;
    const succeeded = count('reencrypted', 'would-succeed', 'restored');
    return [
      ...items
        .filter(({ state }) => state !== 'waiting')
        .map((item) => this.#blob(runId, item, terms, declared.get(item.blobId) ?? null, by)),
      historyEvent('run-ended', {
        ...by,
        runId,
        outcome: status,
        detail: `${succeeded} succeeded, ${count('failed')} failed, ${count('skipped')} skipped, of ${items.length}`,
        destinationKey: terms.destination.keyId,
      }),
    ];
  }

  /** What still waits to be written. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #blob(
    runId: string,
    item: RunItem,
    { source, destination }: RunTerms,
    declared: EncryptionContext | null,
    by: Partial<HistoryEvent>,
  ): HistoryEvent {
    const sourceContext = source.context.mode === 'given' ? source.context.context : declared;
    const same = destination.context.mode === 'same' ? sourceContext : declared;
    return historyEvent('blob', {
      ...by,
      runId,
      outcome: item.state,
      detail: [item.fault === null ? '' : `${item.fault.code}: ${item.fault.message}`, ...item.notes]
        .filter(Boolean)
        .join(' '),
      file: item.file,
      place: item.place,
      sha256Before: item.sha256Before,
      sha256After: item.sha256After,
      sourceKey: item.sourceKeyArn ?? source.keyId,
      destinationKey: item.destinationKeyArn ?? destination.keyId,
      sourceMaterial: item.sourceKeyMaterialId,
      destinationMaterial: item.destinationKeyMaterialId,
      sourceAlgorithm: source.algorithm,
      destinationAlgorithm: destination.algorithm,
      sourceContext,
      destinationContext: destination.context.mode === 'given' ? destination.context.context : same,
      requestIds: [item.decryptRequestId, item.requestId ?? item.fault?.raw?.requestId].filter(
        (id) => id !== null && id !== undefined,
      ),
    });
  }

  #write(events: readonly HistoryEvent[]): void {
    try {
      this.#history.append(events);
    } catch (error) {
      complain(error);
    }
  }
}

function complain(error: unknown): void {
  console.error(
    `rewrap: the history could not be written: ${error instanceof Error ? error.message : 'unknown'}`,
  );
}
