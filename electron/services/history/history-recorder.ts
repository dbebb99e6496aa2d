import { kindOf } from '#shared/connection-kind.ts';
import { plural } from '#shared/format.ts';
import type { ConnectionState, Side } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError } from '#shared/model/fault.ts';
import {
  DECRYPTED_TO_COMPARE,
  DESTINATION,
  type HistoryEvent,
  type HistoryKind,
  methodWords,
  sentAgainWords,
} from '#shared/model/history.ts';
import type { Comparison, ContextChoice, RunItem, RunSummary } from '#shared/model/run.ts';
import { outcomeWords, reasonWords } from '#shared/run-outcome.ts';
import { Turns } from '../../core/limits/turns.ts';
import type { ItemsQuery, ResolvedOutput, Run, RunTerms, UndoResult } from '../../core/rotation/index.ts';
import type { ApprovalAnswer, Proposal } from '../approvals/index.ts';
import { type History, historyEvent } from './history.ts';
import { Repeats } from './repeats.ts';

/** The connection that an event is written down with. */
export interface Actor {
  readonly state: Pick<ConnectionState, 'status' | 'identity'>;
  describe(): string;
}

/** What a run was asked for. */
export interface AskedRun {
  readonly terms: RunTerms;
  readonly output: ResolvedOutput['mode'];
  readonly again: boolean;
}

/** Writes down what is done. A history that cannot be written (full disk) never stops the work: standard error then says so. */
export class HistoryRecorder {
  readonly #history: History;
  readonly #connection: () => Actor;
  readonly #pending = new Set<Promise<void>>();
  readonly #lastConnected = new Map<Side, string>();
  /** When each key was last looked up. */
  readonly #looks = new Map<string, number>();
  /** Of what was refused without a person: nothing but this slows a page that asks for it again and again. */
  readonly #refused = new Repeats();

  constructor(history: History, connection: () => Actor) {
    this.#history = history;
    this.#connection = connection;
  }

  /** Who acts, and where: put on every event. */
  #by(): Pick<HistoryEvent, 'who' | 'connection'> {
    return actorOf(this.#connection());
  }

  note(kind: HistoryKind, known: Partial<HistoryEvent>): void {
    this.#write([historyEvent(kind, { ...this.#by(), ...known })]);
  }

  /** A connection was made, or failed: the first one, or the one where the destination key lives. */
  connected(state: ConnectionState, side: Side): void {
    if (state.status === 'connecting') return;
    const { choice, region, endpoint, identity, fault } = state;
    const kind = kindOf(choice);
    const profile = kind.practice ? 'practice' : (kind.profile() ?? 'default credentials');
    const detail = [
      side === 'source' ? null : DESTINATION,
      `profile ${profile}`,
      region,
      endpoint,
      fault === null ? null : fault.code,
    ]
      .filter((part) => part !== null)
      .join(', ');
    const event = `${state.status} ${identity?.arn} ${detail}`;
    if (event === this.#lastConnected.get(side)) return;
    this.#lastConnected.set(side, event);
    const write = (more = 0) =>
      this.note(state.status === 'ready' ? 'connected' : 'connection-failed', {
        who: identity?.arn ?? null,
        outcome: state.status,
        detail: more === 0 ? detail : `${more} more within a minute, the last: ${detail}`,
      });
    if (fault !== null && UNAPPROVED.has(fault.code)) this.#refused.note(fault.code, write);
    else write();
  }

  /** The keys of a connection were listed: one record, however many requests that took. */
  keysListed(side: Side, connection: Actor, keys: number, gaps: readonly string[]): void {
    this.note('keys-read', {
      ...actorOf(connection),
      outcome: 'listed',
      detail: [
        `${keys === 1 ? '1 key' : `${keys} keys`}: descriptions, aliases, rotation, tags`,
        ...(side === 'destination' ? ['destination'] : []),
        ...(gaps.length === 0 ? [] : [`not available: ${gaps.join('; ')}`]),
      ].join(', '),
    });
  }

  /** One key was looked up by a person; asked again within a minute it is one look. */
  async keyLookedUp<T extends { readonly arn: string }>(
    connection: Actor,
    keyId: string,
    what: string,
    look: Promise<T>,
  ): Promise<T> {
    const write = (outcome: string, arn: string) => {
      const event = `${connection.describe()} ${keyId} ${what} ${outcome}`;
      const now = Date.now();
      if (now - (this.#looks.get(event) ?? 0) < SAME_LOOK_MS) return;
      this.#looks.set(event, now);
      this.note('keys-read', { ...actorOf(connection), outcome, detail: what, sourceKey: arn });
    };
    try {
      const key = await look;
      write('looked up', key.arn);
      return key;
    } catch (error) {
      write(`refused: ${error instanceof FaultError ? error.fault.code : 'failed'}`, keyId);
      throw error;
    }
  }

  /** A run begins or goes on: it is written down now, and each blob's outcome when it has ended. */
  run(run: Run, asked: AskedRun): void {
    const by = this.#by();
    const { terms, again } = asked;
    const { source, destination } = terms;
    this.#write([
      historyEvent(terms.dryRun ? 'preflight-started' : 'run-started', {
        ...by,
        sourceAlgorithm: source.algorithm,
        destinationAlgorithm: destination.algorithm,
        runId: run.id,
        outcome: again ? 'resumed' : 'started',
        detail: askedWords(run.summary().counts.total, asked),
        sourceKey: source.keyId,
        destinationKey: destination.keyId,
        sourceContext: source.context.mode === 'given' ? source.context.context : null,
        destinationContext: givenContext(terms),
      }),
    ]);
    const pending = run.done.then(async () => {
      const summary = run.summary();
      // What one that was only suspended did is written down at the next start, from the journal.
      if (summary.finishedAt === null)
        await this.#history.appendMany([this.#ended(summary, SUSPENDED, asked, by)]);
      else await this.#writeAll(this.#outcomes(summary, (query) => run.items(query), asked, by));
    });
    const kept = pending.catch(complain).finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }

  /** A run of a Rewrap that is gone: what it did, if that one was killed before it wrote it down. */
  async left(run: RunSummary, items: ItemsOf, asked: AskedRun): Promise<void> {
    const last = await this.#history.lastOfRun(
      run.id,
      run.startedAt,
      ({ kind, outcome }) => kind !== 'blob' && kind !== 'approval' && outcome !== SUSPENDED,
    );
    if (last?.kind !== 'run-started' && last?.kind !== 'preflight-started') return;
    const { connection } = run;
    const outcome = run.status === 'unfinished' ? CUT_OFF : run.status;
    await this.#writeAll(this.#outcomes(run, items, asked, { connection }, outcome)).catch(complain);
  }

