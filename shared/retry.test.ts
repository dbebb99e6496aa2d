import { expect, test } from 'vitest';
import { canRetry } from './retry.ts';

test('what no change outside the request can help is not sent again', () => {
  const ask = (code: string, retryable = false) => canRetry({ code, retryable });
  for (const code of ['InvalidCiphertextException', 'IncorrectKeyException', 'FileHeldBack', 'NotPutBack'])
    expect(ask(code)).toBe(false);
  for (const code of ['DisabledException', 'AccessDeniedException', 'ExpiredTokenException', 'DiskFull'])
    expect(ask(code)).toBe(true);
  // A retry asks for grant tokens anew.
  expect(ask('InvalidGrantTokenException')).toBe(true);
  expect(ask('ThrottlingException', true)).toBe(true);
});
