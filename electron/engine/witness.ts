import type { ConnectionState, Side } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { HistoryEvent, HistoryKind } from '#shared/model/history.ts';
import type { RunItem, RunRequest } from '#shared/model/run.ts';
import { type History, historyEvent } from '../audit/index.ts';
import type { Run } from '../rotation/index.ts';
import type { Connection } from './connection.ts';

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

  /** A run begins: it is written down now, and each blob's outcome when it has ended. */
  run(run: Run, request: RunRequest): void {
    const by = this.#by();
    const { source, destination } = request;
    const declared = new Map<string, EncryptionContext | null>();
    if (source.context.mode === 'declared' || destination.context.mode === 'declared')
      for (const blobId of request.blobIds) declared.set(blobId, this.#declared(blobId));
    const sides = {
      sourceAlgorithm: source.algorithm,
      destinationAlgorithm: destination.algorithm,
    };
    this.#write([
      historyEvent(request.dryRun ? 'preflight-started' : 'run-started', {
        ...by,
        ...sides,
        runId: run.id,
        outcome: 'started',
        detail: `${request.blobIds.length} blobs, way ${request.route}, output ${request.output.mode}, verification ${request.verify ? 'on' : 'off'}`,
        sourceKey: source.keyId,
        destinationKey: destination.keyId,
        sourceContext: source.context.mode === 'given' ? source.context.context : null,
        destinationContext: destination.context.mode === 'given' ? destination.context.context : null,
      }),
    ]);
    const pending = run.done.then(async () => {
      const { status, counts } = run.summary();
      const events = run
        .items()
        .filter(({ state }) => state !== 'waiting')
        .map((item) => this.#blob(run.id, item, request, declared.get(item.blobId) ?? null, by));
      events.push(
        historyEvent('run-ended', {
          ...by,
          runId: run.id,
          outcome: status,
          detail: `${counts.succeeded} succeeded, ${counts.failed} failed, ${counts.skipped} skipped, of ${counts.total}`,
          destinationKey: destination.keyId,
        }),
      );
      await this.#history.appendMany(events);
    });
    const kept = pending.catch(complain).finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }

  /** What still waits to be written. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #blob(
    runId: string,
    item: RunItem,
    { source, destination }: RunRequest,
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
