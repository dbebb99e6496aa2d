import { expect, test } from 'vitest';
import { rulesOfFilter } from './narrow.ts';

const none = { query: '', kind: 'all', finding: 'all' } as const;
const texts = (...args: Parameters<typeof rulesOfFilter>) =>
  rulesOfFilter(...args).map(({ name, value }) => `${name}=${value}`);

test.each([
  [none, null, []],
  [none, 'b1.1', []],
  [none, `key:${'ab'.repeat(32)}`, ['fingerprint=abababababababab']],
  [{ ...none, kind: 'kms-symmetric' }, null, ['kind=kms-symmetric']],
  [{ ...none, kind: 'not-kms' }, null, []],
  [{ ...none, finding: 'code:nonce' }, null, ['finding=nonce']],
  [{ ...none, finding: 'warning' }, null, ['finding=warning', 'finding=critical']],
  [{ ...none, finding: 'any' }, null, ['finding=info', 'finding=warning', 'finding=critical']],
  [{ ...none, query: 'prod' }, null, ['path=*prod*']],
  [{ ...none, query: ' *.env ' }, null, ['path=*.env']],
  [{ ...none, query: 'alias/old' }, null, ['key=alias/old']],
  [{ ...none, query: '4c910b7e' }, null, ['fingerprint=4c910b7e']],
  [{ ...none, query: 'two words' }, null, []],
] as const)('%j with the cursor on %j: %j', (filter, cursor, expected) => {
  expect(texts(filter, cursor)).toEqual(expected);
});
