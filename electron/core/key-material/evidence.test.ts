import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LearnedKey } from '#shared/model/key-group.ts';
import { isZoneless } from './dates.ts';
import { declaredDate, EvidenceModel, KeyMaterialStore, readKeyName, timelines } from './index.ts';
import { blob, KEY, OTHER } from './rows.test-help.ts';

const ALIAS = 'arn:aws:kms:us-east-1:111122223333:alias/payments';
const MRK = (region: string) => `arn:aws:kms:${region}:111122223333:key/mrk-1234`;
const none = () => [];
const keyGroups = (...given: ConstructorParameters<typeof EvidenceModel>) =>
  new EvidenceModel(...given).keyGroups;
const fp = (text: string) => text.padEnd(64, '0');
const kms = (keyArn: string, keyMaterialId: string | null = null): LearnedKey => ({
  keyArn,
  by: 'kms',
  evidence: 'reply of ReEncrypt, request r',
  keyMaterialId,
  at: '2026-01-01T00:00:00Z',
  blobs: 0,
});

describe('keyGroups', () => {
  it('groups by fingerprint and names the whole group once one label is known', () => {
    const [one, two] = keyGroups([blob('aa'), blob('aa', { keyArn: KEY }), blob('bb')], none);
    expect(one).toMatchObject({
      fingerprint: fp('aa'),
      blobs: 2,
      keyArn: KEY,
      by: 'declared',
      verdict: 'one-key',
    });
    expect(one?.keys[0]?.evidence).toMatch(/declared in f\d+\.bin/);
    expect(two).toMatchObject({ blobs: 1, keyArn: null, by: null, verdict: 'unknown', keys: [] });
  });

  it('a reply of KMS outranks labels, and a label that differs is called wrong', () => {
    const [one] = keyGroups([blob('aa', { keyArn: OTHER })], () => [kms(KEY)]);
    expect(one).toMatchObject({ keyArn: KEY, by: 'kms', verdict: 'contradiction' });
    expect(one?.reason).toContain(OTHER);
  });

  it('labels that cannot be one key name none', () => {
    const [one] = keyGroups([blob('aa', { keyArn: KEY }), blob('aa', { keyArn: OTHER })], none);
    expect(one).toMatchObject({ keyArn: null, verdict: 'contradiction' });
  });

  it('a key beside its alias, and replicas of a multi-Region key, are no contradictions', () => {
    expect(keyGroups([blob('aa', { keyArn: ALIAS }), blob('aa', { keyArn: KEY })], none)[0]).toMatchObject({
      keyArn: KEY,
      verdict: 'alias',
    });
    expect(
      keyGroups(
        [blob('aa', { keyArn: MRK('us-east-1') }), blob('aa', { keyArn: MRK('eu-west-1') })],
        none,
      )[0],
    ).toMatchObject({ verdict: 'replicas' });
  });

  it('keeps the span of the declared dates', () => {
    const [one] = keyGroups(
      [blob('aa', { createdAt: '2024-05-01T00:00:00Z' }), blob('aa', { createdAt: '1444233149.795402' })],
      none,
    );
    expect(one?.firstDate).toBe('2015-10-07T15:52:29.795Z');
    expect(one?.lastDate).toBe('2024-05-01T00:00:00.000Z');
  });
});

describe('timelines', () => {
  const rows = [
    blob('bb', { keyArn: KEY, createdAt: '2025-05-01T00:00:00Z' }),
    blob('aa', { keyArn: KEY, createdAt: '2024-05-01T00:00:00Z' }),
    blob('cc', { keyArn: OTHER }),
  ];

  it('shows a rotated key as generations by date, the newest current', () => {
    const [line, ...rest] = timelines(new EvidenceModel(rows, none), () => null);
    expect(rest).toEqual([]);
    expect(line?.keyArn).toBe(KEY);
    expect(line?.generations.map((g) => [g.fingerprint.slice(0, 2), g.current, g.currentBy])).toEqual([
      ['aa', false, 'dates'],
      ['bb', true, 'dates'],
    ]);
  });

  it('claims no current generation where a date is missing, unless KMS does', () => {
    const undated = new EvidenceModel([...rows, blob('dd', { keyArn: KEY })], none);
    expect(timelines(undated, () => null)[0]?.generations.map((g) => g.current)).toEqual([null, null, null]);
    const byKms = timelines(undated, (fingerprint) => (fingerprint === fp('dd') ? true : null))[0];
    expect(byKms?.generations.map((g) => [g.fingerprint.slice(0, 2), g.current, g.currentBy])).toEqual([
      ['dd', true, 'kms'],
      ['aa', false, 'concluded'],
      ['bb', false, 'concluded'],
    ]);
  });
});

