import { explainOwn, faultOf } from '#shared/kms/errors.ts';
import { keyIdentity } from '#shared/kms/facts.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { Disk } from '../../intake/index.ts';
import { type AccessKeys, type KmsRequests, RemoteKms } from '../../kms/index.ts';
import type { ChildPort } from '../../two-step/index.ts';
import { Owner } from '../journal/owners.ts';
import { outputMode } from '../output-mode.ts';
import { rotateFile } from '../run/file-step.ts';
import type { RunContext } from '../run/run-context.ts';
import { runContextOf } from '../run/run-files.ts';
import type { KnownKeys, KnownReply, RunInput } from '../types.ts';
import {
  type FromWorkerProcess,
  MessageBatch,
  type ToWorkerProcess,
  type WorkerOpening,
} from './messages.ts';
import { RelayedRecord, RelayedRequests, RelayedTracker } from './relays.ts';

/** The pipe to the engine that started this worker. */
type WorkerPort = Omit<ChildPort<readonly ToWorkerProcess[], readonly FromWorkerProcess[]>, 'onClosed'>;

/**
 * A process that does files of a run for an engine: it reads them, sends their requests and puts them back. The engine keeps
 * the journal, lets each request leave, and has the credentials; nothing of a file is changed before it says that the
 * journal has it on disk. `ended`: the engine needs it no more. `kmsOf`: another KMS, in tests.
 */
export function serveWorker(
  port: WorkerPort,
  disk: Disk,
  ended: () => void,
  kmsOf: (way: WorkerOpening['way'], keys: () => AccessKeys) => KmsRequests = (way, keys) =>
    new RemoteKms(way, keys),
): void {
  const batch = new MessageBatch<FromWorkerProcess>((messages) => port.send(messages));
  const tell = (message: FromWorkerProcess): void => batch.add(message);
  let worker: RunWorker | null = null;
  port.onMessage((messages) => {
    for (const message of messages) {
      if (message.type === 'open') {
        worker = new RunWorker(message, disk, tell, kmsOf);
        tell({ type: 'ready', owner: worker.owner });
      } else if (message.type === 'end') {
        worker?.close();
        ended();
      } else worker?.take(message);
    }
  });
}

class RunWorker {
  readonly #tracker: RelayedTracker;
  readonly #record: RelayedRecord;
  readonly #requests: RelayedRequests;
  readonly #context: RunContext;
  readonly #owner: Owner;
  readonly #kmsOf: (way: WorkerOpening['way']) => KmsRequests;
  #kms: KmsRequests;
  readonly #tell: (message: FromWorkerProcess) => void;
  /** The file of each blob of those with several. */
  readonly #fileOf = new Map<number, number>();
  #keys: AccessKeys | null = null;
  #halted: Fault | null = null;

  constructor(
    opening: WorkerOpening,
    disk: Disk,
    tell: (message: FromWorkerProcess) => void,
    kmsOf: (way: WorkerOpening['way'], keys: () => AccessKeys) => KmsRequests,
  ) {
    const { request, way } = opening;
    this.#tell = tell;
    this.#kmsOf = (by) => kmsOf(by, () => this.#held());
    this.#kms = this.#kmsOf(way);
    this.#tracker = new RelayedTracker(tell);
    this.#record = new RelayedRecord(tell);
    this.#requests = new RelayedRequests(tell, () => this.#kms);
    this.#owner = new Owner(opening.dataDir, opening.dataFolder);
    const output = outputMode(opening.output);
    this.#context = runContextOf({
      input: inputOf(opening),
      output,
      tracker: this.#tracker,
      // Of each file its own, and what the engine looked up of it: see `#file`.
      record: this.#record.of(-1),
      attributes: { has: async () => false, refusal: async () => null, takeNote: () => null },
      owner: this.#owner.id,
      scheduler: this.#requests,
      disk,
      fs: null,
      kms: () => this.#kms,
      halted: () => this.#halted,
      stop: (fault) => tell({ type: 'stop', fault }),
      holdFor: (fault) => tell({ type: 'hold-for', fault }),
      keepBlob: (item, next, verified) => {
        const file = this.#fileOf.get(item);
        if (file === undefined || request.dryRun) return;
        tell({ type: 'pending', file, item, kept: { next, verified, facts: this.#tracker.get(item) } });
      },
      // No run that keeps its new files in memory has workers.
      keep: () => {
        throw new FaultError(explainOwn('Internal'));
      },
      step: () => {},
      earlier: async () => opening.earlier,
    });
  }

  get owner(): string {
    return this.#owner.id;
  }

  take(message: Exclude<ToWorkerProcess, WorkerOpening | { type: 'end' }>): void {
    switch (message.type) {
      case 'file':
        void this.#file(message);
        return;
      case 'way':
        this.#kms = this.#kmsOf(message.way);
        return;
      case 'there':
        this.#tell({ type: 'here' });
        return;
      case 'keys':
        this.#keys = message.keys;
        return;
      case 'go':
        this.#requests.go(message.id);
        return;
      case 'hold':
        this.#requests.hold(message.id);
        return;
      case 'over':
        this.#requests.over(message);
        return;
      case 'durable':
        this.#record.durable(message);
        return;
      case 'halted':
        this.#halted = message.fault;
    }
  }

  close(): void {
    this.#owner.close();
  }

  async #file({ file, prior, attributes }: Extract<ToWorkerProcess, { type: 'file' }>): Promise<void> {
    if (file.blobs.length > 1) for (const { item } of file.blobs) this.#fileOf.set(item, file.index);
    const context: RunContext = {
      ...this.#context,
      record: this.#record.of(file.index),
      attributes: {
        has: async () => attributes.has,
        refusal: async () => attributes.refusal,
        // The engine adds it, once for all workers.
        takeNote: () => null,
      },
    };
    let how: 'done' | 'again' = 'done';
    try {
      how = await rotateFile(context, file, prior, () => this.#tell({ type: 'on-disk', file: file.index }));
    } catch (error) {
      // It never rejects; should it, the run must not wait for this file.
      this.#tell({ type: 'stop', fault: faultOf(error) });
    }
    for (const { item } of file.blobs) this.#fileOf.delete(item);
    this.#tell({ type: 'done', file: file.index, how });
  }

  #held(): AccessKeys {
    if (this.#keys === null) throw new FaultError(explainOwn('Internal'));
    return this.#keys;
  }
}

function inputOf({ request, output, known, namesMaterials }: WorkerOpening): RunContext['input'] {
  const input: RunContext['input'] = { request, output, connection: '', target: '' };
  if (known === null) return input;
  const keys = knownKeysOf(known);
  return { ...input, known: keys, ...(namesMaterials ? { namedMaterials: namedBy(keys) } : {}) };
}

/** What replies of KMS said, looked up in a list of all. */
function knownKeysOf(all: readonly KnownReply[]): KnownKeys {
  const byFingerprint = Map.groupBy(all, ({ fingerprint }) => fingerprint);
  const byKey = Map.groupBy(all, ({ keyArn }) => keyIdentity(keyArn));
  return {
    of: (fingerprint) => byFingerprint.get(fingerprint) ?? [],
    under: (keyArn) => byKey.get(keyIdentity(keyArn)) ?? [],
    all: () => all,
  };
}

const namedBy =
  ({ of }: KnownKeys): NonNullable<RunInput['namedMaterials']> =>
  (fingerprint) =>
    of(fingerprint).flatMap(({ keyArn, keyMaterialId, evidence }) =>
      keyMaterialId === null ? [] : [{ keyArn, keyMaterialId, evidence }],
    );
