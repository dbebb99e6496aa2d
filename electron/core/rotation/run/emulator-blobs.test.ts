import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeKms, KEY, madeUpBlob } from '../testing/fake-kms.ts';
import { RunHarness } from '../testing/run-harness.ts';

let harness: RunHarness;
beforeEach(async () => {
  harness = await RunHarness.make();
});
afterEach(() => harness.remove());

/** A blob as moto writes one: the key's id in letters, a nonce of 12 bytes, a tag of 16, and 124 bytes of ciphertext (moto, kms/utils.py). */
const motoBlob = (key: string): Uint8Array =>
  new Uint8Array(Buffer.concat([Buffer.from(key), randomBytes(12 + 16 + 124)]));
const OLD_ID = '11111111-1111-4111-8111-111111111111';
const NEW_ID = '22222222-2222-4222-8222-222222222222';

async function run(kms: FakeKms, emulatorBlobs: boolean) {
  const live = await harness.start(kms, {
    destination: { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } },
    ...(emulatorBlobs ? { emulatorBlobs } : {}),
  });
  await live.done;
  return { ...live.summary().counts, faults: live.items().map(({ fault }) => fault?.message ?? null) };
}

test('blobs of an emulator are sent where that was asked for, and put back as what it made of them', async () => {
  const old = motoBlob(OLD_ID);
  await harness.add('a.bin', old);
  await harness.add('b.txt', `${Buffer.from(motoBlob(OLD_ID)).toString('base64')}\n`);
  const kms = new FakeKms();
  kms.onReEncrypt = () => ({ blob: motoBlob(NEW_ID) });
  expect(await run(kms, true)).toMatchObject({ total: 2, succeeded: 2, faults: [null, null] });
  expect(kms.asked.map(({ blob }) => Buffer.from(blob).toString('latin1', 0, 36))).toEqual([OLD_ID, OLD_ID]);
  expect((await readFile(harness.path('a.bin'))).toString('latin1', 0, 36)).toBe(NEW_ID);
  expect(await readFile(harness.path('b.txt'), 'utf8')).toMatch(
    new RegExp(`^${Buffer.from(NEW_ID).toString('base64')}`),
  );
});

test('without that, none is sent, and each says why', async () => {
  await harness.add('a.bin', motoBlob(OLD_ID));
  const before = await harness.snapshot();
  const kms = new FakeKms();
  expect(await run(kms, false)).toMatchObject({ total: 1, succeeded: 0 });
  expect(kms.asked).toEqual([]);
  expect(await harness.snapshot()).toBe(before);
});

test('a blob of an emulator for one of KMS is refused, whatever was asked for', async () => {
  await harness.add('a.bin', madeUpBlob(KEY));
  const before = await harness.snapshot();
  const kms = new FakeKms();
  kms.onReEncrypt = () => ({ blob: motoBlob(NEW_ID) });
  expect(await run(kms, true)).toMatchObject({ total: 1, succeeded: 0 });
  expect(await harness.snapshot()).toBe(before);
});
