import { expect, test } from 'vitest';
import { blobFileName } from './format.ts';

test.each([
  ['/vault/key.bin', '', 'key.bin'],
  ['C:\\vault\\token.b64', '', 'token.b64.bin'],
  ['app/.env', 'SECRET_1', 'env-SECRET_1.bin'],
  ['a.json', '$.data["x y"]/..', 'a.json-data-x-y-...bin'],
  ['a.tar/../../etc/passwd', '', 'passwd.bin'],
  ['', '', 'blob.bin'],
  ['ü\u202e\n', '', 'blob.bin'],
  ['con', '', '_con.bin'],
  ['nul.txt', '', '_nul.txt.bin'],
  [`${'a'.repeat(300)}`, 'b'.repeat(300), `${'a'.repeat(80)}-${'b'.repeat(80)}.bin`],
])('%s %s is called %s', (file, place, name) => {
  expect(blobFileName({ file, place })).toBe(name);
});
