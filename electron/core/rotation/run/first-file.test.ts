import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeKms, KEY, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

let harness: RunHarness;
let kms: FakeKms;
const destination = { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

const start = () =>
  harness.start(
    kms,
    { destination },
    { mode: 'in-place', backup: true },
    { holdsAfterFirst: true, failurePolicy: 'wait' },
  );

test('held back after the first file, whatever is renewed; going on does the rest', async () => {
  for (let i = 0; i < 4; i++) await harness.add(`${i}.b64`, base64(madeUpBlob(OLD_KEY)));
  const run = await start();
  await vi.waitFor(() => expect(run.atFirstFile).toBe(true));
  expect(run.summary()).toMatchObject({
    status: 'paused',
    fault: { code: 'FirstFileDone' },
    files: { done: 1 },
    counts: { succeeded: 1, waiting: 3 },
  });
  run.renew(kms);
  expect(run.summary()).toMatchObject({ status: 'paused', fault: { code: 'FirstFileDone' } });
  expect(kms.asked).toHaveLength(1);
  run.goOn();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', fault: null, counts: { succeeded: 4 } });
});

test('a file that failed is not the first: the next one is', async () => {
  for (let i = 0; i < 3; i++) await harness.add(`${i}.b64`, base64(madeUpBlob(OLD_KEY)));
  kms.onReEncrypt = ({ blob }, nth) => (nth === 1 ? { blob } : {});
  const run = await start();
  await vi.waitFor(() => expect(run.atFirstFile).toBe(true));
  expect(run.summary().counts).toMatchObject({ failed: 1, succeeded: 1, waiting: 1 });
  run.cancel();
  await run.done;
  expect(run.summary().counts).toMatchObject({ failed: 1, succeeded: 1, skipped: 1 });
});

test('of one file alone there is nothing to wait for', async () => {
  await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
  const run = await start();
  await run.done;
  expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 1 } });
});
