import { parentPort } from 'node:worker_threads';
import { FaultError } from '#shared/model/fault-error.ts';
import { writeFault } from '../../faults.ts';
import { WAITING_FS } from '../fs.ts';
import { replaceFile } from '../replace-file.ts';
import { removeWritten, restoreBackup } from '../undo.ts';
import { writeNewFile } from '../write-new-file.ts';
import { type DiskJob, type Done, type FromThread, type Names, Outbox, type ToThread } from './messages.ts';

/** The thread that puts files back: it may wait for a slow disk, and no other with it. */
const port = parentPort;
if (port === null) throw new Error('put-back/disk/thread.ts runs in a worker thread');

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
      return replaceFile({ ...job.input, staged, fs: WAITING_FS });
    case 'new':
      return writeNewFile({ ...job.input, staged, fs: WAITING_FS });
    case 'restore':
      return restoreBackup({ ...job.input, fs: WAITING_FS });
    case 'remove':
      return removeWritten(job.input, WAITING_FS);
  }
}
