// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { MiddleCut } from './MiddleCut.tsx';

afterEach(cleanup);

const drawn = (text: string) => {
  const { container } = render(<MiddleCut text={text} className="name" />);
  const cut = container.querySelector<HTMLElement>('.middle-cut');
  return {
    text: container.textContent,
    head: cut?.getAttribute('data-head') ?? undefined,
    tail: cut?.getAttribute('data-tail') ?? undefined,
  };
};

test.each([
  ['database-password.bin', 'database-', 'password.bin'],
  ['list.ciphertext · line 12, column 1', 'list.ciphertext · ', 'line 12, column 1'],
  ['an-exceedingly-long-name-of-a-file.json', 'an-exceedingly-long-name-', 'of-a-file.json'],
  ['token.bin', 'token', '.bin'],
  ['𝓪𝓫𝓬𝓭𝓮𝓯𝓰𝓱𝓲', '𝓪𝓫𝓬𝓭𝓮', '𝓯𝓰𝓱𝓲'],
])('%s keeps its end where there is no room, and stands whole for a reader', (text, head, tail) => {
  expect(drawn(text)).toEqual({ text, head, tail });
});

test('a short text is not cut in its middle', () => {
  expect(drawn('a.bin')).toEqual({ text: 'a.bin', head: undefined, tail: undefined });
});
