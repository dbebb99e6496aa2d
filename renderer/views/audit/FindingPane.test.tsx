// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { AuditFinding } from '#shared/model/audit.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { FindingPane } from './FindingPane.tsx';

const FINDING: AuditFinding = {
  id: 'f1',
  code: 'key-disabled',
  severity: 'warning',
  title: 'The key is disabled.',
  reason: 'Its blobs cannot be decrypted.',
  evidence: ['DescribeKey: Disabled'],
  remedy: 'Enable it: `aws kms enable-key`.',
  source: 'kms',
  keyArn: null,
  blobs: 9,
  reencryptable: 0,
  files: 2,
  examples: [
    { file: 'a.json', place: 'CiphertextBlob' },
    { file: 'b.bin', place: '' },
  ],
  violation: false,
  suppressed: null,
};

afterEach(() => {
  cleanup();
  useAudit.setState(useAudit.getInitialState());
});

const shown = (patch: Partial<AuditFinding> = {}) => {
  render(<FindingPane finding={{ ...FINDING, ...patch }} onClose={() => undefined} />);
  return screen.getByRole('complementary', { name: 'Finding' }).textContent ?? '';
};
const buttons = () =>
  screen.getAllByRole('button').map((button) => button.getAttribute('aria-label') ?? button.textContent);

test('it says how grave, why, how it is known, what to do and where, and how many more there are', () => {
  const text = shown();
  for (const words of [
    'Warning',
    '9 blobs in 2 files',
    'Its blobs cannot be decrypted.',
    'DescribeKey: Disabled',
    'Enable it: aws kms enable-key.',
    'a.json · CiphertextBlob',
    'b.bin',
    'and 7 more',
    'key-disabled',
  ])
    expect(text).toContain(words);
});

test('blobs that can be re-encrypted are the main action; of a finding without blobs there are none to show', () => {
  const reencrypt = vi.fn(async () => undefined);
  const showBlobs = vi.fn(async () => undefined);
  useAudit.setState({ reencrypt, showBlobs });
  shown({ reencryptable: 4 });
  expect(buttons()).toEqual(['Close', 'Re-encrypt 4 blobs…', 'Show 9 blobs', 'Suppress…']);
  fireEvent.click(screen.getByRole('button', { name: 'Re-encrypt 4 blobs…' }));
  expect(reencrypt).toHaveBeenCalledWith({ by: 'finding', id: 'f1' });
  fireEvent.click(screen.getByRole('button', { name: 'Show 9 blobs' }));
  expect(showBlobs).toHaveBeenCalledWith({ by: 'finding', id: 'f1' }, 'The key is disabled');
  cleanup();
  expect(shown({ blobs: 0, files: 1, examples: [] })).toContain('1 file');
  expect(buttons()).toEqual(['Close', 'Suppress…']);
});

test('a suppressed one says until when and why; it is counted again here unless the rules file says so', () => {
  const unsuppress = vi.fn(async () => undefined);
  useAudit.setState({ unsuppress });
  const suppressed = { until: '2030-12-31', reason: 'kept for the tax office', where: 'here' } as const;
  expect(shown({ suppressed, reencryptable: 4 })).toContain('kept for the tax office');
  expect(buttons()).toEqual(['Close', 'Show 9 blobs', 'Count it again']);
  fireEvent.click(screen.getByRole('button', { name: 'Count it again' }));
  expect(unsuppress).toHaveBeenCalledWith('f1');
  cleanup();
  expect(shown({ suppressed: { ...suppressed, where: 'rules' } })).toContain('(by the rules file)');
  expect(buttons()).toEqual(['Close', 'Show 9 blobs']);
});

test('a broken rule is named one', () => {
  expect(shown({ violation: true })).toContain('Rule broken');
});
