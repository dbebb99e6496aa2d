import { hostRequests, requests } from '#shared/contract/contract.ts';
import { type Disk, diskHere } from '../../core/intake/index.ts';
import type { SharedWork } from '../../core/rotation/index.ts';
import type { ChildStarter } from '../../core/two-step/index.ts';
import { type Approver, noApprover } from '../../services/approvals/index.ts';
import { noChild } from '../../services/connection/index.ts';
import { createServices } from '../../services/services.ts';
import { type Engine, type EngineOptions, router, strippedEvent, unknownRequest } from '../index.ts';

/**
 * The services behind the contract, in this thread. The window hosts run it in a worker ({@link ./worker.ts}); the command
 * line and tests call it directly. Returns at once: connecting and the first intake go on behind it. `startChild`: how
 * this host starts the child of a run that decrypts here and encrypts there. `disk`: where files are put back, in this
 * thread if not given. `approver`: asks a person for approvals; if not given, what needs one is refused. `shared`: what other
 * processes do of the files of this one's runs.
 */
export function createEngine(
  options: EngineOptions,
  startChild: ChildStarter = noChild,
  disk: Disk = diskHere(),
  approver: Approver = noApprover,
  shared?: SharedWork,
): Engine {
  const listeners = new Set<(name: string, payload: unknown) => void>();
  const services = createServices(options, {
    startChild,
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
    call: async (name, input) => (closed ? unknownRequest() : page(name, input)),
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
