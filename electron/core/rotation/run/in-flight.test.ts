import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FakeKms, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { InFlight } from './in-flight.ts';

/** What was let in so far, by name. */
function entering(inFlight: InFlight) {
  const inside = new Map<string, number>();
  const enter = (name: string, bytes: number): void => {
    void inFlight.enter(bytes).then(() => inside.set(name, bytes));
  };
  const names = async (): Promise<string[]> => {
    await turn();
    return [...inside.keys()];
  };
  const leave = (name: string): void => {
    inFlight.leave(inside.get(name) ?? 0);
    inside.delete(name);
  };
  return { enter, names, leave };
}

test('all together stay within the budget, a larger one is alone, and none is passed over', async () => {
  const { enter, names, leave } = entering(new InFlight(100));
  enter('a', 60);
  enter('b', 40);
  enter('huge', 1000);
  enter('small', 1);
  expect(await names()).toEqual(['a', 'b']);
  leave('a');
  expect(await names()).toEqual(['b']);
  leave('b');
  expect(await names()).toEqual(['huge']);
  leave('huge');
  expect(await names()).toEqual(['small']);
});

test('a run of large files has no more of them in memory than fit, and does them all', async () => {
  const harness = await RunHarness.make();
  try {
    const kms = new FakeKms();
    const large = `${base64(madeUpBlob(OLD_KEY))}\n${'.'.repeat(20 * 1024)}\n`;
    for (let i = 0; i < 4; i++) await harness.add(`${i}.txt`, large);
    let underWay = 0;
    let most = 0;
    kms.onReEncrypt = async () => {
      most = Math.max(most, ++underWay);
      // Whatever else may go on does so meanwhile.
      for (let i = 0; underWay < 3 && kms.asked.length < 4 && i < 1000; i++) await turn();
      for (let i = 0; i < 50; i++) await turn();
      underWay--;
      return {};
    };
    const run = await harness.manager(harness.home, { bytesInFlight: 64 * 1024 }).start(harness.input(kms));
    await run.done;
    expect(run.summary().counts).toMatchObject({ total: 4, succeeded: 4 });
    expect(most).toBe(3);
  } finally {
    await harness.remove();
  }
});
