import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Disk, diskHere } from '../../intake/index.ts';
import { RunManager } from '../run-manager.ts';
import { MAX_THROTTLED_HASTY } from '../scheduler/retry.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';
import { resumeRun } from './start.ts';

const destination = { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const;
const toRsa = { keyId: 'alias/new', algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'same' } } as const;
let harness: RunHarness;
let kms: FakeKms;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});
afterEach(() => harness.remove());

async function files(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await harness.add(`f${i}.b64`, base64(madeUpBlob(OLD_KEY)));
}

/** Requests of every kind that have left. */
const sent = () => kms.asked.length + kms.triedOut.length + kms.described;

/** Whatever holds requests back: a ceiling, the limit on those under way, a rate that throttling taught, a retry. */
const HELD_BY = {
  'a ceiling': { perSecond: 20, slow: false, throttled: false },
  'the number of requests at a time': { perSecond: null, slow: true, throttled: false },
  'the rate that throttling brought': { perSecond: null, slow: false, throttled: true },
} as const;

describe.each(Object.entries(HELD_BY))('held back by %s', (_, { perSecond, slow, throttled }) => {
  /** A run to which `how` is done at its third request, or once it is throttled no more; and what had left by then. */
  const stopped = async (how: 'pause' | 'cancel' | 'suspend') => {
    await files(30);
    const begun = Promise.withResolvers<Awaited<ReturnType<typeof harness.start>>>();
    const at = Promise.withResolvers<number>();
    kms.onReEncrypt = async (_input, nth) => {
      const run = await begun.promise;
      if (throttled && nth < 12) throw kmsFault('ThrottlingException');
      if (nth === (throttled ? 13 : 3)) {
        run[how]();
        at.resolve(sent());
      }
      if (slow) await wait(20);
      return {};
    };
    const request = { destination, pace: { concurrency: slow ? 2 : 16, perSecond } };
    const run = await harness.start(kms, request, undefined, {
      sleep: (ms, signal) => wait(ms, undefined, { signal }),
    });
    begun.resolve(run);
    return { run, before: await at.promise };
  };

  test('after a pause nothing leaves, and going on finishes the run', async () => {
    const { run, before } = await stopped('pause');
    await wait(400);
    expect(sent()).toBe(before);
    await expect.poll(() => run.summary().status).toBe('paused');
    run.goOn();
    await run.done;
    expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 30 } });
  });

  test.each(['cancel', 'suspend'] as const)('after %s nothing leaves, and the run ends', async (how) => {
    const { run, before } = await stopped(how);
    await run.done;
    await wait(200);
    expect(sent()).toBe(before);
    const { counts } = run.summary();
    expect(counts.succeeded).toBeLessThan(30);
    expect(counts.failed).toBe(0);
    expect(counts.running).toBe(0);
  });
});

test('what waited for its turn when the run was paused loses no turn of the ceiling', async () => {
  await files(16);
  const pace = { concurrency: 16, perSecond: 10 };
  const run = await harness.start(kms, { destination, verify: false, pace });
  await expect.poll(sent).toBe(1);
  const before = performance.now();
  for (let i = 0; i < 20; i++) {
    run.pause();
    run.goOn();
  }
  await run.done;
  // Fifteen turns of a tenth of a second each; had the others kept theirs, half a minute.
  expect(performance.now() - before).toBeLessThan(15_000);
});

test('a request under way when the run is put off does not fail its blob for good', async () => {
  await files(1);
  const run = await harness.start(kms, { destination });
  kms.onReEncrypt = () => {
    run.suspend();
    throw kmsFault('ThrottlingException');
  };
  await run.done;
  kms.onReEncrypt = () => ({});
  const parts = { journal: harness.journal, onProgress: () => {}, disk: diskHere() };
  const again = await resumeRun(harness.journal.runOf(run.id)?.no ?? 0, { kms }, parts);
  await again.done;
  expect(again.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 1, failed: 0 } });
});

test.each(['succeeded', 'failed'] as const)(
  'a run of which the last blob %s when it was put off has ended',
  async (how) => {
    await files(1);
    const run = await harness.start(kms, { destination, verify: false });
    kms.onReEncrypt = () => {
      run.suspend();
      if (how === 'failed') throw kmsFault('InvalidCiphertextException');
      return {};
    };
    await run.done;
    const ended = { status: 'finished', counts: { waiting: 0, running: 0, [how]: 1 } };
    expect(run.summary()).toMatchObject(ended);
    expect(run.summary().finishedAt).not.toBeNull();
    const [row] = await harness.manager().list();
    expect(row).toMatchObject({ ...ended, resume: null });
  },
);

