import { expect, test } from 'vitest';
import { scan } from './index.ts';

/** Inputs that once broke a reader, found by `npm run fuzz`; each is kept as it was found, or cut down. */
test.each([
  ['a YAML key that is a broken block scalar', '2223333: ?   >ontext-not-in-\n\n\nblob'],
  [
    'the same, deeper',
    'a:\n>>>>>>? :\n?  key: CiCHhwqbnsBIWXdWa2RKU0ZjMWFVZHJUMWxnnnnnnnnnnnnnkisnn\n\n\nnnnnnn',
  ],
])('%s', (_, text) => {
  const { findings } = scan(Buffer.from(text), 'x');
  expect(findings.map((one) => one.code)).not.toContain('reader-failed');
});

test('a value with letters that no ciphertext of another tool has is not listed', () => {
  const value = `U2FsdGVkX1/${'A'.repeat(60)}`;
  const kinds = (bytes: Buffer) => scan(bytes, 'x').blobs.map((one) => one.identification.kind);
  expect(kinds(Buffer.from(`a: "${value}"\n`))).toEqual(['openssl-salted']);
  expect(kinds(Buffer.from(`a: "${value}\u00c8${'A'.repeat(60)}"\n`, 'latin1'))).toEqual([]);
});
