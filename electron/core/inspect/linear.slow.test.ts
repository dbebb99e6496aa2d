import { expect, test } from 'vitest';
import { expectLinear, growth } from './linear.test-help.ts';

const linear = (n: number) => () => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.sqrt(i);
  return sum;
};
const quadratic = (n: number) => () => {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let k = 0; k < n; k++) sum += Math.sqrt(i ^ k);
  return sum;
};

test('linear work passes', () => {
  expectLinear(linear, 100_000, 'a loop');
});

test('quadratic work fails, also where its first size costs next to nothing', () => {
  for (const size of [200, 4000])
    expect(() => expectLinear(quadratic, size, 'a loop in a loop')).toThrow(/a loop in a loop/);
});

test('work too small to measure has no growth', () => {
  expect(growth(() => () => undefined, 1)).toBeNull();
});
