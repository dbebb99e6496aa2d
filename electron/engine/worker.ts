import { parentPort, workerData } from 'node:worker_threads';
import type { EngineOptions } from '../bridge/index.ts';
import { createEngine } from './local.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

const port = parentPort;
if (port === null) throw new Error('engine/worker.ts runs in a worker thread');

const engine = createEngine(workerData as EngineOptions);
const send = (message: FromWorker) => port.postMessage(message);

engine.onEvent((name, payload) => send({ type: 'event', name, payload }));
port.on('message', (message: ToWorker) => {
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
  void answered.then((reply) => send({ type: 'reply', id: message.id, reply }));
});
