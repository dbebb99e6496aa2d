import { randomBytes } from 'node:crypto';
import * as nodeFs from 'node:fs/promises';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunItem, RunSummary } from '#shared/model/run.ts';
import type { PutBackFs } from '../../intake/index.ts';
import { sha256 } from '../../storage/hash.ts';
import { FakeKms, KEY, kmsFault, madeUpBlob, OLD_KEY } from '../testing/fake-kms.ts';
import { base64, RunHarness } from '../testing/run-harness.ts';

let harness: RunHarness;
let kms: FakeKms;
const destination = { keyId: KEY, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const;
const toRsa = { keyId: KEY, algorithm: 'RSAES_OAEP_SHA_256', context: { mode: 'same' } } as const;
const lines = (...blobs: Uint8Array[]) => `${blobs.map(base64).join('\n')}\n`;

beforeEach(async () => {
  harness = await RunHarness.make();
  kms = new FakeKms();
});

afterEach(async () => {
  // Whatever happened: each report and item is of its schema, counts sum up, and no stack is in sight.
  for (const report of harness.reports) {
    expect(RunSummary.parse(report)).toEqual(report);
    const { total, ...states } = report.counts;
    expect(Object.values(states).reduce((a, b) => a + b)).toBe(total);
  }
  await harness.remove();
});

/** Waits for the end; every item must be final and presentable. */
async function ended(run: Awaited<ReturnType<RunHarness['start']>>) {
  await run.done;
  for (const item of run.items()) {
    expect(RunItem.parse(item)).toEqual(item);
    expect(['would-succeed', 'reencrypted', 'failed', 'skipped']).toContain(item.state);
    if (item.state === 'failed' || item.state === 'skipped') {
      expect(item.fault?.message).toBeTruthy();
      expect(item.output).toBeNull();
    }
    expect(JSON.stringify(item)).not.toMatch(/\n\s+at |node:internal/);
  }
  expect(harness.reports.at(-1)).toEqual(run.summary());
  expect(run.summary().finishedAt).not.toBeNull();
  return run.items();
}

describe('output', () => {
  test('in place: replaced once, with a backup, and everything KMS said is kept', async () => {
    const blob = madeUpBlob(OLD_KEY);
    const file = await harness.add('a.b64', `${base64(blob)}\n`);
    const run = await harness.start(kms, { destination }, { mode: 'in-place', backup: true });
    const [item] = await ended(run);
    const [now] = await harness.blobs(harness.path('a.b64'));
    expect(item).toMatchObject({
      state: 'reencrypted',
      fault: null,
      sourceKeyArn: OLD_KEY,
      destinationKeyArn: KEY,
      sourceKeyMaterialId: 'a'.repeat(64),
      destinationKeyMaterialId: 'b'.repeat(64),
      requestId: 'req-1',
      sha256Before: sha256(blob),
      sha256After: sha256(now ?? new Uint8Array()),
      output: 'a.b64',
      notes: [],
    });
    expect(sha256(now ?? blob)).not.toBe(sha256(blob));
    expect(run.outputPath('a.b64#0')).toBe(file.path);
    expect(await run.resultText('a.b64#0')).toBe(base64(now ?? blob));
    expect(item?.backup).not.toBeNull();
    expect(await readFile(String(item?.backup), 'utf8')).toBe(`${base64(blob)}\n`);
    expect(run.summary()).toMatchObject({ status: 'finished', downloads: 0, fault: null });
    expect(run.summary().counts).toEqual({
      total: 1,
      waiting: 0,
      running: 0,
      succeeded: 1,
      already: 0,
      failed: 0,
      skipped: 0,
      restored: 0,
    });
  });

  test.skipIf(process.platform !== 'linux')(
    'in place without GNU tar: what may be lost is said once',
    async () => {
      for (const name of ['a.txt', 'b.txt', 'c.txt']) await harness.add(name, lines(madeUpBlob(OLD_KEY)));
      const { PATH } = process.env;
      process.env.PATH = '/nowhere';
      try {
        const items = await ended(
          await harness.start(kms, { destination }, { mode: 'in-place', backup: true }),
        );
        expect(items.map(({ state }) => state)).toEqual(['reencrypted', 'reencrypted', 'reencrypted']);
        expect(items.flatMap(({ notes }) => notes)).toEqual([expect.stringContaining('GNU tar')]);
      } finally {
        process.env.PATH = PATH;
      }
    },
  );

  test('into a folder: the original is untouched, and plaintext is left out', async () => {
    const json = JSON.stringify({
      CiphertextBlob: base64(madeUpBlob(OLD_KEY)),
      Plaintext: 'U0VDUkVU',
      KeyId: OLD_KEY,
    });
    await harness.add('key.json', json);
    const folder = harness.path('out');
    await mkdir(folder);
    const run = await harness.start(kms, { destination }, { mode: 'folder', folder });
    const [item] = await ended(run);
    expect(item?.state).toBe('reencrypted');
    expect(await readFile(harness.path('key.json'), 'utf8')).toBe(json);
    const written = await readFile(String(run.outputPath('key.json#0')), 'utf8');
    expect(String(run.outputPath('key.json#0')).startsWith(folder)).toBe(true);
    expect(JSON.parse(written)).toEqual({
      CiphertextBlob: await run.resultText('key.json#0'),
      KeyId: KEY,
    });
  });

  test('into a folder: a list of the AWS CLI that is a blob alone without its plaintext', async () => {
    const secret = randomBytes(32).toString('base64');
    await harness.add('out.txt', `${base64(madeUpBlob(OLD_KEY))}\t${secret}\n`);
    const folder = harness.path('out');
    await mkdir(folder);
    const run = await harness.start(kms, { destination }, { mode: 'folder', folder });
    expect(await ended(run)).toMatchObject([{ state: 'reencrypted', fault: null }]);
    expect(await harness.blobs(join(folder, 'out.txt'))).toHaveLength(1);
    expect(await readFile(join(folder, 'out.txt'), 'utf8')).not.toContain(secret);
  });

  test('into a folder: what may be plaintext is copied only where that is allowed', async () => {
    const text = `the staging key\n${randomBytes(32).toString('base64')}\n${base64(madeUpBlob(OLD_KEY))}\n`;
    await harness.add('notes.txt', text);
    const folder = harness.path('out');
    await mkdir(folder);
    const refused = await ended(await harness.start(kms, { destination }, { mode: 'folder', folder }));
    expect(refused).toMatchObject([{ state: 'failed', fault: { code: 'PossiblePlaintextInFile' } }]);
    expect(kms.asked).toHaveLength(0);
    const terms = { destination, allowPossiblePlaintext: true };
    const allowed = await ended(await harness.start(kms, terms, { mode: 'folder', folder }));
    expect(allowed).toMatchObject([{ state: 'reencrypted' }]);
    expect((await readFile(join(folder, 'notes.txt'), 'utf8')).split('\n')[1]).toBe(text.split('\n')[1]);
  });

  test('kept for download: nothing is written, and plaintext is left out', async () => {
    await harness.add(
      'key.json',
      JSON.stringify({ CiphertextBlob: base64(madeUpBlob(OLD_KEY)), Plaintext: 'U0VDUkVU', KeyId: OLD_KEY }),
    );
    await harness.add('b.bin', madeUpBlob(OLD_KEY));
    harness.addPasted(base64(madeUpBlob(OLD_KEY)));
    const before = await harness.snapshot();
    const run = await harness.start(kms, { destination }, { mode: 'keep' });
    await ended(run);
    expect(await harness.snapshot()).toBe(before);
    expect(run.summary().downloads).toBe(3);
    expect(
      run
        .kept()
        .map((file) => file.relative)
        .sort(),
    ).toEqual(['b.bin', 'key.json', 'pasted.txt']);
    for (const { bytes } of run.kept())
      expect(Buffer.from(bytes).toString('latin1')).not.toContain('U0VDUkVU');
    expect(run.outputPath('b.bin#0')).toBeNull();
    expect(await run.resultText('b.bin#0')).toBeNull();
    expect(await run.resultText('pasted#0')).toMatch(/^AQIC/);
  });

  test('blobs that were not chosen stay as they are', async () => {
    const [a, b, c] = [madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY)];
    await harness.add('list.txt', lines(a, b, c), (place) => place === 'line 2');
    await ended(await harness.start(kms, { destination }));
    const now = await harness.blobs(harness.path('list.txt'));
    expect(now.map((bytes, i) => sha256(bytes) === sha256([a, b, c][i] ?? a))).toEqual([true, false, true]);
    expect(kms.asked).toHaveLength(1);
  });
});

