// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { host, ok, reset } from '../../bridge.test-help.ts';
import { KEYS } from '../../lib/keys/keys.test-help.ts';
import { makeRows } from '../../lib/table/rows.test-help.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { ContextChanges } from './ContextChanges.tsx';
import { MoreSection, TwoStepSection } from './OutputSection.tsx';

const rows = makeRows(60).filter(({ identification }) => identification.kind === 'kms-symmetric');
const withContext = rows.filter(({ declared }) => declared.encryptionContext !== null);

const connect = (account: string, region = 'us-east-1') =>
  ({
    choice: { kind: 'practice' },
    status: 'ready',
    region,
    identity: { account, arn: '', userId: '' },
  }) as never;

beforeEach(() => {
  host({ runs: { items: () => ok({ total: 0, items: [] }) } });
  useConnection.setState({ connection: connect('111122223333') });
  useDraft.getState().openFor(withContext);
  useDraft.getState().patchDestination({ mode: 'changed' });
});
afterEach(() => {
  cleanup();
  reset(useConnection, useDraft, useRuns);
});
const draft = () => useDraft.getState().draft;
const status = () => screen.queryByRole('status')?.textContent;

test('a key of the blobs’ own contexts is removed by a press, kept again by another, and the effect is counted', () => {
  render(<ContextChanges suggestions={[]} />);
  const blobs = withContext.length;
  fireEvent.click(screen.getByRole('button', { name: `Remove env, in ${blobs} blobs` }));
  expect(draft().destination.remove).toEqual(['env']);
  expect(status()).toBe(`Removes from ${blobs} blobs.`);
  fireEvent.click(screen.getByRole('button', { name: 'Keep env' }));
  expect(draft().destination.remove).toEqual([]);
});

test('a key that no blob is known to have may be removed, and says that; twice it cannot be', () => {
  render(<ContextChanges suggestions={[]} />);
  const remove = () => screen.getByRole('button', { name: 'Remove this key' });
  expect(remove().getAttribute('aria-disabled')).toBe('true');
  const field = screen.getByRole('textbox', { name: 'Key to remove' });
  fireEvent.change(field, { target: { value: 'owner' } });
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(draft().destination.remove).toEqual(['owner']);
  expect(screen.getByText('in no context that the files declare')).toBeDefined();
  expect(status()).toBe('No context that is known here changes.');
  fireEvent.change(field, { target: { value: 'owner' } });
  expect(remove().getAttribute('aria-disabled')).toBe('true');
  expect(screen.getByText('This key is removed already.')).toBeDefined();
});

test('a pair that is added and removed at once is a problem, said once', () => {
  useDraft.getState().patchDestination({ add: [{ id: 1, key: 'env', value: 'test' }], remove: ['env'] });
  render(<ContextChanges suggestions={[]} />);
  expect(screen.getByRole('alert').textContent).not.toBe('');
  expect(status()).toBeUndefined();
});

test('what few need is folded, and changes the draft', () => {
  render(<MoreSection />);
  const more = screen.getByRole('button', { name: 'More' });
  expect(more.getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(more);
  fireEvent.click(screen.getByRole('switch', { name: /^Skip blobs/ }));
  fireEvent.click(screen.getByRole('switch', { name: /leave its whole file/ }));
  fireEvent.change(screen.getByRole('textbox', { name: 'Grant tokens' }), { target: { value: 'token' } });
  expect(draft()).toMatchObject({ evenIfThere: true, takeGood: true, grantTokens: 'token' });
});

test('decrypting here is offered where ReEncrypt cannot do it, and wants a tick; taken back it is gone', () => {
  const { unmount } = render(<TwoStepSection />);
  expect(screen.queryByRole('region')).toBeNull();
  unmount();
  useConnection.setState({ destination: connect('444455556666', 'eu-central-1') });
  useDraft.getState().patchDestination({ key: KEYS[0] ?? null });
  render(<TwoStepSection />);
  const tick = screen.getByRole('checkbox', { name: /decrypt on this machine$/ });
  expect(draft().method).toBe('reencrypt');
  fireEvent.click(tick);
  expect(draft().method).toBe('decrypt-encrypt');
  fireEvent.click(tick);
  expect(draft().method).toBe('reencrypt');
});
