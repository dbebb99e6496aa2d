// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DENIED, host, ok, refused, reset } from '../../bridge.test-help.ts';
import { KEYS } from '../../lib/keys/keys.test-help.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { Table } from '../../lib/table/table.ts';
import { useUi } from '../../store/app/ui.ts';
import { useBlobs } from '../../store/blobs/blobs.ts';
import { useKeyGroups } from '../../store/blobs/key-groups.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { FindKeyDialog } from './FindKeyDialog.tsx';
import { KeyBlock } from './KeyBlock.tsx';
import { NameKeyDialog } from './NameKeyDialog.tsx';

const all = makeRows(40);
const symmetric = all.find(({ identification }) => identification.kind === 'kms-symmetric');
const rsa = all.find(({ identification }) => identification.kind === 'kms-asymmetric-candidate');
const foreign = all.find(({ identification }) => !identification.reencryptable);
if (symmetric === undefined || rsa === undefined || foreign === undefined)
  throw new Error('one row of each kind');
const fingerprint = symmetric.identification.keyFingerprint ?? '';
const [first] = KEYS;

const findKey = vi.fn();
const name = vi.fn();
const groups = vi.fn();
beforeEach(() => {
  const table = Table.of(all);
  useBlobs.setState({ table, rows: table.rows, byId: table, complete: true });
  useKeys.setState({ keys: KEYS, status: 'ready' });
  useConnection.setState({
    connection: { choice: { kind: 'practice' }, status: 'ready', region: 'us-east-1' } as never,
  });
  name.mockImplementation(() => ok({}));
  groups.mockImplementation(() => ok({ keyGroups: [], timelines: [], keys: [] }));
  host({ keyGroups: { findKey, name, list: groups } });
});
afterEach(() => {
  cleanup();
  for (const mock of [findKey, name, groups]) mock.mockReset();
  reset(useBlobs, useConnection, useKeyGroups, useKeys, useUi);
});

const probe = (patch: object) => ({
  keyId: first?.arn,
  algorithm: 'SYMMETRIC_DEFAULT',
  answer: 'other-key',
  detail: 'IncorrectKey',
  requestId: 'req-1',
  ...patch,
});
const open = (row = symmetric) => {
  useUi.setState({ findKeyOf: row.id });
  render(<FindKeyDialog />);
  return screen.getByRole('dialog', { name: 'Find the key' });
};

test('the button counts the keys it asks about; without a connection or a key it says why not', () => {
  const dialog = open();
  const fitting = KEYS.filter((key) => key.spec === 'SYMMETRIC_DEFAULT').length;
  expect(
    within(dialog)
      .getByRole('button', { name: /^Ask KMS about \d+ keys?$/ })
      .hasAttribute('aria-disabled'),
  ).toBe(false);
  expect(fitting).toBeGreaterThan(0);
  fireEvent.click(within(dialog).getByRole('radio', { name: 'Chosen keys' }));
  const none = within(dialog).getByRole('button', { name: 'Ask KMS about 0 keys' });
  expect(none.getAttribute('aria-disabled')).toBe('true');
  expect(within(dialog).getByRole('status').textContent).toBe('Choose the keys to ask about.');
  fireEvent.click(within(dialog).getByRole('option', { name: 'alias/payments' }));
  expect(
    within(dialog).getByRole('button', { name: 'Ask KMS about 1 key' }).hasAttribute('aria-disabled'),
  ).toBe(false);
  act(() =>
    useConnection.setState({ connection: { choice: { kind: 'practice' }, status: 'failed' } as never }),
  );
  expect(within(dialog).getByRole('status').textContent).toBe('Not connected to KMS.');
});

test('a search that hides keys unchooses none', () => {
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('radio', { name: 'Chosen keys' }));
  fireEvent.click(within(dialog).getByRole('option', { name: 'alias/payments' }));
  fireEvent.change(within(dialog).getByRole('searchbox', { name: 'Search candidates' }), {
    target: { value: 'zzz' },
  });
  expect(within(dialog).getByText('No key matches')).toBeDefined();
  expect(within(dialog).getByRole('button', { name: 'Ask KMS about 1 key' })).toBeDefined();
});

test('an RSA blob has no context to ask with', () => {
  const dialog = open(rsa);
  expect(within(dialog).queryByRole('radiogroup', { name: 'Encryption context' })).toBeNull();
});

