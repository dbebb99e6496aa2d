import { afterEach, describe, expect, test } from 'vitest';
import type { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo, KeyPage } from '#shared/model/key.ts';
import { type FakeAnswer, type FakeRequest, fakeEndpoint } from './fake-endpoint.ts';
import { connect } from './index.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const arn = (id: string) => `arn:aws-cn:kms:cn-north-1:111122223333:key/${id}`;
const denied = (what: string): FakeAnswer => ({
  type: 'AccessDeniedException',
  body: { message: `User: arn:aws-cn:iam::111122223333:user/me is not authorized to perform: kms:${what}` },
});

/** An endpoint with `count` keys, each with an alias; `on` answers before the defaults. */
async function endpointWith(
  count: number,
  on: (request: FakeRequest, nth: number) => FakeAnswer | null = () => null,
) {
  const ids = Array.from({ length: count }, (_, n) => `key-${String(n).padStart(5, '0')}`);
  const counts = new Map<string, number>();
  const page = <T>(all: readonly T[], body: Record<string, unknown>) => {
    const from = Number(body.Marker ?? 0);
    const to = from + Number(body.Limit ?? 100);
    return {
      items: all.slice(from, to),
      rest: to < all.length ? { Truncated: true, NextMarker: String(to) } : { Truncated: false },
    };
  };
  const endpoint = await fakeEndpoint((request) => {
    const nth = (counts.get(request.operation) ?? 0) + 1;
    counts.set(request.operation, nth);
    const said = on(request, nth);
    if (said !== null) return said;
    const { operation, body } = request;
    const id = String(body.KeyId ?? '').replace(/^.*\//, '');
    switch (operation) {
      case 'ListKeys': {
        const { items, rest } = page(ids, body);
        return { body: { Keys: items.map((KeyId) => ({ KeyId, KeyArn: arn(KeyId) })), ...rest } };
      }
      case 'ListAliases': {
        const { items, rest } = page(body.KeyId === undefined ? ids : [id], body);
        const alias = (key: string) => ({
          AliasName: `alias/${key}`,
          AliasArn: arn(key).replace('key/', 'alias/'),
          TargetKeyId: key,
        });
        return { body: { Aliases: items.map(alias), ...rest } };
      }
      case 'DescribeKey':
        return {
          body: {
            KeyMetadata: {
              KeyId: id,
              Arn: arn(id),
              KeySpec: 'SYMMETRIC_DEFAULT',
              KeyUsage: 'ENCRYPT_DECRYPT',
              KeyState: 'Enabled',
              KeyManager: 'CUSTOMER',
              EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
              MultiRegion: true,
              MultiRegionConfiguration: {
                MultiRegionKeyType: 'PRIMARY',
                PrimaryKey: { Arn: arn(id), Region: 'cn-north-1' },
                ReplicaKeys: [{ Arn: arn(id).replace('north', 'northwest'), Region: 'cn-northwest-1' }],
              },
            },
          },
        };
      case 'GetKeyRotationStatus':
        return {
          body: { KeyRotationEnabled: true, RotationPeriodInDays: 365, NextRotationDate: 1_800_000_000 },
        };
      case 'ListResourceTags':
        return { body: { Tags: [{ TagKey: 'team', TagValue: id }], Truncated: false } };
      case 'GetKeyLastUsage':
        return {
          body: {
            KeyId: id,
            KeyLastUsage: { Operation: 'Decrypt', Timestamp: 1_790_000_000 },
            TrackingStartDate: 1_780_000_000,
          },
        };
      case 'ListKeyRotations':
        return {
          body: {
            Rotations: [
              {
                KeyId: id,
                RotationDate: 1_790_000_000,
                RotationType: 'ON_DEMAND',
                KeyMaterialId: 'a'.repeat(64),
                KeyMaterialState: 'CURRENT',
              },
            ],
            Truncated: false,
          },
        };
      default:
        return { type: 'UnknownOperationException' };
    }
  });
  const access = {
    endpoint: endpoint.url,
    region: 'cn-north-1',
    accessKeyId: 'x',
    secretAccessKey: 'CANARYCANARY',
  };
  const kms = await connect({ kind: 'practice' }, access);
  closers.push(
    () => kms.close(),
    () => endpoint.close(),
  );
  return { kms, count: (operation: string) => counts.get(operation) ?? 0, seen: endpoint.seen };
}

/** What a page view would hold after all pages. */
function gathered() {
  const pages: KeyPage[] = [];
  const keys = new Map<string, KeyInfo>();
  const onPage = (page: KeyPage) => {
    pages.push(page);
    for (const key of page.keys) keys.set(key.keyId, key);
  };
  return { pages, keys, onPage };
}

const MANY = 2_500;

describe('listKeys', () => {
  test('streams thousands of keys, usable while loading, others having their turns', async () => {
    // A quarter of what an account may have: each is a request, and more of them show nothing else.
    const { kms, count } = await endpointWith(MANY);
    const { pages, keys, onPage } = gathered();
    // Turns of the event loop that others had, and requests that the endpoint had when each page came.
    let turns = 0;
    const askedAt: number[] = [];
    const turn = () => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const list = await kms.listKeys((page) => {
      askedAt.push(count('DescribeKey'));
      onPage(page);
    });
    clearImmediate(next);
    expect(list.keys).toHaveLength(MANY);
    expect(list.gaps).toEqual([]);
    expect(keys.size).toBe(MANY);
    expect(new Map(list.keys.map((key) => [key.keyId, key]))).toEqual(keys);
    expect(list.keys[MANY - 1]?.aliases).toEqual(['alias/key-02499']);
    expect(pages.filter(({ done }) => done)).toEqual([pages.at(-1)]);
    expect(pages.at(-1)).toMatchObject({ described: MANY, known: MANY });
    // Counted, not timed, so that a busy machine changes nothing: early, in many small pages, others between them.
    expect(pages[0]?.described).toBeLessThan(1_000);
    expect(askedAt[0]).toBeLessThan(MANY / 2);
    expect(Math.max(...pages.map((page) => page.keys.length))).toBeLessThan(MANY / 2);
    expect(turns).toBeGreaterThan(MANY / 20);
    expect(count('DescribeKey')).toBe(MANY);
    expect(count('GetKeyLastUsage')).toBe(0);
  }, 240_000);

  test('asks for details when set to, each kind for each key', async () => {
    const { kms, count } = await endpointWith(6);
    const { pages, keys, onPage } = gathered();
    const { keys: listed, gaps } = await kms.listKeys(onPage, { details: ['lastUse', 'rotation', 'tags'] });
    expect(gaps).toEqual([]);
    expect(listed[3]).toMatchObject({
      keyId: 'key-00003',
      multiRegionKey: {
        role: 'PRIMARY',
        primary: { arn: arn('key-00003'), region: 'cn-north-1' },
        replicas: [{ region: 'cn-northwest-1' }],
      },
      rotation: {
        enabled: true,
        periodDays: 365,
        nextAt: '2027-01-15T08:00:00.000Z',
        onDemandSince: null,
        past: null,
      },
      lastUse: {
        operation: 'Decrypt',
        at: '2026-09-21T14:13:20.000Z',
        trackedSince: '2026-05-28T20:26:40.000Z',
      },
      tags: [{ key: 'team', value: 'key-00003' }],
      gaps: [],
    });
    expect([...keys.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1))).toEqual(listed);
    expect(pages.filter(({ done }) => done)).toHaveLength(1);
    expect(count('GetKeyLastUsage')).toBe(6);
  });

  test('makes a gap of each missing permission, and does not go on asking what is always refused', async () => {
    const { kms, count } = await endpointWith(60, ({ operation, body }) => {
      if (operation === 'ListAliases') return denied('ListAliases');
      if (operation === 'DescribeKey' && String(body.KeyId).endsWith('7')) return denied('DescribeKey');
      if (operation === 'GetKeyRotationStatus' && body.KeyId === arn('key-00001'))
        return denied('GetKeyRotationStatus');
      return operation === 'ListResourceTags' ? denied('ListResourceTags') : null;
    });
    const { keys, gaps } = await kms.listKeys(undefined, { details: ['rotation', 'tags'] });
    expect(keys).toHaveLength(60);
    expect(gaps[0]).toMatch(/^ListAliases: /);
    expect(gaps[1]).toMatch(/^ListResourceTags: refused for each of the first \d+ keys, and not asked/);
    expect(count('ListResourceTags')).toBeLessThan(40);
    const by = (id: string) => keys.find(({ keyId }) => keyId === id);
    expect(by('key-00007')).toMatchObject({
      spec: null,
      rotation: null,
      gaps: [expect.stringMatching(/^DescribeKey: /)],
    });
    expect(by('key-00001')).toMatchObject({ rotation: null });
    expect(by('key-00001')?.gaps[0]).toMatch(/^GetKeyRotationStatus: /);
    expect(by('key-00002')?.rotation?.enabled).toBe(true);
  });

  test('learns keys from aliases where ListKeys is not allowed', async () => {
    const { kms } = await endpointWith(3, ({ operation }) =>
      operation === 'ListKeys' ? denied('ListKeys') : null,
    );
    const { keys, gaps } = await kms.listKeys();
    expect(keys.map(({ keyId }) => keyId)).toEqual(['key-00000', 'key-00001', 'key-00002']);
    expect(gaps).toEqual([expect.stringMatching(/^ListKeys: /)]);
  });

  test('slows down when throttled, and loses no key', async () => {
    const { kms, count } = await endpointWith(40, ({ operation }, nth) =>
      operation === 'DescribeKey' && nth > 4 && nth <= 8
        ? { type: 'ThrottlingException', body: { message: 'Rate exceeded' } }
        : null,
    );
    const { keys, gaps } = await kms.listKeys();
    expect(keys.every(({ spec }) => spec === 'SYMMETRIC_DEFAULT')).toBe(true);
    expect([keys.length, gaps]).toEqual([40, []]);
    expect(count('DescribeKey')).toBe(44);
  });

  test('ends with what is no gap, and asks no more', async () => {
    const { kms, count } = await endpointWith(500, ({ operation }, nth) =>
      operation === 'DescribeKey' && nth === 20 ? { type: 'UnrecognizedClientException' } : null,
    );
    const error: FaultError = await kms.listKeys().then(
      () => null,
      (e) => e,
    );
    expect(error.fault.code).toBe('UnrecognizedClientException');
    // Those that were already on their way arrive, however slowly; if it went on asking, all 500 would.
    let asked: number;
    do {
      asked = count('DescribeKey');
      await new Promise((resolve) => setTimeout(resolve, 200));
    } while (count('DescribeKey') !== asked);
    expect(asked).toBeLessThan(60);
  });

  test('can be stopped', async () => {
    const { kms, count } = await endpointWith(5_000);
    const stop = new AbortController();
    const error: FaultError = await kms
      .listKeys((page) => page.described > 0 && stop.abort(), { signal: stop.signal })
      .then(
        () => null,
        (e) => e,
      );
    expect(error.fault.code).toBe('Aborted');
    expect(count('DescribeKey')).toBeLessThan(2_000);
  });
});

test('keyDetail tells everything of one key, gaps included', async () => {
  const { kms } = await endpointWith(1, ({ operation }) =>
    operation === 'GetKeyLastUsage' ? denied('GetKeyLastUsage') : null,
  );
  const key = await kms.keyDetail(arn('key-00000'));
  expect(key).toMatchObject({
    aliases: ['alias/key-00000'],
    tags: [{ key: 'team', value: 'key-00000' }],
    lastUse: null,
    rotation: {
      past: [
        {
          at: '2026-09-21T14:13:20.000Z',
          type: 'ON_DEMAND',
          keyMaterialId: 'a'.repeat(64),
          state: 'CURRENT',
        },
      ],
    },
  });
  expect(key.gaps).toEqual([expect.stringMatching(/^GetKeyLastUsage: /)]);
});