describe('a dry run', () => {
  test('changes nothing, and says what would succeed', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    await harness.add('list.txt', lines(madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY)));
    kms.onDryRun = (_input, nth) => {
      if (nth === 3) throw kmsFault('DisabledException', `${KEY} is disabled.`);
      return { outcome: 'would-succeed', requestId: `dry-${nth}` };
    };
    const before = await harness.snapshot();
    const run = await harness.start(kms, { destination, dryRun: true }, undefined, { concurrency: 1 });
    const items = await ended(run);
    expect(await harness.snapshot()).toBe(before);
    expect(kms.asked).toHaveLength(0);
    expect(items.map((item) => item.state).sort()).toEqual(['failed', 'failed', 'would-succeed']);
    expect(items.map(({ fault }) => fault?.message)).toContainEqual(
      expect.stringContaining('its file would be left as it is'),
    );
    expect(run.summary()).toMatchObject({ dryRun: true, status: 'finished' });
  });

  test('an endpoint that ignores it is reported plainly', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onDryRun = () => ({ outcome: 'ignored', requestId: null });
    const before = await harness.snapshot();
    const [item] = await ended(await harness.start(kms, { destination, dryRun: true }));
    expect(await harness.snapshot()).toBe(before);
    expect(item).toMatchObject({
      state: 'would-succeed',
      notes: [expect.stringContaining('really re-encrypted')],
    });
  });
});

