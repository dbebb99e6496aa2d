import { expect, test } from 'vitest';
import { shellWord } from '#shared/format.ts';
import { hexOfBase64, inspectCommand } from './copies.ts';

test('a shell takes each word as one, whatever stands in it', () => {
  expect(shellWord('vault/a.bin')).toBe('vault/a.bin');
  expect(shellWord('my file')).toBe("'my file'");
  expect(shellWord("it's $HOME; rm -rf `x`")).toBe("'it'\\''s $HOME; rm -rf `x`'");
  expect(inspectCommand({ file: '-x.bin' })).toBe('rewrap inspect ./-x.bin');
});

test('bytes in hex keep their zeros', () => {
  expect(hexOfBase64(btoa('\u0000\u000f\u00ff'))).toBe('000fff');
});