describe('names and dates', () => {
  it('reads labels in every form', () => {
    expect(readKeyName(KEY)).toMatchObject({
      arn: true,
      alias: false,
      region: 'us-east-1',
      multiRegion: false,
    });
    expect(readKeyName('awskms://alias/x?region=us-east-1')).toMatchObject({
      arn: false,
      alias: true,
      id: 'x',
    });
    expect(readKeyName(`awskms:///${KEY}?region=us-east-1`)).toMatchObject({
      arn: true,
      account: '111122223333',
    });
  });

  it.each(['', 'yesterday', '12', 'NaN', '99999999999999', '2024-99-99'])('%j is no date', (text) => {
    expect(declaredDate(text)).toBeNull();
  });
});

describe('a date without a time zone', () => {
  it('is UTC on every machine', () => {
    const dates = ['2024-11-24T18:00:00', '2024-11-24 18:00:00', '2024-11-24', '2024-11-24T18:00:00+09:00'];
    const script = `import(${JSON.stringify(new URL('./dates.ts', import.meta.url).href)}).then(({ declaredDate }) =>
      console.log(JSON.stringify(${JSON.stringify(dates)}.map(declaredDate))))`;
    const read = (zone: string) =>
      JSON.parse(
        execFileSync(process.execPath, ['-e', script], {
          env: { ...process.env, TZ: zone, NODE_NO_WARNINGS: '1' },
          encoding: 'utf8',
        }),
      );
    const utc = [
      '2024-11-24T18:00:00.000Z',
      '2024-11-24T18:00:00.000Z',
      '2024-11-24T00:00:00.000Z',
      '2024-11-24T09:00:00.000Z',
    ];
    for (const zone of ['UTC', 'Asia/Tokyo', 'America/New_York']) expect(read(zone), zone).toEqual(utc);
  });

  it.each([
    ['2024-11-24T18:00:00', true],
    ['2024-11-24 18:00', true],
    ['2024-11-24', false],
    ['2024-11-24T18:00:00Z', false],
    ['2024-11-24T18:00:00+0900', false],
    ['2024-11-24 18:00:00 GMT', false],
    ['1416843000', false],
  ])('%s: %s', (text, zoneless) => expect(isZoneless(text)).toBe(zoneless));
});

describe('the learned map', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rewrap-learned-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('survives a restart, is shared by two at once, and takes back a person’s word alone', () => {
    const observation = {
      fingerprint: fp('aa'),
      evidence: 'e',
      keyMaterialId: null,
      at: '2026-01-01T00:00:00Z',
    };
    const first = new KeyMaterialStore(folder);
    first.learn([
      { ...observation, keyArn: KEY, by: 'kms', keyMaterialId: 'ab'.repeat(32) },
      { ...observation, keyArn: OTHER, by: 'person' },
    ]);
    const second = new KeyMaterialStore(folder);
    expect(second.of(fp('aa')).map((k) => [k.keyArn, k.by])).toHaveLength(2);
    first.close();
    second.forgetPerson(fp('aa'));
    // A later reply without a material id does not erase the one that is known.
    second.learn([{ ...observation, keyArn: KEY, by: 'kms', evidence: 'later' }]);
    second.close();
    const third = new KeyMaterialStore(folder);
    expect(third.of(fp('aa'))).toMatchObject([
      { keyArn: KEY, by: 'kms', evidence: 'later', keyMaterialId: 'ab'.repeat(32) },
    ]);
    third.close();
  });
});