describe('verification beside the next ReEncrypt', () => {
  const held = async (count: number) => {
    await files(count);
    const before = await harness.snapshot();
    const gate = Promise.withResolvers<void>();
    kms.onDryRun = async () => {
      await gate.promise;
      return { outcome: 'would-succeed', requestId: 'req-dry' };
    };
    const pace = { concurrency: 2, perSecond: null };
    const run = await harness.start(kms, { destination, pace });
    return { before, gate, run };
  };

  test('as many are re-encrypted as are being verified; none is put back before it is proved', async () => {
    const { before, gate, run } = await held(6);
    await vi.waitFor(() => expect(kms.asked).toHaveLength(4));
    await vi.waitFor(() => expect(kms.triedOut).toHaveLength(4));
    expect(await harness.snapshot()).toBe(before);
    expect(run.summary().counts).toMatchObject({ running: 4, succeeded: 0 });
    // Two and two are under way, and no other begins.
    expect(kms.asked).toHaveLength(4);
    gate.resolve();
    await run.done;
    expect(run.summary().counts).toMatchObject({ succeeded: 6, failed: 0 });
    expect(kms.triedOut).toHaveLength(6);
    expect(kms.most).toBeLessThanOrEqual(2);
  });

  test('one that does not open leaves its file as it was, and the others go on', async () => {
    const { gate, run } = await held(5);
    const dryRun = kms.onDryRun;
    kms.onDryRun = async (input, nth) => {
      if (nth === 2) throw kmsFault('InvalidCiphertextException');
      return dryRun(input, nth);
    };
    gate.resolve();
    await run.done;
    expect(run.summary().counts).toMatchObject({ succeeded: 4, failed: 1 });
    const [failed] = run.items().filter(({ state }) => state === 'failed');
    expect(failed).toMatchObject({ sha256After: null, fault: { code: 'VerifyFailed' } });
  });

  test.each(['cancel', 'suspend'] as const)(
    '%s while they are being verified: nothing else is sent',
    async (how) => {
      const { before, gate, run } = await held(6);
      await vi.waitFor(() => expect(kms.triedOut).toHaveLength(4));
      run[how]();
      gate.resolve();
      await run.done;
      expect([kms.asked.length, kms.triedOut.length]).toEqual([4, 4]);
      expect(run.summary().counts).toMatchObject({ succeeded: 4, failed: 0 });
      expect(await harness.snapshot()).not.toBe(before);
    },
  );
});

test('what was re-encrypted and not proved when the run was cancelled stays on record, and its file as it was', async () => {
  await files(1);
  const before = await harness.snapshot();
  const run = await harness.start(kms, { destination });
  kms.onReEncrypt = () => {
    run.cancel();
    return {};
  };
  await run.done;
  expect(kms.triedOut).toEqual([]);
  expect(run.items()).toMatchObject([{ state: 'skipped', requestId: 'req-1', fault: { code: 'Cancelled' } }]);
  expect(await harness.snapshot()).toBe(before);
});

describe('each try goes by the connection that there is then', () => {
  test.each(['onReEncrypt', 'onDryRun', 'onDescribe', 'onRights'] as const)('%s', async (which) => {
    await files(3);
    kms[which] = () => {
      throw kmsFault('ExpiredTokenException');
    };
    const dryRun = which === 'onRights';
    const algorithm = which === 'onDescribe' ? 'RSAES_OAEP_SHA_256' : 'SYMMETRIC_DEFAULT';
    const request = { destination: { ...destination, algorithm } as const, dryRun };
    const run = await harness.start(kms, request, undefined, { failurePolicy: 'wait' });
    const fresh = new FakeKms();
    fresh.onDescribe = () => ({ spec: 'RSA_4096' });
    if (dryRun) {
      // A preflight does not wait.
      await run.done;
      expect(run.summary()).toMatchObject({ status: 'failed', fault: { code: 'ExpiredTokenException' } });
      return;
    }
    await expect.poll(() => run.summary().status).toBe('paused');
    const before = sent();
    run.renew(fresh);
    await run.done;
    expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 3 } });
    expect(sent()).toBe(before);
  });

  test('a failure on a connection that was renewed meanwhile is tried again on the new one', async () => {
    await files(1);
    const fresh = new FakeKms();
    const run = await harness.start(kms, { destination }, undefined, { failurePolicy: 'wait' });
    kms.onReEncrypt = () => {
      run.renew(fresh);
      throw kmsFault('ExpiredTokenException');
    };
    await run.done;
    expect(run.summary()).toMatchObject({ status: 'finished', counts: { succeeded: 1 } });
  });
});

