import { expect, test } from 'vitest';
import { rulesFromList } from './rules-from-list.ts';

const bar = (value: string) => ({ value, label: value, blobs: 1, fingerprint: null });
const facet = (name: 'account' | 'region' | 'kind', ...values: string[]) => ({
  facet: name,
  bars: values.map(bar),
  more: { values: 0, blobs: 0 },
});

test('what is in the list is allowed, what is not known is left out, and nothing breaks the YAML', () => {
  const key = (label: string) => ({ key: null, label }) as never;
  const text = rulesFromList({
    facets: [
      facet('account', '111122223333', ''),
      facet('region', 'us-east-1', 'none:x'),
      facet('kind', 'kms-symmetric'),
    ],
    keys: [key('alias/a"b: c'), key('alias/a"b: c')],
  });
  expect(text).toContain('accounts: ["111122223333"]\nregions: ["us-east-1"]\n');
  expect(text).toContain('keys:\n  - "alias/a\\"b: c"\nkinds: ["kms-symmetric"]');
});