describe('a file is left as it is', () => {
  const refused = async (code: string, run: Awaited<ReturnType<RunHarness['start']>>, before: string) => {
    const items = await ended(run);
    expect(items[0]).toMatchObject({ state: 'failed', fault: { code } });
    expect(items[0]?.fault?.remedy).not.toBe('');
    expect(await harness.snapshot()).toBe(before);
    return items;
  };

  test('when it changed since it was read: nothing is sent', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    await writeFile(harness.path('a.b64'), 'another program wrote this');
    await refused('FileChanged', await harness.start(kms, { destination }), await harness.snapshot());
    expect(kms.asked).toHaveLength(0);
  });

  test('when it is gone', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    await rm(harness.path('a.b64'));
    await ended(await harness.start(kms, { destination })).then(([item]) =>
      expect(item?.state).toBe('failed'),
    );
    expect(kms.asked).toHaveLength(0);
  });

  test('when it holds plaintext and would be replaced', async () => {
    await harness.add(
      'key.json',
      JSON.stringify({ CiphertextBlob: base64(madeUpBlob(OLD_KEY)), Plaintext: 'U0VDUkVU' }),
    );
    await refused('PlaintextInFile', await harness.start(kms, { destination }), await harness.snapshot());
    expect(kms.asked).toHaveLength(0);
  });

  test('when it is pasted text', async () => {
    harness.addPasted(base64(madeUpBlob(OLD_KEY)));
    await refused('NoFileToReplace', await harness.start(kms, { destination }), await harness.snapshot());
  });

  test('when the plaintext is too long for the RSA key: nothing is sent', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY, 447)));
    kms.onDescribe = () => ({ spec: 'RSA_4096' });
    const [item] = await refused(
      'PlaintextTooLong',
      await harness.start(kms, { destination: toRsa }),
      await harness.snapshot(),
    );
    expect(item?.fault?.message).toContain('447');
    expect(item?.fault?.message).toContain('446');
    expect(kms.asked).toHaveLength(0);
  });

  test('when it is too long for any RSA key, even where the key may not be described', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY, 447)));
    kms.onDescribe = () => {
      throw kmsFault('AccessDeniedException');
    };
    await refused(
      'PlaintextTooLong',
      await harness.start(kms, { destination: toRsa }),
      await harness.snapshot(),
    );
  });

  test('when KMS refuses, with a diagnosis of this blob', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = () => {
      throw kmsFault('InvalidCiphertextException');
    };
    const [item] = await refused(
      'InvalidCiphertextException',
      await harness.start(kms, { destination }),
      await harness.snapshot(),
    );
    expect(item?.fault?.detail).toContain('The blob is well formed');
    expect(item?.requestId).toBe('req-fault');
  });

  test('when one of its blobs fails: the others say so', async () => {
    await harness.add('list.txt', lines(madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = (_input, nth) => {
      if (nth === 2) throw kmsFault('IncorrectKeyException');
      return {};
    };
    const before = await harness.snapshot();
    const items = await ended(await harness.start(kms, { destination }, undefined, { concurrency: 1 }));
    expect(items.map((item) => item.fault?.code)).toEqual([
      'FileHeldBack',
      'IncorrectKeyException',
      'FileHeldBack',
    ]);
    expect(items[0]?.fault?.detail).toContain('"line 2"');
    expect(await harness.snapshot()).toBe(before);
  });

  test.each([
    ['hold-back', ['FileHeldBack', 'IncorrectKeyException', 'FileHeldBack'], 0],
    ['take-good', [undefined, 'IncorrectKeyException', undefined], 2],
  ] as const)(
    'a dry run with %s says of the others what a run would come to',
    async (onFailure, codes, succeeded) => {
      await harness.add('list.txt', lines(madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY)));
      kms.onDryRun = (_input, nth) => {
        if (nth === 2) throw kmsFault('IncorrectKeyException');
        return { outcome: 'would-succeed', requestId: 'req-dry' };
      };
      const run = await harness.start(
        kms,
        { destination, dryRun: true, verify: false, onFailure },
        undefined,
        {
          concurrency: 1,
        },
      );
      const items = await ended(run);
      expect(items.map((item) => item.fault?.code)).toEqual(codes);
      expect(run.summary().outcome).toMatchObject({ reencrypted: succeeded, notReencrypted: 3 - succeeded });
    },
  );

  test.each([
    ['another key', { destinationKeyArn: OLD_KEY }, 'ReplyUnexpected'],
    ['another algorithm', { destinationAlgorithm: 'RSAES_OAEP_SHA_1' }, 'ReplyUnexpected'],
    ['an empty blob', { blob: new Uint8Array() }, 'ReplyUnexpected'],
    ['another plaintext length', { blob: madeUpBlob(KEY, 31) }, 'ReplyUnexpected'],
    [
      'something that is no blob of KMS',
      { blob: new TextEncoder().encode('moto says hello, this is no blob') },
      'PutBackMismatch',
    ],
  ])('when the answer has %s', async (_, reply, code) => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = () => reply;
    await refused(code, await harness.start(kms, { destination, verify: false }), await harness.snapshot());
  });

  test('when the answer is the old blob', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = (input) => ({ blob: input.blob });
    await refused('ReplyUnexpected', await harness.start(kms, { destination }), await harness.snapshot());
  });

  test('when the answer is one that another blob was given: the other stands', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    await harness.add('b.b64', base64(madeUpBlob(OLD_KEY)));
    const blob = madeUpBlob(KEY);
    kms.onReEncrypt = () => ({ blob });
    const items = await ended(await harness.start(kms, { destination }));
    expect(items.map(({ state }) => state).sort()).toEqual(['failed', 'reencrypted']);
    const bad = items.find(({ state }) => state === 'failed');
    expect(bad?.fault?.code).toBe('ReplyUnexpected');
    expect(bad?.fault?.detail).toContain('given for another blob');
  });

  test('when something throws that is no fault', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = () => {
      throw new TypeError('x is not a function');
    };
    await refused('Internal', await harness.start(kms, { destination }), await harness.snapshot());
  });
});

