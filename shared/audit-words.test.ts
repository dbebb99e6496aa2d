import { describe, expect, it, test } from 'vitest';
import { nothingWords, shapeWords } from './audit-words.ts';

const bars = (...counts: number[]) => counts.map((count, i) => ({ label: 'abcdefgh'[i] ?? '', count }));

test('a chart says its shape in words', () => {
  expect(shapeWords([], 0)).toBe('No blobs.');
  expect(shapeWords(bars(7), 7)).toBe('All 7 blobs: a.');
  expect(shapeWords(bars(7, 0), 7)).toBe('All 7 blobs: a.');
  expect(shapeWords(bars(2, 6), 8)).toBe('Most, 75.0 %: b; then a, 25.0 %.');
  expect(shapeWords(bars(5, 5, 5, 5), 20)).toBe('Spread evenly over 4 values: 5 blobs each.');
  expect(shapeWords(bars(11, 10, 10, 12), 43)).toBe('Spread evenly over 4 values: 10 to 12 blobs each.');
  expect(shapeWords(bars(4, 3, 2, 1), 20, { values: 6, blobs: 10 })).toBe(
    'The largest part, 20.0 %: a; then b, 15.0 %; then c, 10.0 %; 7 more values, 55.0 %.',
  );
});

describe('blobs of which nothing was found', () => {
  const all = {
    caller: 'arn:aws:iam::111122223333:user/auditor',
    asking: 0,
    gaps: [],
    notAsked: { keys: 0, blobs: 0, names: [], elsewhere: [] },
    findings: { critical: 0, warning: 0, info: 0, suppressed: 0 },
  };
  it.each([
    ['nothing found in the files', { caller: null }],
    ['nothing found so far', { asking: 3 }],
    ['nothing found in what KMS reported', { gaps: ['GetKeyPolicy: refused'] }],
    ['nothing, or suppressed', { findings: { ...all.findings, suppressed: 1 } }],
  ])('are no good sign: %s', (label, more) => {
    expect(nothingWords({ ...all, ...more })).toEqual({ label, sure: false });
  });
  it('are one where everything was asked, and answered', () => {
    expect(nothingWords(all)).toEqual({ label: 'nothing found', sure: true });
  });
});