test('found: KMS confirms the group; none: what else may be; each question has its answer', async () => {
  findKey.mockImplementationOnce(() =>
    ok({
      found: null,
      likely: null,
      asked: [probe({}), probe({ keyId: KEYS[1]?.arn, answer: 'cannot-tell' })],
    }),
  );
  const dialog = open();
  const ask = () => fireEvent.click(within(dialog).getByRole('button', { name: /^Ask KMS about/ }));
  ask();
  const answer = await within(dialog).findByRole('region', { name: 'Answer' });
  expect(answer.textContent).toContain('None of these keys can decrypt this blob.');
  expect(within(answer).getByText('2 questions asked')).toBeDefined();
  expect(within(answer).getAllByRole('listitem')).toHaveLength(2);
  findKey.mockImplementationOnce(() =>
    ok({ found: first?.arn, likely: null, asked: [probe({ answer: 'opens' })] }),
  );
  ask();
  await within(dialog).findByText('alias/payments opens it.');
  expect(within(dialog).getByText('1 question asked')).toBeDefined();
  findKey.mockImplementationOnce(() => refused(DENIED));
  ask();
  await within(dialog).findByText('KMS refused the request.');
  expect(within(dialog).queryByRole('region', { name: 'Answer' })).toBeNull();
});

test('a likely key becomes the name of the group by a press alone', async () => {
  findKey.mockImplementationOnce(() =>
    ok({ found: null, likely: first?.arn, asked: [probe({ answer: 'key-fits-context-does-not' })] }),
  );
  const dialog = open();
  fireEvent.click(within(dialog).getByRole('button', { name: /^Ask KMS about/ }));
  const button = await within(dialog).findByRole('button', { name: 'Name the group alias/payments' });
  expect(name).not.toHaveBeenCalled();
  fireEvent.click(button);
  await within(dialog).findByText('You named the group alias/payments.');
  expect(name).toHaveBeenCalledWith({ fingerprint, keyArn: first?.arn });
});

test('naming: nothing typed is no name; a refusal keeps what was typed; an earlier name can be removed', async () => {
  useKeyGroups.setState({
    keyGroups: new Map([
      [fingerprint, { fingerprint, blobs: 1, keys: [{ keyArn: 'alias/mine', by: 'person' }] } as never],
    ]),
  });
  useUi.setState({ nameKeyOf: fingerprint });
  render(<NameKeyDialog />);
  const dialog = screen.getByRole('dialog', { name: 'Name this key' });
  expect(dialog.textContent).toContain('1 blob under this key material');
  const field = within(dialog).getByRole('textbox') as HTMLInputElement;
  expect(field.value).toBe('alias/mine');
  fireEvent.change(field, { target: { value: '  ' } });
  expect(within(dialog).getByRole('button', { name: 'Name the key' }).getAttribute('aria-disabled')).toBe(
    'true',
  );
  fireEvent.change(field, { target: { value: 'alias/other' } });
  name.mockImplementationOnce(() => refused(DENIED));
  fireEvent.click(within(dialog).getByRole('button', { name: 'Name the key' }));
  await within(dialog).findByText('KMS refused the request.');
  expect(field.value).toBe('alias/other');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Remove the name' }));
  await waitFor(() => expect(useUi.getState().nameKeyOf).toBeNull());
  expect(name).toHaveBeenLastCalledWith({ fingerprint, keyArn: null });
  expect(useUi.getState().toasts.at(-1)?.text).toBe('Removed the name');
});

test('the key of a blob: unknown, confirmed with its evidence, contradicted with the reason, none for a foreign one', () => {
  const { rerender } = render(<KeyBlock row={symmetric} />);
  expect(screen.getByText('key not yet known')).toBeDefined();
  expect(screen.queryByText(/^Evidence/)).toBeNull();
  const statement = {
    keyArn: first?.arn ?? '',
    by: 'kms' as const,
    evidence: 'request req-1',
    keyMaterialId: 'ab'.repeat(32),
    at: null,
    blobs: 1,
  };
  const known = {
    fingerprint,
    blobs: 1,
    files: 1,
    keyArn: first?.arn ?? null,
    by: 'kms' as const,
    keys: [statement],
    verdict: 'one-key' as const,
    reason: null,
    firstDate: null,
    lastDate: null,
  };
  act(() => useKeyGroups.setState({ keyGroups: new Map([[fingerprint, known]]) }));
  expect(screen.getByText('Evidence: 1 statement')).toBeDefined();
  expect(screen.getByRole('button', { name: 'Copy the key material ID' })).toBeDefined();
  act(() =>
    useKeyGroups.setState({
      keyGroups: new Map([
        [
          fingerprint,
          {
            ...known,
            keyArn: null,
            by: null,
            verdict: 'contradiction' as const,
            reason: 'Two labels differ.',
          },
        ],
      ]),
    }),
  );
  expect(screen.getByText('Two labels differ.')).toBeDefined();
  rerender(<KeyBlock row={rsa} />);
  expect(screen.getByText(/^The bytes name no key material/)).toBeDefined();
  expect(screen.queryByRole('button', { name: 'Name this key…' })).toBeNull();
  rerender(<KeyBlock row={foreign} />);
  expect(screen.queryByRole('region', { name: 'Key' })).toBeNull();
});