  /** A run that was cut off was closed as it stands. */
  async abandoned(run: RunSummary, items: ItemsOf, asked: AskedRun): Promise<void> {
    await this.#writeAll(this.#outcomes(run, items, asked, this.#by())).catch(complain);
  }

  /** How a question for approval was answered. */
  approval({ kinds, title, words, runId }: Proposal, hash: string, { approved, by }: ApprovalAnswer): void {
    const refused = !approved && by === null;
    const write = (more = 0) =>
      this.note('approval', {
        ...(runId === undefined ? {} : { runId }),
        outcome: approved ? 'approved' : refused ? 'refused: no one to ask' : 'declined',
        detail: [
          ...(more === 0 ? [] : [`${more} more within a minute, the last:`]),
          title,
          ...words,
          `For: ${kinds.join(', ')}. By: ${by ?? 'no one'}. Request ${hash}`,
        ].join(' | '),
      });
    if (refused) this.#refused.note(`approval ${kinds.join(' ')}`, write);
    else write();
  }

  undone(runId: string, { restored, leftTotal }: UndoResult): void {
    this.note('action', {
      runId,
      outcome: leftTotal === 0 ? 'undone' : 'undone in part',
      detail: `Undid run: restored ${plural(restored.blobs, 'blob')} in ${plural(restored.files, 'file')}${leftTotal === 0 ? '' : `, left ${plural(leftTotal, 'file')} as found`}`,
    });
  }

  /** Decrypts of a comparison of plaintexts were answered; what came of it is written down when it ends. */
  comparing(runId: string, requestIds: readonly string[]): void {
    this.note('action', {
      runId,
      outcome: DECRYPTED_TO_COMPARE,
      detail: `${plural(requestIds.length, 'Decrypt request')} of a comparison of plaintexts`,
      requestIds: [...requestIds],
    });
  }

  /** Plaintexts of old and new blobs were compared in the two-step child. */
  compared(runId: string, { of, chosen, equal, different, failed, unavailable, stopped }: Comparison): void {
    this.note('action', {
      runId,
      outcome: different > 0 ? 'plaintexts differ' : stopped ? 'stopped' : 'plaintexts compared',
      detail: `Compared plaintexts of ${chosen} of ${plural(of, 'blob')}: ${equal} equal, ${different} different, ${failed} not decrypted, ${unavailable} not there any more`,
    });
  }

