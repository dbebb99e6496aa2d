import { randomBytes } from 'node:crypto';
import { test } from 'vitest';
import { decode } from './index.ts';
import { expectLinear } from './linear.test-help.ts';

test('a large blob is decoded in linear time', () => {
  expectLinear(
    (n) => {
      const large = randomBytes(n);
      large.set([1, 2, 2, 0, 0x78]);
      return () => decode(large);
    },
    4 * 1024 * 1024,
    'decode',
  );
});
