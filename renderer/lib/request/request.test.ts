import { expect, test } from 'vitest';
import { KEYS } from '../keys/keys.test-help.ts';
import { makeRows, makeSources } from '../table/rows.test-help.ts';
import { pair } from './context.ts';
import {
  buildRequest,
  type Draft,
  draftRows,
  familyOf,
  hasPossiblePlaintext,
  misfits,
  outputsFor,
  ownContexts,
} from './request.ts';

const rows = makeRows(60).filter((row) => row.identification.reencryptable);
const key = (alias: string) => {
  const found = KEYS.find(({ aliases }) => aliases.includes(alias));
  if (found === undefined) throw new Error(`no ${alias}`);
  return found;
};
const draft: Draft = {
  rows,
  leftOut: [],
  family: 'symmetric',
  source: { key: null, algorithm: 'SYMMETRIC_DEFAULT', mode: 'declared', pairs: [] },
  destination: {
    key: key('alias/payments-2026'),
    algorithm: 'SYMMETRIC_DEFAULT',
    mode: 'same',
    pairs: [],
    add: [],
    remove: [],
  },
  grantTokens: '',
  output: { mode: 'in-place', backup: true, folder: null },
  verify: true,
  perSecond: null,
  processes: 1,
  takeGood: false,
  evenIfThere: false,
  allowPossiblePlaintext: false,
  emulatorBlobs: false,
  method: 'reencrypt',
  excluded: new Set(),
};

test('a complete draft becomes a request of its family’s blobs alone', () => {
  const built = buildRequest(draft, true);
  if (!built.ok) throw new Error(built.problems.join());
  expect(built.request.dryRun).toBe(true);
  expect(built.request.blobIds).toEqual(
    rows.filter((row) => familyOf(row) === 'symmetric').map((row) => row.id),
  );
  expect(built.request.source).toEqual({
    keyId: null,
    algorithm: 'SYMMETRIC_DEFAULT',
    context: { mode: 'declared' },
  });
  expect(built.request.destination.context).toEqual({ mode: 'same' });
});

test('copies with a value that may be a plaintext are asked for by a tick alone', () => {
  expect(hasPossiblePlaintext(draft)).toBe(false);
  const [first] = rows;
  if (first === undefined) throw new Error('no rows');
  const one = { ...first, findings: ['possible-plaintext-beside-blob' as const] };
  expect(hasPossiblePlaintext({ ...draft, family: familyOf(one), rows: [one] })).toBe(true);
  const asked = (allowPossiblePlaintext: boolean) => {
    const built = buildRequest({ ...draft, allowPossiblePlaintext }, false);
    return built.ok ? built.request.allowPossiblePlaintext : built.problems;
  };
  expect([asked(false), asked(true)]).toEqual([undefined, true]);
});

test('excluded blobs stay out, and a draft without blobs is refused', () => {
  const [first] = draftRows(draft);
  if (first === undefined) throw new Error('no row');
  expect(draftRows({ ...draft, excluded: new Set([first.id]) })).not.toContain(first);
  const none = buildRequest({ ...draft, excluded: new Set(rows.map((row) => row.id)) }, false);
  expect(none).toMatchObject({ ok: false, problems: [expect.stringContaining('No blob')] });
});

test('RSA needs its source key, and sends no context on its side', () => {
  const rsa: Draft = {
    ...draft,
    family: 'rsa',
    source: { ...draft.source, algorithm: 'RSAES_OAEP_SHA_256', mode: 'given', pairs: [pair('a', 'b')] },
  };
  expect(buildRequest(rsa, false)).toMatchObject({ ok: false });
  const built = buildRequest({ ...rsa, source: { ...rsa.source, key: key('alias/partner-rsa') } }, false);
  expect(built.ok && built.request.source.context).toEqual({ mode: 'given', context: {} });
});

test('to RSA no context is sent, whatever the editor holds', () => {
  const built = buildRequest(
    {
      ...draft,
      destination: {
        key: key('alias/partner-rsa'),
        algorithm: 'RSAES_OAEP_SHA_256',
        mode: 'given',
        pairs: [pair('a', '1'), pair('a', '2')],
        add: [],
        remove: [],
      },
    },
    false,
  );
  expect(built.ok && built.request.destination.context).toEqual({ mode: 'given', context: {} });
});

