import { test } from 'vitest';
import { expectLinear } from '../../inspect/linear.test-help.ts';
import { keyReferences } from './key-references.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';

test.each(['a.ts', 'a.yaml', 'a.xml'])(
  'references to keys in %s cost no more than the text is long',
  (name) => {
    expectLinear(
      (size) => {
        const text = Buffer.from(`kms: "${KEY}"\n${'/* ` \' " <!-- { alias: alias/a\n'.repeat(size)}`);
        return () => keyReferences(text, name, []);
      },
      4000,
      'looking for keys',
    );
  },
);