describe('verification', () => {
  test('is a dry run from the new blob, pinned to the destination, with its context', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    await ended(
      await harness.start(kms, {
        destination: { ...destination, context: { mode: 'given', context: { n: '1' } } },
      }),
    );
    const [now] = await harness.blobs(harness.path('a.b64'));
    expect(kms.triedOut).toHaveLength(1);
    expect(kms.triedOut[0]).toMatchObject({
      sourceKeyId: KEY,
      sourceContext: { n: '1' },
      destinationKeyId: KEY,
      destinationContext: { n: '1' },
      sourceAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    expect(sha256(kms.triedOut[0]?.blob ?? new Uint8Array())).toBe(sha256(now ?? new Uint8Array()));
  });

  test('can be switched off', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const [item] = await ended(await harness.start(kms, { destination, verify: false }));
    expect(item?.state).toBe('reencrypted');
    expect(kms.triedOut).toHaveLength(0);
  });

  test.each([
    ['AccessDeniedException', 'VerifyNotPermitted'],
    ['InvalidCiphertextException', 'VerifyFailed'],
    ['ThrottlingException', 'ThrottlingException'],
  ])('that meets %s leaves the file and says %s', async (thrown, code) => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onDryRun = () => {
      throw kmsFault(thrown);
    };
    const before = await harness.snapshot();
    const [item] = await ended(await harness.start(kms, { destination }));
    expect(item).toMatchObject({ state: 'failed', fault: { code }, destinationKeyArn: KEY });
    if (code === 'VerifyNotPermitted') expect(item?.fault?.remedy).toContain('kms:ReEncryptFrom');
    expect(await harness.snapshot()).toBe(before);
  });

  test('by an endpoint that ignores DryRun is noted', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onDryRun = () => ({ outcome: 'ignored', requestId: null });
    const [item] = await ended(await harness.start(kms, { destination }));
    expect(item).toMatchObject({ state: 'reencrypted', notes: [expect.stringContaining('ignores DryRun')] });
  });
});

