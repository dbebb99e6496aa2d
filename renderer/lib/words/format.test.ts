import { expect, test } from 'vitest';
import { bytes, duration, fileName, plural, shortKeyName } from './format.ts';

test('counts and sizes read like people write them', () => {
  expect(plural(1, 'blob')).toBe('1 blob');
  expect(plural(1234, 'blob')).toBe('1,234 blobs');
  expect(bytes(184)).toBe('184 B');
  expect(bytes(6144)).toBe('6,144 B');
  expect(bytes(12_345_678)).toBe('12.3 MB');
});

test('durations', () => {
  expect(duration(59.4)).toBe('59 s');
  expect(duration(200)).toBe('3 min 20 s');
  expect(duration(7500)).toBe('2 h 5 min');
});

test('names at the end of ARNs and paths', () => {
  expect(shortKeyName('arn:aws:kms:us-east-1:111122223333:key/mrk-1')).toBe('mrk-1');
  expect(shortKeyName('arn:aws:kms:us-east-1:111122223333:alias/a/b')).toBe('alias/a/b');
  expect(shortKeyName('alias/x')).toBe('alias/x');
  expect(fileName('C:\\a\\b.bin')).toBe('b.bin');
  expect(fileName('a/b\\u{200d}c.bin')).toBe('b\\u{200d}c.bin');
});
