// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { BlobDetail } from '#shared/model/blob.ts';
import { fault } from '#shared/model/fault.ts';
import { flatten, ownersOf } from '../../lib/bytes/hex.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { fileName } from '../../lib/words/format.ts';
import { useMenu } from '../../store/app/menu.ts';
import { useAudit } from '../../store/audit/audit.ts';
import { useArrange } from '../../store/blobs/arrange.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useInspector } from '../../store/blobs/inspector.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { FieldPanel } from './FieldPanel.tsx';
import { FieldTree } from './FieldTree.tsx';
import { Inspector } from './Inspector.tsx';
import { LastResultLine } from './LastResult.tsx';
import { SummaryTab } from './SummaryTab.tsx';

const [row] = makeRows(1);
if (row === undefined) throw new Error('no row');
const fingerprint = row.identification.keyFingerprint ?? '';

const DETAIL: BlobDetail = {
  row,
  byteRange: { start: 0, end: 184 },
  bytesBase64: 'AQIDBA==',
  truncated: false,
  fields: [
    {
      name: 'layout',
      offset: 0,
      length: 2,
      value: '2',
      meaning: 'The layout.',
      evidence: 'observed',
      children: [],
    },
    {
      name: 'tag and length',
      offset: 2,
      length: 2,
      value: 'abcd1234',
      meaning: 'A tag.',
      evidence: 'documented',
      children: [],
    },
  ],
  findings: [],
  summary: [{ text: `Its key material has the fingerprint ${fingerprint}.`, source: 'bytes' }],
};
const nodes = flatten(DETAIL.fields);
const decoded = { bytes: Uint8Array.of(1, 2, 3, 4), nodes, owners: ownersOf(nodes, 4) };

beforeAll(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400);
});
afterEach(() => {
  cleanup();
  Reflect.deleteProperty(window, 'rewrap');
  useRuns.setState(useRuns.getInitialState());
  useBlobs.setState(useBlobs.getInitialState());
  useAudit.setState(useAudit.getInitialState());
  useArrange.setState(useArrange.getInitialState());
  useInspector.setState(useInspector.getInitialState());
  useMenu.setState(useMenu.getInitialState());
});

function withResult(): void {
  const item = {
    blobId: row?.id,
    state: 'failed',
    fault: fault('InvalidCiphertextException', 'KMS could not open this blob.', 'No context.', 'Find it.'),
    sent: null,
    requestId: 'req-1',
  };
  Object.assign(window, { rewrap: { runs: { item: async () => ({ ok: true, value: { item } }) } } });
  const table = Table.of(makeRows(1));
  useBlobs.setState({ table, rows: table.rows, byId: table });
  useRuns.setState({
    results: new Map([[row?.id ?? '', 'failed']]),
    resultRuns: new Map([[row?.id ?? '', 'r1']]),
  });
}

test('nothing is said of a last result before there is one', () => {
  render(<LastResultLine row={row} />);
  expect(screen.queryByRole('region', { name: 'Last result' })).toBeNull();
});

test('the last result stands with its fault, what fixes it, and its request', async () => {
  withResult();
  render(<LastResultLine row={row} />);
  const section = screen.getByRole('region', { name: 'Last result' });
  expect(section.textContent).toContain('Failed');
  expect(await within(section).findByText('KMS could not open this blob.')).toBeTruthy();
  expect(within(section).getByRole('button', { name: 'Set context for this blob…' })).toBeTruthy();
  expect(section.textContent).toContain('req-1');
  expect(within(section).getByRole('button', { name: 'Show the run' })).toBeTruthy();
});

test('kind, key and size stand before the prose, which names a fingerprint by eight digits', () => {
  const { container } = render(<SummaryTab detail={DETAIL} />);
  const text = container.textContent ?? '';
  expect(text).toContain(`fingerprint ${fingerprint.slice(0, 8)}.`);
  expect(text).not.toContain(fingerprint);
  const at = (words: string) => text.indexOf(words);
  expect(at(row.identification.label)).toBeLessThan(at('Fingerprint'));
  expect(at('Fingerprint')).toBeLessThan(at('plaintext'));
  expect(at('plaintext')).toBeLessThan(at('From the bytes'));
});