  async *#outcomes(
    run: RunSummary,
    items: ItemsOf,
    asked: AskedRun,
    by: Partial<HistoryEvent>,
    outcome: string = run.status,
  ): AsyncGenerator<HistoryEvent[]> {
    yield* this.#blobs(run, items, asked, by);
    yield [this.#ended(run, outcome, asked, by)];
  }

  /**
   * What became of each blob that KMS was asked about, less what was written down when the run was cut off: some at a
   * time, since there may be a hundred thousand.
   */
  async *#blobs(
    run: RunSummary,
    items: ItemsOf,
    { again }: AskedRun,
    by: Partial<HistoryEvent>,
  ): AsyncGenerator<HistoryEvent[]> {
    const turns = new Turns();
    const recorded = new Set<string>();
    if (again)
      for await (const records of this.#history.ofRun(run.id, run.startedAt))
        for (const record of records) if (record.kind === 'blob') recorded.add(sameAs(record));
    for (let offset = 0; ; offset += PAGE) {
      const page = items({ offset, limit: PAGE, only: 'all' });
      yield page
        .filter(
          ({ state, requestId, decryptRequestId, fault }) =>
            // What an earlier run of the same job did is in the history of that one.
            (state !== 'waiting' || requestId !== null || decryptRequestId !== null) &&
            fault?.code !== 'DoneBefore',
        )
        .map((item) => this.#blob(run.id, item, by))
        .filter((event) => !recorded.has(sameAs(event)));
      if (page.length < PAGE) return;
      if (turns.over) await turns.give();
    }
  }

  async #writeAll(pages: AsyncIterable<readonly HistoryEvent[]>): Promise<void> {
    for await (const events of pages) await this.#history.appendMany(events);
  }

  #ended(run: RunSummary, outcome: string, { terms }: AskedRun, by: Partial<HistoryEvent>): HistoryEvent {
    const reasons = reasonWords(run);
    return historyEvent('run-ended', {
      ...by,
      runId: run.id,
      outcome,
      detail: `${plural(run.counts.total, 'blob')}: ${outcomeWords(run)}${reasons === '' ? '' : `; ${reasons}`}${run.retries ? `; ${sentAgainWords(run.retries)}` : ''}`,
      destinationKey: terms.destination.keyId,
    });
  }

  /** What still waits to be written. */
  async settled(): Promise<void> {
    this.#refused.settle();
    await Promise.all(this.#pending);
  }

  #blob(runId: string, item: RunItem, by: Partial<HistoryEvent>): HistoryEvent {
    const { sent } = item;
    return historyEvent('blob', {
      ...by,
      runId,
      // KMS answered, and the file was not replaced.
      outcome: item.state === 'waiting' ? 'not put back' : item.state,
      detail: [item.fault === null ? '' : `${item.fault.code}: ${item.fault.message}`, ...item.notes]
        .filter(Boolean)
        .join(' '),
      file: item.file,
      place: item.place,
      sha256Before: item.sha256Before,
      sha256After: item.sha256After,
      sourceKey: item.sourceKeyArn ?? sent?.sourceKeyId ?? null,
      destinationKey: item.destinationKeyArn ?? sent?.destinationKeyId ?? null,
      sourceMaterial: item.sourceKeyMaterialId,
      destinationMaterial: item.destinationKeyMaterialId,
      // What was asked for may differ from blob to blob; this is what was sent for this one.
      sourceAlgorithm: sent?.sourceAlgorithm ?? null,
      destinationAlgorithm: sent?.destinationAlgorithm ?? null,
      sourceContext: sent?.sourceContext ?? null,
      destinationContext: sent?.destinationContext ?? null,
      requestIds: [
        ...(item.decryptRequestId?.split(' ') ?? []),
        item.requestId ?? item.fault?.raw?.requestId,
      ].filter((id) => id !== null && id !== undefined),
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

/** What a run was asked for, less what has a member of its own in the record. */
function askedWords(blobs: number, { terms, output }: AskedRun): string {
  const { source, destination, mode, method, verify } = terms;
  return [
    plural(blobs, 'blob'),
    ...(mode === undefined ? [] : [`mode ${mode}`]),
    methodWords(method),
    `output ${output}`,
    `verification ${verify ? 'on' : 'off'}`,
    `source context ${contextWords(source.context)}`,
    `destination context ${contextWords(destination.context)}`,
  ].join(', ');
}

function contextWords(choice: ContextChoice): string {
  switch (choice.mode) {
    case 'declared':
      return 'as each file declares';
    case 'given':
      return 'as given';
    case 'same':
      return 'as the source';
    case 'changed':
      return `as the source, adding ${JSON.stringify(choice.add)}, removing ${JSON.stringify(choice.remove)}`;
  }
}

/** The destination's context where it is the same for each blob. */
function givenContext({ source, destination }: RunTerms): EncryptionContext | null {
  const { mode } = destination.context;
  if (mode === 'given') return destination.context.context;
  return mode === 'same' && source.context.mode === 'given' ? source.context.context : null;
}

/** Faults of a connection that a person did not approve; the question and its answer have a record of their own. */
const UNAPPROVED: ReadonlySet<string> = new Set(['NotApproved', 'ApprovalPending', 'ApprovalsPaused']);

/** Items of a run, some at a time. */
type ItemsOf = (query: ItemsQuery) => readonly RunItem[];

/** Blobs of a run that are written down at a time. */
const PAGE = 200;

/** Looks at one key that are so close together are one, milliseconds. */
const SAME_LOOK_MS = 60_000;

function actorOf(connection: Actor): Pick<HistoryEvent, 'who' | 'connection'> {
  const { status, identity } = connection.state;
  return { who: identity?.arn ?? null, connection: status === 'ready' ? connection.describe() : null };
}

/** Outcome of a run that was killed with the process that had it, and of one that was stopped with it. */
const CUT_OFF = 'cut off';
const SUSPENDED = 'suspended';

/** The same outcome of the same blob by the same requests. */
const sameAs = ({ file, place, outcome, requestIds }: HistoryEvent): string =>
  JSON.stringify([file, place, outcome, requestIds]);

function complain(error: unknown): void {
  console.error(
    `rewrap: the history could not be written: ${error instanceof Error ? error.message : 'unknown'}`,
  );
}
