import { dirname } from 'node:path';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { ChildChannel } from '../../children/index.ts';
import {
  type KmsAccess,
  KmsFaultError,
  type KmsRequests,
  NotSent,
  type Sending,
  unlessHeld,
} from '../../kms/index.ts';
import { onAbort } from '../../limits/on-abort.ts';
import type { FileRow, PendingBlob, StagedFile } from '../journal/rows.ts';
import type { RunRecord } from '../journal/run-record.ts';
import { repeatedReply } from '../run/checks/reply-checks.ts';
import { settleFile, sweep } from '../run/recover.ts';
import type { RunContext } from '../run/run-context.ts';
import { Halted } from '../scheduler/request-scheduler.ts';
import type { RunFile } from '../types.ts';
import {
  type FileAttributes,
  type FromWorkerProcess,
  MessageBatch,
  type ToWorkerProcess,
  type WorkerOpening,
} from './messages.ts';

/** How long a worker may take to end when asked, milliseconds; then it is killed. Its files are done by then. */
const END_LIMIT = 2_000;

/** How often a process is asked whether it hangs, milliseconds, and how often it may not answer. */
const PULSE = 10_000;
const MOST_UNHEARD = 6;

/** How a file came back: 'died' where the process did. */
type Ended = 'done' | 'again' | 'died';

/** A file that the worker has. */
interface Flight {
  readonly file: RunFile;
  /** What it is about to become; null: nothing of it is changed. */
  staged: StagedFile | null;
  /** Blobs with new ciphertext that is about to stand in it. */
  readonly ready: Set<number>;
  /** A new blob of it is one that another blob of the run was given. */
  repeated: boolean;
  readonly pending: Map<number, object>;
  /** It waits for its disk alone. */
  readonly onDisk: () => void;
  readonly ended: (how: Ended) => void;
}

/** What the workers of a run share. */
export interface WorkerShared {
  /** Of the run in this process: the journal's record, the blobs' tracker, the one scheduler. */
  readonly context: RunContext & { readonly record: Pick<RunRecord, 'setPending'> };
  readonly opening: () => WorkerOpening;
  readonly access: (kms: KmsRequests) => KmsAccess;
  /** For tests: in place of {@link PULSE}. */
  readonly pulse: number | undefined;
  /** The owner of this id, which was a process of the run, is dead. */
  readonly forget: (owner: string) => void;
  /** Whether no other blob of the run was given this new blob; `sha256` in hex. */
  readonly isFirst: (sha256: string, item: number) => boolean;
}

/** Who wants to know how it goes with a process. */
interface WorkerLife {
  readonly serves: () => void;
  /** It is gone; its files are not settled yet. */
  readonly ends: (served: boolean) => void;
}

/** One process that does files of a run, from its start to its end: the engine's side. */
export class WorkerProcess {
  /** Resolves when the process is gone and its files are settled. */
  readonly ended: Promise<void>;
  readonly #shared: WorkerShared;
  readonly #channel: ChildChannel;
  readonly #life: WorkerLife;
  readonly #batch: MessageBatch<ToWorkerProcess>;
  readonly #flights = new Map<number, Flight>();
  /** Of each blob of its files. */
  readonly #ofItem = new Map<number, Flight>();
  readonly #requests = new Map<number, (message: Answer | null) => void>();
  /** Gives it the files that came before it served: one that ends first, of itself, says nothing of a file. */
  readonly #early: (() => void)[] = [];
  #owner: string | null = null;
  #gone = false;
  /** Whether anything came from it since it was asked. */
  #heard = true;
  #unheard = 0;
  readonly #pulse: NodeJS.Timeout;
  /** By which it sends. */
  #over: KmsAccess;
  /** The keys that it has. */
  #keys: { readonly access: KmsAccess; readonly generation: number } | null = null;