test('"No context" is the empty context, not the declared one', () => {
  const built = buildRequest({ ...draft, source: { ...draft.source, mode: 'none' } }, false);
  expect(built.ok && built.request.source.context).toEqual({ mode: 'given', context: {} });
});

test('what is missing is named: key, folder, a context to correct, too many grant tokens', () => {
  const built = buildRequest(
    {
      ...draft,
      source: { ...draft.source, mode: 'given', pairs: [pair('a', '1'), pair('a', '2')] },
      destination: { ...draft.destination, key: null, algorithm: null },
      output: { mode: 'folder', backup: true, folder: null },
      grantTokens: Array.from({ length: 11 }, (_, i) => `t${i}`).join('\n'),
    },
    false,
  );
  expect(built.ok ? [] : built.problems).toHaveLength(4);
});

test('in place is refused for blobs without a file on this machine; ways out follow the host', () => {
  const desktop = outputsFor(rows, makeSources(rows, 'desktop'), { folder: true, download: false });
  expect(desktop).toEqual([
    { mode: 'in-place', refused: null },
    { mode: 'folder', refused: null },
  ]);
  const loopback = outputsFor(rows, makeSources(rows, 'loopback'), { folder: false, download: true });
  expect(loopback.map(({ mode }) => mode)).toEqual(['in-place', 'download']);
  expect(loopback[0]?.refused).toContain('pasted or uploaded');
});

test('changing each blob’s own context: pairs to add, keys to remove, never one key in both', () => {
  const changed = (add: readonly [string, string][], remove: readonly string[]) =>
    buildRequest(
      {
        ...draft,
        destination: { ...draft.destination, mode: 'changed', add: add.map(([k, v]) => pair(k, v)), remove },
      },
      false,
    );
  const built = changed([['env', 'next']], ['old']);
  expect(built.ok && built.request.destination.context).toEqual({
    mode: 'changed',
    add: { env: 'next' },
    remove: ['old'],
  });
  expect(changed([['old', '1']], ['old'])).toMatchObject({
    ok: false,
    problems: [expect.stringContaining('“old” is both')],
  });
  expect(changed([['Old', '1']], ['old']).ok).toBe(true);
  expect(changed([], [])).toMatchObject({
    ok: false,
    problems: [expect.stringContaining('at least one pair')],
  });
});

test('own contexts are those that will be sent', () => {
  const [first] = draftRows(draft);
  const one = { ...draft, rows: first === undefined ? [] : [first] };
  expect(ownContexts(one)).toEqual([first?.declared.encryptionContext]);
  expect(ownContexts({ ...one, source: { ...one.source, mode: 'given', pairs: [pair('a', '1')] } })).toEqual([
    { a: '1' },
  ]);
  expect(ownContexts({ ...one, source: { ...one.source, mode: 'none' } })).toEqual([null]);
});

test('what an RSA destination cannot take is known before anything is asked', () => {
  const [first] = draftRows(draft);
  if (first === undefined) throw new Error('no row');
  const long = (id: string, plaintextBytes: number | null): typeof first => ({
    ...first,
    id,
    container: 'raw',
    identification: { ...first.identification, plaintextBytes },
  });
  const rsa: Draft = {
    ...draft,
    rows: [
      long('fits', 446),
      long('long', 447),
      long('unknown', null),
      { ...long('s', 32), container: 'sops' },
    ],
    destination: { ...draft.destination, key: key('alias/partner-rsa'), algorithm: 'RSAES_OAEP_SHA_256' },
  };
  const found = misfits(rsa);
  expect(rsa.destination.key?.spec).toBe('RSA_4096');
  expect([found.room, found.tooLong.map(({ id }) => id), found.sops.map(({ id }) => id)]).toEqual([
    446,
    ['long'],
    ['s'],
  ]);
  expect(misfits({ ...rsa, excluded: new Set(['long', 's']) })).toMatchObject({ sops: [], tooLong: [] });
  expect(misfits(draft)).toEqual({ sops: [], tooLong: [], room: null });
});
