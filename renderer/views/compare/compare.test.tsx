// @vitest-environment happy-dom
import { cleanup, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Field } from '#shared/model/blob.ts';
import { compareFields, EQUALITY_WORDS, fieldDifferences } from '../../lib/bytes/compare.ts';
import { CompareFields } from './CompareFields.tsx';
import { CompareHex } from './CompareHex.tsx';

const field = (name: string, offset: number, length: number, value: string): Field => ({
  name,
  offset,
  length,
  value,
  meaning: '',
  evidence: 'observed',
  children: [],
});
const NAMES = ['old.bin', 'new.bin'] as const;
const first = {
  bytes: Uint8Array.of(1, 2, 3),
  fields: [field('version', 0, 1, '1'), field('salt', 1, 2, '0203')],
};
const second = {
  bytes: Uint8Array.of(1, 9, 9, 7),
  fields: [field('version', 0, 1, '1'), field('salt', 1, 2, '0909'), field('tag', 3, 1, '07')],
};

beforeAll(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400);
});
afterEach(cleanup);

const lines = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => Array.from(row.children, ({ textContent }) => textContent));

test('each field stands with both values and says whether it differs, or is absent on one side', () => {
  render(<CompareFields pairs={compareFields(first, second)} names={NAMES} differingOnly={false} />);
  expect(lines().map((line) => line.slice(0, 3))).toEqual([
    ['version', '1', '1'],
    ['salt', '0203', '0909'],
    ['tag', 'absent', '07'],
  ]);
  const words = lines().map((line) => line.at(-1));
  expect(words.slice(0, 2)).toEqual(['Equal', 'Differs']);
  expect(words[2]).toBe(EQUALITY_WORDS['only-second']);
});

test('equal fields can be left out; where all are equal, or none is known, words say so', () => {
  const { rerender } = render(
    <CompareFields pairs={compareFields(first, second)} names={NAMES} differingOnly />,
  );
  expect(lines().map(([name]) => name)).toEqual(['salt', 'tag']);
  rerender(<CompareFields pairs={compareFields(first, first)} names={NAMES} differingOnly />);
  expect(screen.getByText('No field differs.')).toBeDefined();
  rerender(<CompareFields pairs={[]} names={NAMES} differingOnly={false} />);
  expect(screen.getByText('No structure is known for these bytes.')).toBeDefined();
});

test('bytes that differ are marked on both sides, those beyond the shorter blob too', () => {
  render(
    <CompareHex
      bytes={[first.bytes, second.bytes]}
      names={NAMES}
      marks={fieldDifferences(first.bytes, second.bytes)}
    />,
  );
  const group = screen.getByRole('group', { name: 'Bytes of old.bin and new.bin' });
  const marked = within(group)
    .getAllByText(/./)
    .filter(({ className }) => className.includes('seg-differs'))
    .map(({ textContent }) => textContent?.trim());
  expect(marked).toEqual(['02 03', '09 09 07']);
});