describe('what is sent', () => {
  test('an RSA destination gets no context, and is not verified with one', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onDescribe = () => ({ spec: 'RSA_4096' });
    const source = {
      keyId: OLD_KEY,
      algorithm: 'SYMMETRIC_DEFAULT',
      context: { mode: 'given', context: { a: '1' } },
    } as const;
    const run = await harness.start(kms, { source, destination: toRsa, grantTokens: ['t'] });
    expect((await ended(run))[0]?.state).toBe('reencrypted');
    expect(kms.asked[0]).toMatchObject({
      sourceKeyId: OLD_KEY,
      sourceContext: { a: '1' },
      destinationContext: null,
      grantTokens: ['t'],
    });
    expect(kms.triedOut[0]).toMatchObject({
      sourceContext: null,
      destinationContext: null,
      sourceAlgorithm: 'RSAES_OAEP_SHA_256',
    });
    expect(kms.described).toBe(1);
  });

  test('what KMS cannot re-encrypt is skipped with its reason, and never sent', async () => {
    await harness.add(
      'odd.bin',
      Uint8Array.from({ length: 100 }, (_, i) => (i * 37) % 256),
    );
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const items = await ended(await harness.start(kms, { destination }));
    expect(items[0]).toMatchObject({ state: 'skipped', fault: { code: 'NotReencryptable' } });
    expect(items[1]?.state).toBe('reencrypted');
    expect(kms.asked).toHaveLength(1);
  });

  test('a source context that is "the same as the source" is refused', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const source = { keyId: null, algorithm: 'SYMMETRIC_DEFAULT', context: { mode: 'same' } } as const;
    const run = await harness.start(kms, { source, destination });
    await ended(run);
    expect(run.summary()).toMatchObject({ status: 'failed', fault: { code: 'ContextChoiceInvalid' } });
    expect(kms.asked).toHaveLength(0);
  });

  test('an asymmetric source without its key is refused', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const source = { keyId: null, algorithm: 'RSAES_OAEP_SHA_1', context: { mode: 'declared' } } as const;
    const run = await harness.start(kms, { source, destination });
    await ended(run);
    expect(run.summary()).toMatchObject({ status: 'failed', fault: { code: 'SourceKeyNeeded' } });
    expect(kms.asked).toHaveLength(0);
  });

  test('never more requests at a time than allowed', async () => {
    for (let i = 0; i < 30; i++) await harness.add(`f${i}.b64`, base64(madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return {};
    };
    await ended(await harness.start(kms, { destination }, undefined, { concurrency: 4 }));
    expect(kms.most).toBe(4);
    expect(harness.reports.length).toBeLessThanOrEqual(12);
  });
});

