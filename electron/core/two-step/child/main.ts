/**
 * The two-step child: the one program of Rewrap in which plaintext exists. It holds it in one buffer that is zeroed
 * after each blob, talks to its two endpoints and to the engine that started it, prints nothing, opens no file, and
 * ends with the work. It is made of Node's own modules and this folder alone, so that it can be read whole.
 */
import type { FromChild, ToChild } from '../messages.ts';
import { BufferPlaces } from './places.ts';
import { type ChildPort, openPort } from './port.ts';
import { Endpoint } from './request.ts';
import { type Endpoints, Work } from './work.ts';

// What it was started with is of no use here. On Windows sockets need SystemRoot for as long as they are opened.
for (const name of Object.keys(process.env)) if (name !== 'SystemRoot') delete process.env[name];

const places = new BufferPlaces();

/** Zeroes what was held and ends. */
function end(code: number): never {
  places.wipe();
  process.exit(code);
}

function serve(port: ChildPort<ToChild, FromChild>): void {
  let sides: Endpoints | null = null;
  let work: Work | null = null;
  port.onClosed(() => end(0));
  port.onMessage((message: ToChild) => {
    if (message.type === 'end') end(0);
    if (message.type === 'open') {
      sides ??= { source: new Endpoint(message.source), destination: new Endpoint(message.destination) };
      work ??= new Work(sides, places);
      return;
    }
    // The first message opens; anything before it is not of our engine.
    if (work === null) end(1);
    if (message.type === 'hold') return work.hold(message.id);
    void answer(work, message).then((reply) => port.send(reply));
  });
}

function answer(
  work: Work,
  message: Exclude<ToChild, { type: 'open' | 'hold' | 'end' }>,
): Promise<FromChild> {
  if (message.type === 'move') return work.move(message);
  if (message.type === 'compare') return work.compare(message);
  return message.type === 'try-decrypt' ? work.tryDecrypt(message) : work.tryEncrypt(message);
}

// Ctrl-C and a closed terminal reach every process of the terminal: the engine decides, and ends the child.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('SIGTERM', () => end(0));
// What is not foreseen ends the process without a word: a trace could quote what it was working on.
process.on('uncaughtException', () => end(1));
process.on('unhandledRejection', () => end(1));

const port = openPort<ToChild, FromChild>();
if (port === null) end(1);
serve(port);
