import { hostRequests, requests } from '#shared/contract/contract.ts';
import type { ChildStarter } from '../../core/children/index.ts';
import { type Disk, diskHere } from '../../core/intake/index.ts';
import type { SharedWork } from '../../core/rotation/index.ts';
import { type Approver, noApprover } from '../../services/approvals/index.ts';
import { noChild } from '../../services/connection/index.ts';
import { createServices } from '../../services/services.ts';
import { type Engine, type EngineOptions, router, strippedEvent, unknownRequest } from '../index.ts';

/** What a host does for the services; each may be absent. */
interface EngineParts {
  /** How this host starts the child of a run that decrypts here and encrypts there. Absent: there are no such runs. */
  readonly startChild?: ChildStarter | undefined;
  /** How it starts processes that do files of a run. Absent: this one does all of them. */
  readonly startRunWorker?: ChildStarter;
  /** Where files are put back; absent: in this thread. */
  readonly disk?: Disk;
  /** Asks a person for approvals. Absent: what needs one is refused. */
  readonly approver?: Approver;
  /** What other processes do of the files of this one's runs. */
  readonly shared?: SharedWork | undefined;
}

/**
 * The services behind the contract, in this thread. The window hosts run it in a worker ({@link ./worker.ts}); the command
 * line and tests call it directly. Returns at once: connecting and the first intake go on behind it.
 */
export function createEngine(
  options: EngineOptions,
  {
    startChild = noChild,
    startRunWorker,
    disk = diskHere(),
    approver = noApprover,
    shared,
  }: EngineParts = {},
): Engine {
  const listeners = new Set<(name: string, payload: unknown) => void>();
  const services = createServices(options, {
    startChild,
    ...(startRunWorker === undefined ? {} : { startRunWorker }),
    disk,
    approver,
    ...(shared === undefined ? {} : { shared }),
    emit: (name, payload) => {
      const stripped = strippedEvent(name, payload);
      if (stripped === null) return;
      for (const listener of listeners) listener(stripped.name, stripped.payload);
    },
  });
  const page = router(requests, services.requests);
  const host = router(hostRequests, services.hostRequests);
  let closed = false;

  return {
    call: async (name, input) => {
      // It names the output folders, and a page asks for it once.
      if (name === 'app.state') await services.ready;
      return closed ? unknownRequest() : page(name, input);
    },
    callHost: async (name, input) => {
      await services.ready;
      return closed ? unknownRequest() : host(name, input);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      await services.close();
      listeners.clear();
    },
  };
}