test('what an audit found of its key stands among its findings', () => {
  useBlobs.setState({
    found: new Map([[row.id, { ids: ['f1'], codes: ['key-disabled'], worst: 'warning' }]]),
  });
  useAudit.setState({
    findings: [
      { id: 'f1', code: 'key-disabled', severity: 'warning', title: 'The key is disabled.' },
      { id: 'f2', code: 'key-disabled', severity: 'warning', title: 'Another key.' },
    ].map((each) => ({ evidence: [], reason: '', remedy: '', ...each })) as never,
  });
  render(<SummaryTab detail={DETAIL} />);
  const findings = screen.getByRole('region', { name: 'Findings' });
  expect(findings.textContent).toContain('The key is disabled.');
  expect(findings.textContent).not.toContain('Another key.');
});

test('a field says by an icon how sure it is, and is copied and filtered by from its menu', () => {
  render(<FieldTree decoded={decoded} />);
  expect(screen.getByRole('img', { name: 'observed' })).toBeTruthy();
  expect(screen.getByRole('img', { name: 'documented' })).toBeTruthy();
  const titles = (): readonly string[] => {
    fireEvent.contextMenu(screen.getByText('tag and length'), { clientX: 10, clientY: 10 });
    return useMenu.getState().menu?.entries.map(({ title }) => title) ?? [];
  };
  // A value that the list knows nothing of would find no blob, not even this one.
  useInspector.setState({ detail: DETAIL });
  expect(titles()).toEqual(['Copy value', 'Copy hex', 'Copy name']);
  const known = { ...row, identification: { ...row.identification, keyFingerprint: 'abcd1234' } };
  useInspector.setState({ detail: { ...DETAIL, row: known } });
  expect(titles()).toHaveLength(4);
  const { menu } = useMenu.getState();
  expect(menu?.entries.map(({ title }) => title)).toEqual([
    'Copy value',
    'Copy hex',
    'Copy name',
    'Filter the list by this value',
  ]);
  menu?.entries.at(-1)?.run();
  expect(useArrange.getState().terms).toEqual(['abcd1234']);
  // The field that the menu is of is the chosen one.
  expect(useInspector.getState().chosen).toBe(nodes[1]?.id);
});

test('no room is taken for a field before one is chosen', () => {
  const { container, rerender } = render(<FieldPanel decoded={decoded} />);
  expect(container.textContent).toBe('');
  rerender(<FieldPanel decoded={decoded} truncated />);
  expect(container.textContent).toBe('Only the first 64 KiB are shown.');
  useInspector.setState({ chosen: nodes[0]?.id ?? null });
  rerender(<FieldPanel decoded={decoded} />);
  expect(screen.getByRole('region', { name: 'Field' }).textContent).toContain('The layout.');
});

test('once another row is chosen, nothing can be done to the blob that is still shown', async () => {
  const table = Table.of(makeRows(2));
  const [one, two] = table.rows;
  if (one === undefined || two === undefined) throw new Error('no rows');
  useBlobs.setState({ table, rows: table.rows, byId: table });
  useInspector.setState({ blobId: one.id, detail: { ...DETAIL, row: one } });
  const { container } = render(<Inspector />);
  const actions = () => container.querySelector('.inspector-body');
  expect(actions()?.contains(screen.getByRole('button', { name: 'Re-encrypt this blob' }))).toBe(true);
  expect(actions()?.hasAttribute('inert')).toBe(false);
  let answer = (_: unknown): void => undefined;
  const reply = new Promise((resolve) => {
    answer = resolve;
  });
  Object.assign(window, { rewrap: { blobs: { inspect: () => reply } } });
  act(() => useInspector.getState().aim(two.id));
  expect(actions()?.hasAttribute('inert')).toBe(true);
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe(fileName(two.file));
  const loaded = act(() => useInspector.getState().inspect(two.id));
  expect(actions()?.hasAttribute('inert')).toBe(true);
  answer({ ok: true, value: { ...DETAIL, row: two } });
  await loaded;
  expect(actions()?.hasAttribute('inert')).toBe(false);
});