describe('trouble on the way', () => {
  test('a throttled request is sent again', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    kms.onReEncrypt = (_input, nth) => {
      if (nth < 3) throw kmsFault('ThrottlingException');
      return {};
    };
    const [item] = await ended(await harness.start(kms, { destination }));
    expect(item?.state).toBe('reencrypted');
    expect(kms.asked).toHaveLength(3);
  });

  test.each(['ExpiredTokenException', 'CredentialsProviderError', 'ECONNREFUSED'])(
    '%s stops the run: the rest is skipped, not hammered',
    async (name) => {
      for (let i = 0; i < 20; i++) await harness.add(`f${i}.b64`, base64(madeUpBlob(OLD_KEY)));
      kms.onReEncrypt = (_input, nth) => {
        if (nth > 5) throw kmsFault(name);
        return {};
      };
      const run = await harness.start(kms, { destination }, undefined, { concurrency: 2 });
      const items = await ended(run);
      expect(run.summary()).toMatchObject({ status: 'failed', fault: { code: name } });
      const done = items.filter((item) => item.state === 'reencrypted');
      // One may have been re-encrypted and not proved yet.
      expect([4, 5]).toContain(done.length);
      const skipped = items.filter((item) => item.state === 'skipped');
      expect(skipped.length).toBeGreaterThanOrEqual(12);
      expect(skipped.every((item) => item.fault?.code === 'RunStopped')).toBe(true);
      expect(kms.asked.length).toBeLessThanOrEqual(5 + 2 * 4);
    },
  );

  test('cancel: requests under way finish, incomplete files stay, the rest is skipped', async () => {
    for (let i = 0; i < 10; i++) await harness.add(`f${i}.b64`, base64(madeUpBlob(OLD_KEY)));
    await harness.add('list.txt', lines(madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY)));
    const list = await readFile(harness.path('list.txt'), 'utf8');
    const run = await harness.start(kms, { destination }, undefined, { concurrency: 1 });
    kms.onReEncrypt = (_input, nth) => {
      if (nth === 4) {
        run.cancel();
        expect(run.summary().status).toBe('cancelling');
      }
      return {};
    };
    const items = await ended(run);
    expect(run.summary().status).toBe('cancelled');
    // The fourth was answered, and nothing was sent any more to prove it.
    expect(items.filter((item) => item.state === 'reencrypted')).toHaveLength(3);
    expect(items.filter((item) => item.state === 'skipped' && item.fault?.code === 'Cancelled')).toHaveLength(
      9,
    );
    expect(await readFile(harness.path('list.txt'), 'utf8')).toBe(list);
    expect(kms.asked).toHaveLength(4);
  });

  test('cancel between the blobs of one file leaves it as it was', async () => {
    await harness.add('list.txt', lines(madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY), madeUpBlob(OLD_KEY)));
    const before = await harness.snapshot();
    const run = await harness.start(kms, { destination }, undefined, { concurrency: 1 });
    kms.onReEncrypt = () => {
      run.cancel();
      return {};
    };
    const items = await ended(run);
    expect(items.map((item) => item.state)).toEqual(['skipped', 'skipped', 'skipped']);
    expect(await harness.snapshot()).toBe(before);
  });

  test('cancel after the end changes nothing', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const run = await harness.start(kms, { destination });
    await ended(run);
    run.cancel();
    expect(run.summary().status).toBe('finished');
  });

  test('a disk that does not confirm the rename: the new bytes stand, and it is noted', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const fs: PutBackFs = {
      ...nodeFs,
      open: async (path, flags, mode) => {
        if (path === harness.folder) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return nodeFs.open(path, flags, mode);
      },
    };
    const [item] = await ended(await harness.start(kms, { destination }, undefined, { fs }));
    expect(item).toMatchObject({ state: 'reencrypted', output: 'a.b64' });
    expect(item?.notes.join()).toContain('did not confirm');
    const [now] = await harness.blobs(harness.path('a.b64'));
    expect(item?.sha256After).toBe(sha256(now ?? new Uint8Array()));
  });

  test('a listener that throws does not stop the run', async () => {
    await harness.add('a.b64', base64(madeUpBlob(OLD_KEY)));
    const push = harness.reports.push;
    harness.reports.push = (...reports) => {
      push.apply(harness.reports, reports);
      throw new Error('listener');
    };
    const run = await harness.start(kms, { destination });
    await run.done;
    expect(run.items()[0]?.state).toBe('reencrypted');
  });
});
