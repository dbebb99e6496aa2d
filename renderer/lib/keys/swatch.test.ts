import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SWATCH_COLOURS, swatchOf } from './keys.ts';

const fingerprint = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((b) => Array.from(b, (n) => n.toString(16).padStart(2, '0')).join(''));

test('a swatch has five bars of exactly two different colours', () => {
  fc.assert(
    fc.property(fingerprint, (hex) => {
      const { colours, bars } = swatchOf(hex);
      expect(bars).toHaveLength(5);
      expect(new Set(bars).size).toBe(2);
      expect(colours[0]).not.toBe(colours[1]);
      for (const colour of colours) expect(colour >= 0 && colour < SWATCH_COLOURS).toBe(true);
    }),
  );
});

test('the same fingerprint always has the same face, and known ones keep it', () => {
  expect(swatchOf(`00000000${'ab'.repeat(28)}`)).toEqual({ colours: [0, 1], bars: [1, 0, 0, 0, 0] });
  expect(swatchOf(`0d0b001e${'00'.repeat(28)}`)).toEqual({ colours: [1, 2], bars: [1, 0, 0, 0, 0] });
  expect(swatchOf('4c910b7e')).toEqual(swatchOf(`4c910b7e${'ff'.repeat(28)}`));
});
