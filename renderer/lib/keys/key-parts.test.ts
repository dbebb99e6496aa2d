import { expect, test } from 'vitest';
import { KEYS } from './keys.test-help.ts';
import { keyParts, withKeyNames } from './keys.ts';

const [key] = KEYS;
if (key === undefined) throw new Error('no key');
const [alias = ''] = key.aliases;

test('words name a key by its alias, and keep the ARN of one that the list does not hold', () => {
  const other = key.arn.replace(/\d{12}/, '999988887777');
  const words = `The source key ${key.arn} is disabled; ${other} is not.`;
  expect(withKeyNames(words, KEYS)).toBe(`The source key ${alias} is disabled; ${other} is not.`);
  expect(withKeyNames(words, null)).toBe(words);
  expect(keyParts(words, KEYS).filter(({ arn }) => arn !== null)).toMatchObject([
    { words: alias, arn: key.arn },
  ]);
});