  constructor(channel: ChildChannel, shared: WorkerShared, life: WorkerLife) {
    this.#shared = shared;
    this.#life = life;
    this.#channel = channel;
    this.#batch = new MessageBatch((messages) => channel.send(messages));
    this.#over = shared.access(shared.context.kms());
    this.#batch.add(shared.opening());
    this.#pulse = setInterval(() => this.#listen(), shared.pulse ?? PULSE).unref();
    channel.onMessage((messages) => {
      this.#heard = true;
      // What of it is true is seen on the disk by now.
      if (!this.#gone) for (const message of messages as readonly FromWorkerProcess[]) this.#take(message);
    });
    this.ended = new Promise((resolve) => {
      channel.onEnd(() => void this.#ended().then(() => resolve()));
    });
  }

  /** Files that it has. */
  get files(): number {
    return this.#flights.size;
  }

  /** Whether it ever served. */
  get served(): boolean {
    return this.#owner !== null;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Has a file done. Never rejects. */
  rotate(
    file: RunFile,
    prior: ReadonlyMap<number, PendingBlob>,
    attributes: FileAttributes,
    onDisk: () => void,
  ): Promise<Ended> {
    return new Promise((ended) => {
      const flight = {
        file,
        staged: null,
        ready: new Set<number>(),
        repeated: false,
        pending: new Map(),
        onDisk,
        ended,
      };
      this.#flights.set(file.index, flight);
      for (const { item } of file.blobs) this.#ofItem.set(item, flight);
      const give = (): void => this.#batch.add({ type: 'file', file, prior, attributes });
      if (this.served) give();
      else this.#early.push(give);
    });
  }

  halt(fault: Fault): void {
    this.#batch.add({ type: 'halted', fault });
  }

  /** Ends it; resolves when it is gone. */
  async close(): Promise<void> {
    this.#batch.add({ type: 'end' });
    this.#batch.flush();
    const late = setTimeout(() => this.#channel.kill(), END_LIMIT);
    await this.ended;
    clearTimeout(late);
  }

  /** Ends it at once; its files are settled as those of one that died. */
  kill(): void {
    this.#channel.kill();
  }

  #take(message: FromWorkerProcess): void {
    const { tracker, record, stop, holdFor } = this.#shared.context;
    switch (message.type) {
      case 'ready':
        this.#owner = message.owner;
        for (const give of this.#early.splice(0)) give();
        this.#life.serves();
        return;
      case 'turn':
        void this.#turn(message.id);
        return;
      case 'answered':
      case 'held':
      case 'failed':
        this.#requests.get(message.id)?.(message);
        return;
      case 'running':
        tracker.running(message.item);
        return;
      case 'save':
        this.#save(message);
        return;
      case 'ended':
        tracker.note(message.item, message.facts);
        tracker.end(message.item, message.state, message.fault);
        return;
      case 'stands':
        tracker.stands(message.item, message.bytes);
        return;
      case 'back':
        tracker.back(message.item);
        return;
      case 'pending':
        this.#keep(message);
        return;
      case 'on-disk':
        this.#flight(message.file).onDisk();
        return;
      case 'stage':
        record.stage(message.file, message.staged);
        this.#flight(message.file).staged = message.staged;
        return;
      case 'unstage':
        record.unstage(message.file);
        this.#flight(message.file).staged = null;
        return;
      case 'set-file':
        this.#setFile(message);
        return;
      case 'file-done':
        tracker.fileDone(this.#flight(message.file).file, message.rewritten);
        return;
      case 'durable':
        void this.#durable(message);
        return;
      case 'here':
        return;
      case 'stop':
        stop(message.fault);
        return;
      case 'hold-for':
        holdFor(message.fault);
        return;
      case 'done':
        this.#done(message.file, message.how);
    }
  }

  #flight(file: number): Flight {
    const flight = this.#flights.get(file);
    if (flight === undefined) throw new Error(`A worker has no file ${file}.`);
    return flight;
  }

  #done(file: number, how: Ended): void {
    const flight = this.#flight(file);
    this.#flights.delete(file);
    for (const { item } of flight.file.blobs) this.#ofItem.delete(item);
    flight.ended(how);
  }

  #save({ item, facts }: Extract<FromWorkerProcess, { type: 'save' }>): void {
    const { tracker } = this.#shared.context;
    tracker.note(item, facts);
    tracker.save(item);
    const flight = this.#ofItem.get(item);
    if (flight === undefined || facts.sha256After === null) return;
    flight.ready.add(item);
    if (!this.#shared.isFirst(facts.sha256After, item)) flight.repeated = true;
  }

  #keep({ file, item, kept }: Extract<FromWorkerProcess, { type: 'pending' }>): void {
    const flight = this.#flight(file);
    flight.pending.set(item, kept);
    const still = (): boolean => this.#flights.get(file) === flight && flight.pending.get(item) === kept;
    this.#shared.context.record.setPending(file, item, kept, still);
  }

  #setFile({ file, state, note, hadPending }: Extract<FromWorkerProcess, { type: 'set-file' }>): void {
    const { record, attributes, output } = this.#shared.context;
    const seen = state === 'replaced' && output.inPlace ? attributes.takeNote() : null;
    record.setFile(file, state, note ?? seen, hadPending);
  }

  /**
   * Nothing of the file is changed before the journal has on disk what it becomes, and what it becomes agrees with what
   * other processes were given.
   */
  async #durable({ id, file }: Extract<FromWorkerProcess, { type: 'durable' }>): Promise<void> {
    let fault: Fault | null;
    try {
      fault = await this.#contradiction(this.#flight(file));
      await this.#shared.context.record.durable();
    } catch (error) {
      // The run stopped over a question that KMS did not answer: the file stays as it was.
      if (error instanceof Halted) {
        this.kill();
        return;
      }
      if (!(error instanceof FaultError)) throw error;
      fault = error.fault;
    }
    this.#batch.add({ type: 'durable', id, fault });
  }

