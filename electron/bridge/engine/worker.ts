import { join } from 'node:path';
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Reply } from '#shared/contract/api.ts';
import { DISK_THREAD, DISK_THREAD_OPTIONS, DiskPool } from '../../core/intake/index.ts';
import { toFault } from '../index.ts';
import { RelayedApprovals, RelayedChildren } from './child-relay.ts';
import { createEngine } from './create-engine.ts';
import type { FromWorker, ToWorker, WorkerStart } from './protocol.ts';
import { quietLibraries } from './quiet-libraries.ts';

quietLibraries();
const port = parentPort;
if (port === null) throw new Error('engine/worker.ts runs in a worker thread');

const send = (message: FromWorker) => port.postMessage(message);

// A thread that was begun before its host knew what it serves hears that first.
if (workerData === null) port.once('message', (message: WorkerStart) => serve(port, message));
else serve(port, workerData as WorkerStart);

function serve(port: MessagePort, { options, approvalsShownIn }: WorkerStart): void {
  const relayed = new RelayedChildren(send);
  const approvals = new RelayedApprovals(approvalsShownIn, (question) =>
    send({ type: 'approval-ask', question }),
  );
  const engine = createEngine(options, {
    startChild: relayed.starter('two-step'),
    startRunWorker: relayed.starter('run'),
    disk: new DiskPool(() => new Worker(join(__dirname, DISK_THREAD), DISK_THREAD_OPTIONS)),
    approver: approvals,
  });

  engine.onEvent((name, payload) => send({ type: 'event', name, payload }));
  port.on('message', (message: ToWorker) => {
    if (message.type === 'child-message' || message.type === 'child-ended') return relayed.take(message);
    if (message.type === 'approval-answer') return approvals.answered(message.id, message.answer);
    if (message.type === 'close') {
      void engine.close().then(() => {
        send({ type: 'closed' });
        port.close();
      });
      return;
    }
    const answered = message.host
      ? engine.callHost(message.name, message.input)
      : engine.call(message.name, message.input);
    answered
      .catch((error: unknown) => ({ ok: false as const, fault: toFault(error) }))
      .then((reply) => answerCall(message.id, reply));
  });

  // Last: from now on every message is heard.
  send({ type: 'ready' });
}

/** A reply that cannot be sent is a fault of ours, and no reason to take every other request down with it. */
function answerCall(id: number, reply: Reply<unknown>): void {
  try {
    send({ type: 'reply', id, reply });
  } catch (error) {
    send({ type: 'reply', id, reply: { ok: false, fault: toFault(error) } });
  }
}
