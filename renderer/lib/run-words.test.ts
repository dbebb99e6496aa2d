import { expect, test } from 'vitest';
import { againWords, resumeWords, undoWords } from './run-words.ts';

test('buttons say what they touch', () => {
  expect(undoWords({ undo: { blobs: 412, files: 37 }, output: 'in-place' })).toBe(
    'Restore 412 blobs in 37 files',
  );
  expect(undoWords({ undo: { blobs: 412, files: 1 }, output: 'folder' })).toBe('Remove 1 new file');
  expect(resumeWords({ blobs: 1, files: 1 })).toBe('Go on with 1 blob in 1 file');
  expect(resumeWords({ blobs: 0, files: 0 })).toBe('Go on');
  expect(againWords({ failed: 2, missed: 0 })).toBe('Retry 2 failed blobs');
  expect(againWords({ failed: 0, missed: 1200 })).toBe('Re-encrypt 1,200 blobs not reached');
  expect(againWords({ failed: 1, missed: 3 })).toBe('Retry 1 failed blob and 3 not reached');
});