  /** Each process compares its own new blobs alone. */
  async #contradiction({ ready, repeated }: Flight): Promise<Fault | null> {
    const { tracker, newBlobs } = this.#shared.context;
    if (repeated) return repeatedReply(ready.size);
    for (const item of ready) {
      const { fingerprintAfter, destinationKeyArn, destinationKeyMaterialId } = tracker.get(item);
      // Ciphertext of asymmetric keys says nothing of its key.
      if (fingerprintAfter === null || destinationKeyArn === null) continue;
      const now = { keyArn: destinationKeyArn, keyMaterialId: destinationKeyMaterialId };
      const fault = await newBlobs.agrees(fingerprintAfter, now);
      if (fault !== null) return fault;
    }
    return null;
  }

  /** A process that hangs is ended: others do its files, and a run that was stopped comes to its end. */
  #listen(): void {
    this.#unheard = this.#heard ? 0 : this.#unheard + 1;
    if (this.#unheard >= MOST_UNHEARD) this.kill();
    this.#heard = false;
    this.#batch.add({ type: 'there' });
  }

  /** Lets a request leave when it may, as often as it may be tried. */
  async #turn(id: number): Promise<void> {
    try {
      await this.#shared.context.scheduler.send((kms, sending) => this.#ask(id, kms, sending));
    } catch (error) {
      const fault = error instanceof FaultError ? error.fault : null;
      const situation = error instanceof KmsFaultError ? error.situation : null;
      if (!this.#gone) this.#batch.add({ type: 'over', id, fault, situation });
    } finally {
      this.#requests.delete(id);
    }
  }

  /** One try. Throws what KMS answered, explained; `NotSent`; and where the process is gone, which is not tried again. */
  async #ask(id: number, kms: KmsRequests, sending: Sending): Promise<void> {
    const access = this.#shared.access(kms);
    for (let again = false; ; again = true) {
      const generation = await this.#giveKeys(access, sending);
      const answer = await this.#answer(id, sending);
      if (answer === null) throw new Halted();
      if (answer.type === 'answered') return;
      if (answer.type === 'held') throw new NotSent();
      if (answer.remote === null) throw new Error('A worker met a defect.');
      const { failure, situation } = answer.remote;
      const error = access.explain(failure, situation);
      if (again || error.fault.code !== 'ExpiredTokenException') throw error;
      // It was refused before it did anything: once more, with credentials that are sought anew.
      access.forget(Math.max(generation, 1));
    }
  }

  async #giveKeys(access: KmsAccess, sending: Sending): Promise<number> {
    if (this.#over !== access) {
      this.#over = access;
      this.#batch.add({ type: 'way', way: access.way });
    }
    const { generation, ...keys } = access.held() ?? (await unlessHeld(access.keys(), sending));
    if (this.#keys?.access !== access || this.#keys.generation !== generation) {
      this.#keys = { access, generation };
      this.#batch.add({ type: 'keys', keys });
    }
    return generation;
  }

  /** Null: the process is gone. */
  #answer(id: number, { hold }: Sending): Promise<Answer | null> {
    if (this.#gone) return Promise.resolve(null);
    if (hold?.aborted) return Promise.reject(new NotSent());
    return new Promise((resolve) => {
      const ends = onAbort(hold, () => this.#batch.add({ type: 'hold', id }));
      this.#requests.set(id, (answer) => {
        ends();
        this.#requests.delete(id);
        resolve(answer);
      });
      this.#batch.add({ type: 'go', id });
    });
  }

  /** Nothing that it says counts any more: of each file that it had, the disk says what became of it. */
  async #ended(): Promise<void> {
    this.#gone = true;
    this.#life.ends(this.served);
    clearInterval(this.#pulse);
    for (const answered of [...this.#requests.values()]) answered(null);
    await Promise.all([...this.#flights.values()].map((flight) => this.#settle(flight)));
    if (this.#owner !== null) this.#shared.forget(this.#owner);
  }

  async #settle(flight: Flight): Promise<void> {
    const { tracker, record, input, output } = this.#shared.context;
    const { file, staged, ready } = flight;
    const stands = staged === null ? 'old' : await settleFile(record, rowOf(file, staged), input.output);
    const target = output.target(file);
    if (target !== null) {
      const isDead = (owner: string): boolean => owner === this.#owner;
      await sweep(new Set([dirname(target)]), { isDead });
    }
    if (stands === 'old') {
      for (const { item } of file.blobs) tracker.back(item);
      return this.#done(file.index, 'died');
    }
    for (const { item, bytes } of file.blobs) {
      if (!ready.has(item)) continue;
      if (stands === 'new') tracker.stands(item, bytes);
      else tracker.end(item, 'failed', stands);
    }
    if (stands !== 'new') record.setFile(file.index, 'left', null, true);
    tracker.fileDone(file, stands === 'new');
    this.#done(file.index, 'done');
  }
}

type Answer = Extract<FromWorkerProcess, { type: 'answered' | 'held' | 'failed' }>;

/** A staged file as the journal has it. */
const rowOf = ({ index, path, folder, display, relative, sha256 }: RunFile, staged: StagedFile): FileRow => ({
  ...staged,
  index,
  path,
  folder: folder ?? null,
  display,
  relative,
  state: 'staged',
  before: sha256,
  note: null,
});
