import { explainKms } from '#shared/kms/errors.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { ChildChannel } from '../../children/index.ts';
import { type Disk, diskHere } from '../../intake/index.ts';
import {
  type Kms,
  type KmsAccess,
  KmsFaultError,
  type KmsRequests,
  RemoteKmsError,
} from '../../kms/index.ts';
import { serveWorker } from '../workers/worker.ts';

/** A connection as a run with workers needs it, over a KMS for tests. */
export const withAccess = (kms: Kms, endpoint = 'http://127.0.0.1:1'): Kms => {
  const access: KmsAccess = {
    way: {
      choice: kms.choice,
      endpoint,
      region: kms.region,
      ca: null,
      proxy: null,
      connectionTimeout: 1000,
      requestTimeout: 1000,
      situation: { region: kms.region },
    },
    held: () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: null, generation: 1 }),
    keys: async () => ({ accessKeyId: 'a', secretAccessKey: 's', sessionToken: null, generation: 1 }),
    forget: () => {},
    explain: ({ name, message, requestId }, situation) =>
      new KmsFaultError(explainKms(name, message, requestId, situation), situation),
  };
  return Object.assign(Object.create(kms) as Kms, { access: () => access });
};

/** What a worker's own connection throws for what the KMS of a test answers. */
function remote(kms: KmsRequests): KmsRequests {
  const thrown = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof FaultError) || error.fault.raw === null) throw error;
      const { name, message, requestId } = error.fault.raw;
      throw new RemoteKmsError(
        { name, message, code: null, status: 400, requestId },
        { operation: 'ReEncrypt' },
      );
    }
  };
  return {
    choice: kms.choice,
    region: kms.region,
    endpoint: kms.endpoint,
    reEncrypt: (input, sending) => thrown(kms.reEncrypt(input, sending)),
    dryRun: (input, sending) => thrown(kms.dryRun(input, sending)),
    mayReEncrypt: (input, sending) => thrown(kms.mayReEncrypt(input, sending)),
    describeOnce: (keyId, sending) => thrown(kms.describeOnce(keyId, sending)),
  };
}

/**
 * Workers in the process of the test, each over the same KMS; messages are cloned. `dies`: on which message to one. `at`: the
 * KMS of other endpoints. `diskOf`: the disk of the worker that is started as the nth.
 */
export class InProcessWorkers {
  started = 0;
  readonly #kms: KmsRequests;
  readonly #at: Readonly<Record<string, KmsRequests>>;
  readonly #dies: (message: unknown) => boolean;
  readonly #diskOf: (nth: number) => Disk;

  constructor(
    kms: KmsRequests,
    dies: (message: unknown) => boolean = () => false,
    at: Readonly<Record<string, KmsRequests>> = {},
    diskOf: (nth: number) => Disk = () => diskHere(),
  ) {
    this.#diskOf = diskOf;
    this.#kms = remote(kms);
    this.#at = at;
    this.#dies = dies;
  }

  readonly start = (): ChildChannel => {
    this.started++;
    let lives = true;
    let toEngine: (message: unknown) => void = () => {};
    let toWorker: (messages: readonly never[]) => void = () => {};
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const kill = (): void => {
      lives = false;
      end();
    };
    serveWorker(
      {
        send: (messages) => {
          const copy = structuredClone(messages);
          setImmediate(() => lives && toEngine(copy));
        },
        onMessage: (listener) => {
          toWorker = listener as typeof toWorker;
        },
      },
      this.#diskOf(this.started),
      kill,
      ({ endpoint }) => {
        const other = this.#at[endpoint];
        return other === undefined ? this.#kms : remote(other);
      },
    );
    return {
      send: (messages) => {
        const copy = structuredClone(messages) as readonly never[];
        setImmediate(() => {
          if (!lives) return;
          if (copy.some((message) => this.#dies(message))) kill();
          else toWorker(copy);
        });
      },
      onMessage: (listener) => {
        toEngine = listener;
      },
      onEnd: (listener) => void ended.then(listener),
      kill,
    };
  };
}
