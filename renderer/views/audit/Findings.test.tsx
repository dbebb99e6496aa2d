// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AuditFinding } from '#shared/model/audit.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useFindings } from '../../store/audit/findings.ts';
import { Findings } from './Findings.tsx';
import { SuppressDialog } from './SuppressDialog.tsx';

const finding = (id: string, patch: Partial<AuditFinding>): AuditFinding => ({
  id,
  code: 'key-disabled',
  severity: 'warning',
  title: `Finding ${id}.`,
  reason: 'It matters.',
  evidence: [],
  remedy: '',
  source: 'kms',
  keyArn: null,
  blobs: 2,
  reencryptable: 2,
  files: 1,
  examples: [],
  violation: false,
  suppressed: null,
  ...patch,
});

beforeEach(() => {
  document.documentElement.style.fontSize = '13px';
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1300);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(560);
  useAudit.setState({
    findings: [
      finding('a', { code: 'key-not-rotated' as AuditFinding['code'] }),
      finding('b', { code: 'key-not-rotated' as AuditFinding['code'] }),
      finding('c', { severity: 'critical', title: 'The key is gone.' }),
    ],
  });
});
afterEach(() => {
  cleanup();
  useAudit.setState(useAudit.getInitialState());
  useFindings.setState(useFindings.getInitialState());
  vi.restoreAllMocks();
});
const rows = () => screen.getAllByRole('row').slice(1);
const names = () => rows().map((row) => within(row).getAllByRole('gridcell')[2]?.textContent);

test('findings of one rule are one line that opens; the most severe rule comes first', () => {
  render(<Findings />);
  expect(names()).toEqual(['The key is gone.', 'Key not rotated2 findings']);
  const grid = screen.getByRole('grid', { name: 'Findings' });
  fireEvent.keyDown(grid, { key: 'End' });
  fireEvent.keyDown(grid, { key: 'Enter' });
  expect(names()).toEqual(['The key is gone.', 'Key not rotated2 findings', 'Finding a.', 'Finding b.']);
});

test('the pane says what is chosen; coming back finds the same place', () => {
  const { unmount } = render(<Findings />);
  fireEvent.keyDown(screen.getByRole('grid', { name: 'Findings' }), { key: 'ArrowDown' });
  const pane = screen.getByRole('complementary', { name: 'Finding' });
  expect(within(pane).getByRole('button', { name: 'Re-encrypt 2 blobs…' })).toBeDefined();
  unmount();
  render(<Findings />);
  expect(screen.getByRole('complementary', { name: 'Finding' }).textContent).toContain('The key is gone.');
});

test('a whole rule is ticked by the keyboard and suppressed at once, each of its findings', async () => {
  const suppress = vi.fn(async () => {});
  useAudit.setState({ suppress });
  render(
    <>
      <Findings />
      <SuppressDialog />
    </>,
  );
  const grid = screen.getByRole('grid', { name: 'Findings' });
  fireEvent.keyDown(grid, { key: 'End' });
  fireEvent.keyDown(grid, { key: ' ' });
  fireEvent.click(screen.getByRole('button', { name: 'Suppress 2 findings…' }));
  const dialog = screen.getByRole('dialog', { name: 'Suppress 2 findings' });
  fireEvent.change(within(dialog).getByRole('textbox', { name: 'Reason' }), { target: { value: 'known' } });
  fireEvent.click(within(dialog).getByRole('button', { name: 'Suppress 2 findings' }));
  await waitFor(() => expect(suppress).toHaveBeenCalledWith(['a', 'b'], 'known', expect.any(String)));
  await waitFor(() => expect(useFindings.getState().ticked.size).toBe(0));
});

test('an answer of KMS moves no row under the pointer; it is offered, and shown when the pointer has left', () => {
  const { findings } = useAudit.getState();
  const worse = [
    ...findings,
    finding('d', { code: 'key-unused', severity: 'critical', title: 'A key is pending deletion.' }),
  ];
  useAudit.setState({ summary: { asking: 2, weighed: {} } as never });
  const { container } = render(<Findings />);
  const before = names();
  const list = container.querySelector('.grid-split');
  if (list === null) throw new Error('no list');
  fireEvent.pointerEnter(list);
  act(() => useAudit.setState({ findings: structuredClone(findings) }));
  expect(screen.queryByRole('button', { name: 'Update the list' })).toBeNull();
  act(() => useAudit.setState({ findings: worse }));
  expect(names()).toEqual(before);
  // Counted as the tab counts, and said without a pointer.
  expect(screen.getByRole('status').textContent).toBe('4 findings, list not updated');
  fireEvent.click(screen.getByRole('button', { name: 'Update the list' }));
  expect(names()).toContain('A key is pending deletion.');
  act(() => useAudit.setState({ findings, summary: { asking: 0, weighed: {} } as never }));
  expect(names()).toContain('A key is pending deletion.');
  fireEvent.pointerLeave(list);
  expect(names()).toEqual(before);
});

test('a list that is filtered away under the pointer is held no longer when it returns', () => {
  const { findings } = useAudit.getState();
  useAudit.setState({ summary: { asking: 2, weighed: {} } as never });
  const { container } = render(<Findings />);
  const list = container.querySelector('.grid-split');
  if (list === null) throw new Error('no list');
  fireEvent.pointerEnter(list);
  act(() => useFindings.getState().set({ query: 'nothing is called this' }));
  act(() => useFindings.getState().set({ query: '' }));
  act(() => useAudit.setState({ findings: findings.slice(0, 1) }));
  expect(names()).toEqual(['Finding a.']);
});