describe('DescribeKey of the destination', () => {
  /** Five blobs with a context that names the destination key, which is given as an alias. */
  const described = async (fails: (nth: number) => string | null) => {
    for (let i = 0; i < 5; i++)
      await harness.add(
        `${i}.json`,
        JSON.stringify({
          'x-amz-key-v2': base64(madeUpBlob(OLD_KEY)),
          'x-amz-iv': 'AA==',
          'x-amz-wrap-alg': 'kms',
          'x-amz-matdesc': JSON.stringify({ kms_cmk_id: OLD_KEY }),
        }),
      );
    kms.onDescribe = () => {
      const name = fails(kms.described);
      if (name !== null) throw kmsFault(name);
      return {};
    };
    const to = { ...destination, keyId: 'alias/new' };
    const run = await harness.start(kms, { destination: to }, undefined, { failurePolicy: 'network' });
    await run.done;
    return run;
  };

  test('throttled twice: tried again like any other request, and then known', async () => {
    const run = await described((nth) => (nth < 3 ? 'ThrottlingException' : null));
    expect(run.summary().counts).toMatchObject({ succeeded: 5, failed: 0 });
    expect(kms.described).toBe(3);
    expect(kms.asked[0]?.destinationContext).toEqual({ kms_cmk_id: KEY });
  });

  test('throttled until one request is given up: that one blob fails, and no other', async () => {
    const run = await described((nth) => (nth <= MAX_THROTTLED_HASTY ? 'ThrottlingException' : null));
    expect(run.summary().counts).toMatchObject({ succeeded: 4, failed: 1 });
    expect(run.items().find(({ state }) => state === 'failed')?.fault?.code).toBe('ThrottlingException');
  });

  test('not permitted: asked once, and said of each blob', async () => {
    const run = await described(() => 'AccessDeniedException');
    expect(run.items().map(({ fault }) => fault?.code)).toEqual(Array(5).fill('DestinationArnUnknown'));
    expect(kms.described).toBe(1);
  });

  test('where a blob can do without, no failure of it is the blob’s', async () => {
    await files(5);
    kms.onDescribe = () => {
      throw kmsFault('KMSInternalException');
    };
    const run = await harness.start(kms, { destination: toRsa });
    await run.done;
    expect(run.summary().counts).toMatchObject({ succeeded: 5, failed: 0 });
  });
});

describe('a dry run asks what the run will ask', () => {
  const dryRun = async (verify: boolean) => {
    await files(3);
    const run = await harness.start(kms, { destination, verify, dryRun: true });
    await run.done;
    return run;
  };

  test('whether the verification is permitted, once for each context', async () => {
    expect((await dryRun(true)).summary().counts).toMatchObject({ succeeded: 3 });
    expect(kms.rights).toMatchObject([{ sourceKeyId: KEY, destinationKeyId: KEY }]);
  });

  test('and says of each blob that it is not', async () => {
    kms.onRights = () => {
      throw kmsFault('AccessDeniedException');
    };
    const run = await dryRun(true);
    expect(run.summary().counts).toMatchObject({ succeeded: 0, failed: 3 });
    expect(run.items()[0]).toMatchObject({ state: 'failed', fault: { code: 'VerifyNotPermitted' } });
  });

  test('not where nothing is verified', async () => {
    await dryRun(false);
    expect(kms.rights).toEqual([]);
  });

  test('where the endpoint cannot be asked, that is said', async () => {
    kms.onRights = () => {
      throw kmsFault('ValidationException');
    };
    const run = await dryRun(true);
    expect(run.items()[0]).toMatchObject({
      state: 'would-succeed',
      notes: [expect.stringContaining('could not be asked')],
    });
  });
});

test('what a thread of the disk that died had made is gone when the run has ended', async () => {
  await files(3);
  const before = await harness.snapshot();
  const dies: Disk = {
    ...diskHere(),
    async replaceFile({ path, temporary, staged }) {
      const made = join(dirname(path), temporary ?? '');
      await writeFile(made, 'half');
      if (path.endsWith('1.b64')) await staged?.({ temporary: made, backup: null });
      throw new Error('the thread has died');
    },
  };
  const manager = new RunManager(harness.home, () => {}, { disk: dies });
  const run = await manager.start({
    request: {
      source: { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'declared' } },
      destination,
      grantTokens: [],
      method: 'reencrypt',
      verify: true,
      dryRun: false,
    },
    output: { mode: 'in-place', backup: false },
    files: harness.files,
    kms,
    connection: 'test',
    target: 'test',
  });
  await run.done;
  expect(run.summary().counts).toMatchObject({ failed: 3 });
  expect(await harness.snapshot()).toBe(before);
  await manager.close();
});

describe('a run that waits after its first file', () => {
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
});
