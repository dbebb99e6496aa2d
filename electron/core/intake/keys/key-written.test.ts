import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { rewrite, scan } from '../index.ts';
import type { NewBlob } from '../types.ts';
import { aliasIn, keyReference } from './key-written.ts';

const OLD = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555';
const NEW = 'arn:aws:kms:eu-central-1:111122223333:key/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const ELSEWHERE = NEW.replace('111122223333', '444455556666');
const next = (more: Partial<NewBlob> = {}): NewBlob => ({
  bytes: madeUpBlob(),
  keyArn: NEW,
  sourceKeyArn: OLD,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: null,
  at: '2026-11-24T08:00:00Z',
  keyAlias: 'alias/new',
  ...more,
});
const aliasArn = (arn: string, alias: string) => arn.replace(/key\/.*/, alias);

describe('a key that a file names', () => {
  test.each([
    ['an alias stays one', 'alias/old', next(), 'alias/new'],
    ['the ARN of an alias stays one', aliasArn(OLD, 'alias/old'), next(), aliasArn(NEW, 'alias/new')],
    [
      'a bare alias of another account needs its ARN',
      'alias/old',
      next({ keyArn: ELSEWHERE }),
      aliasArn(ELSEWHERE, 'alias/new'),
    ],
    ['a key stays a key', OLD, next(), NEW],
    [
      'no alias was named: the key',
      'alias/old',
      { ...next(), keyAlias: undefined } as unknown as NewBlob,
      NEW,
    ],
    ['the same key: as it is', 'alias/old', next({ sourceKeyArn: NEW }), 'alias/old'],
  ])('%s', (_, old, one, expected) => expect(keyReference(old, one)).toBe(expected));

  test.each([
    ['alias/x', 'alias/x'],
    [aliasArn(OLD, 'alias/a/b'), 'alias/a/b'],
    [OLD, undefined],
    ['11111111-2222-3333-4444-555555555555', undefined],
  ])('the alias in %s', (keyId, expected) => expect(aliasIn(keyId)).toBe(expected));

  test.each([
    ['a label beside a blob', (blob: string, key: string) => `{"keyArn": "${key}", "secret": "${blob}"}`],
    [
      'SOPS',
      (blob: string, key: string) =>
        `data: ENC[x]\nsops:\n  kms:\n  - arn: ${key}\n    created_at: "2026-01-01T00:00:00Z"\n    enc: ${blob}\n`,
    ],
    ['Pulumi', (blob: string, key: string) => `secretsprovider: awskms:///${key}\nencryptedkey: ${blob}\n`],
  ])('%s', (_, file) => {
    const before = Buffer.from(
      file(Buffer.from(madeUpBlob()).toString('base64'), aliasArn(OLD, 'alias/old')),
    );
    const found = scan(before, 'Pulumi.prod.yaml');
    const [blob] = found.blobs;
    if (blob === undefined) throw new Error('none');
    const after = Buffer.from(rewrite(before, found, [{ found: blob, next: next() }])).toString();
    expect(after).toContain(aliasArn(NEW, 'alias/new'));
    expect(after).not.toContain('alias/old');
  });
});

describe('files that their own program alone may change', () => {
  test('metadata of an Iceberg table: read, and never put back', () => {
    const blob = Buffer.from(madeUpBlob()).toString('base64');
    const metadata = {
      'format-version': 3,
      'table-uuid': '9c12d441-03fe-4693-9a96-a0705ddf69c1',
      'encryption-keys': [{ 'key-id': 'k1', 'encrypted-key-metadata': blob }],
    };
    const [found] = scan(Buffer.from(JSON.stringify(metadata)), 'v3.metadata.json').blobs;
    expect(found?.notPutBack).toMatch(/Iceberg/);
    const [other] = scan(
      Buffer.from(JSON.stringify({ 'key-id': 'k1', value: blob })),
      'v3.metadata.json',
    ).blobs;
    expect(other?.notPutBack).toBeUndefined();
  });

  test.each(['a.js', 'dump.sql', 'x.py', 'main.go'])('%s is text, whatever its lines look like', (name) => {
    const blob = Buffer.from(madeUpBlob()).toString('base64');
    const [found] = scan(Buffer.from(`secret: "${blob}"\n`), name).blobs;
    expect(found).toMatchObject({ container: 'text', place: 'line 1, column 10' });
    expect(scan(Buffer.from(`secret: "${blob}"\n`), 'a.yaml').blobs[0]).toMatchObject({ container: 'yaml' });
  });
});
