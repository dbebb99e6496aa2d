import { parentPort } from 'node:worker_threads';
import { FaultError } from '#shared/model/fault-error.ts';
import { writeFault } from '../../faults.ts';
import { HereFirst } from './here-first.ts';
import { type DiskJob, type Done, type FromThread, type Names, Outbox, type ToThread } from './messages.ts';

/** The thread that puts files back: what it waits for holds up no other. */
const port = parentPort;
if (port === null) throw new Error('put-back/disk/thread.ts runs in a worker thread');

const disk = new HereFirst();
const outbox = new Outbox<FromThread>((messages) => port.postMessage(messages));
const waiting = new Map<number, { goOn: () => void; refuse: (error: FaultError) => void }>();

port.on('message', (messages: readonly ToThread[]) => {
  for (const message of messages) take(message);
});

function take(message: ToThread): void {
  if ('job' in message) {
    void run(message.id, message.job);
    return;
  }
  const one = waiting.get(message.id);
  waiting.delete(message.id);
  if ('refused' in message) one?.refuse(new FaultError(message.refused));
  else one?.goOn();
}

async function run(id: number, job: DiskJob): Promise<void> {
  try {
    outbox.add({ id, done: await work(id, job) });
  } catch (error) {
    const path = job.kind === 'new' ? job.input.relative : job.input.path;
    outbox.add({ id, failed: writeFault(error, path, 'Nothing was replaced.').fault });
  }
}

function work(id: number, job: DiskJob): Promise<Done> {
  const staged = (names: Names): Promise<void> =>
    new Promise((goOn, refuse) => {
      waiting.set(id, { goOn, refuse });
      outbox.add({ id, staged: names });
    });
  switch (job.kind) {
    case 'replace':
      return disk.replaceFile({ ...job.input, staged });
    case 'new':
      return disk.writeNewFile({ ...job.input, staged });
    case 'restore':
      return disk.restoreBackup(job.input);
    case 'remove':
      return disk.removeWritten(job.input);
  }
}
