import { test } from 'vitest';
import { expectLinear } from '../inspect/linear.test-help.ts';
import { onAbort } from './on-abort.ts';
import { WaitQueue } from './semaphore.ts';

test('a slot is passed on in the same time however many wait', () => {
  expectLinear(
    (size) => () => {
      const queue = new WaitQueue();
      for (let i = 0; i < size; i++) void queue.wait();
      while (queue.next());
    },
    4000,
    'passing slots on',
  );
});

test('callers that are aborted leave in the same time however many wait', () => {
  expectLinear(
    (size) => () => {
      const queue = new WaitQueue();
      const aborts = Array.from({ length: size }, () => new AbortController());
      for (const { signal } of aborts) queue.wait(signal).catch(() => undefined);
      for (const abort of aborts) abort.abort();
      queue.next();
    },
    2000,
    'aborting callers',
  );
});

test('one signal has a listener more or less in the same time however many it has', () => {
  expectLinear(
    (size) => () => {
      const { signal } = new AbortController();
      const ends = Array.from({ length: size }, () => onAbort(signal, () => {}));
      for (const end of ends) end();
    },
    2000,
    'adding and removing listeners',
  );
});
