/**
 * A process that does files of a run: see ./worker.ts. It ends with the pipe to the engine that started it, so that nothing
 * is done that no journal hears of.
 */
import { HereFirst } from '../../intake/index.ts';
import { openPort } from '../../two-step/index.ts';
import type { FromWorkerProcess, ToWorkerProcess } from './messages.ts';
import { serveWorker } from './worker.ts';

const end = (code: number): never => process.exit(code);

// Ctrl-C and a closed terminal reach every process of the terminal, and SIGTERM every one that a scheduler ends together:
// the engine decides, and ends this one. Where the process that started it is gone, no one decides: SIGTERM ends it then.
// Electron ends its own by SIGTERM. One that hangs in a loop hears neither its pipe nor a signal: a living engine kills it
// (see its pulse), and of a dead one, what is left behind for that (core/children/reaper.ts).
const parent = process.ppid;
if (process.send !== undefined)
  process.on('SIGTERM', () => {
    if (process.ppid !== parent) end(0);
  });
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('uncaughtException', () => end(1));
process.on('unhandledRejection', () => end(1));

const port = openPort<readonly ToWorkerProcess[], readonly FromWorkerProcess[]>();
if (port === null) end(1);
else {
  port.onClosed(() => end(0));
  serveWorker(port, new HereFirst(), () => end(0));
}
