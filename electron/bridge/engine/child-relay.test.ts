import { MessageChannel } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { ChildChannel } from '../../core/children/index.ts';
import { HostedChildren, RelayedChildren } from './child-relay.ts';

/** A child that answers what it is sent with the same. */
class Echo implements ChildChannel {
  sent: unknown[] = [];
  killed = false;
  #message: (message: unknown) => void = () => {};
  #end = () => {};

  send(message: unknown): void {
    this.sent.push(message);
    this.#message(message);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onEnd(listener: () => void): void {
    this.#end = listener;
  }
  kill(): void {
    this.killed = true;
    this.#end();
  }
}

/** Host and engine, with a real port between them: messages are cloned. */
function relay() {
  const { port1, port2 } = new MessageChannel();
  const children: Echo[] = [];
  const kinds: string[] = [];
  const start = (kind: string) => () => {
    const child = new Echo();
    children.push(child);
    kinds.push(kind);
    return child;
  };
  const host = new HostedChildren({ 'two-step': start('two-step'), run: start('run') }, (message) =>
    port1.postMessage(message),
  );
  port1.on('message', (message) => host.take(message));
  const engine = new RelayedChildren((message) => port2.postMessage(message));
  port2.on('message', (message) => engine.take(message));
  return { host, engine, children, kinds, close: () => port1.close() };
}

test('each child hears and says its own, bytes as bytes', async () => {
  const { engine, children, kinds, close } = relay();
  const [one, two] = [engine.starter('two-step')(), engine.starter('run')()];
  const heard = Promise.all(
    [one, two].map((channel) => new Promise((resolve) => channel.onMessage(resolve))),
  );
  one.send({ to: 'one', blob: Uint8Array.of(1, 2, 3) });
  two.send({ to: 'two' });
  expect(await heard).toEqual([{ to: 'one', blob: Uint8Array.of(1, 2, 3) }, { to: 'two' }]);
  expect(children.map((child) => child.sent)).toEqual([
    [{ to: 'one', blob: Uint8Array.of(1, 2, 3) }],
    [{ to: 'two' }],
  ]);
  expect(kinds).toEqual(['two-step', 'run']);
  close();
});

test('an end is passed on, and one that the engine is gone for is not passed to the next one', async () => {
  const { host, engine, children, close } = relay();
  const channel = engine.starter('two-step')();
  channel.kill();
  await new Promise<void>((resolve) => channel.onEnd(resolve));
  expect(children[0]?.killed).toBe(true);
  let ends = 0;
  engine
    .starter('two-step')()
    .onEnd(() => {
      ends++;
    });
  await expect.poll(() => children.length).toBe(2);
  host.killAll();
  expect(children[1]?.killed).toBe(true);
  // What is said after it is heard after it.
  const third = engine.starter('run')();
  third.send('x');
  await new Promise((resolve) => third.onMessage(resolve));
  expect(ends).toBe(0);
  close();
});
