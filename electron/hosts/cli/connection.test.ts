import { expect, test } from 'vitest';
import type { KeyInfo } from '#shared/model/key.ts';
import { keyLines } from './connection.ts';

const id = '0e6c09a9-5df4-497c-8188-dc5f1c19dbed';
const key = (more: Partial<KeyInfo>) =>
  ({
    keyId: id,
    aliases: ['alias/payments'],
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    state: 'Enabled',
    unfitAsDestination: null,
    ...more,
  }) as KeyInfo;

test.each([{ spec: null }, { usage: null }, { state: null }])(
  'a key of which %o was not said is not said to fit',
  (unsaid) => {
    const [, line] = keyLines([key(unsaid)], null).split('\n');
    expect(line).toMatch(/ \? .* unknown: it could not be described$/);
    expect(keyLines([key({})], null)).toMatch(/ fits$/);
  },
);

test('no line is wider than a terminal of 80 columns, and none is cut', () => {
  const unfit = 'It is disabled. Enable it first (EnableKey).';
  const list = [key({}), key({ aliases: ['alias/retired'], state: 'Disabled', unfitAsDestination: unfit })];
  const narrow = keyLines(list, 80);
  expect(narrow.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(narrow).toBe(
    [
      'alias/payments',
      `  ${id}`,
      '  SYMMETRIC_DEFAULT  ENCRYPT_DECRYPT  Enabled',
      '  as a destination: fits',
      'alias/retired',
      `  ${id}`,
      '  SYMMETRIC_DEFAULT  ENCRYPT_DECRYPT  Disabled',
      `  as a destination: ${unfit}`,
    ].join('\n'),
  );
  expect(keyLines(list, 200)).toBe(keyLines(list, null));
});
