// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { useUi } from '../../store/app/ui.ts';
import { useKeys } from '../../store/connection/keys.ts';
import { Palette } from './Palette.tsx';

afterEach(() => {
  cleanup();
  useUi.setState(useUi.getInitialState());
  useKeys.setState({ keys: null });
});

const opened = () => {
  useUi.getState().open('palette');
  render(<Palette />);
  return screen.getByRole('combobox');
};

test('typing finds a view, the arrow keys choose, Enter goes there and closes the palette', async () => {
  const field = opened();
  fireEvent.change(field, { target: { value: 'show' } });
  const views = await screen.findByRole('group', { name: 'Views' });
  await waitFor(() => expect(within(views).getAllByRole('option')).toHaveLength(6));
  fireEvent.keyDown(field, { key: 'ArrowUp' });
  const chosen = screen.getByRole('option', { selected: true });
  expect(chosen.textContent).toContain('Show Help');
  expect(field.getAttribute('aria-activedescendant')).toBe(chosen.id);
  fireEvent.keyDown(field, { key: 'Enter' });
  await waitFor(() => expect(useUi.getState()).toMatchObject({ view: 'help', dialog: null }));
});

test('a key is found by its alias or ARN, and shown in Keys', async () => {
  const arn = 'arn:aws:kms:us-east-1:111122223333:key/1234';
  useKeys.setState({ keys: [{ arn, keyId: '1234', aliases: ['alias/payments'] } as never] });
  const field = opened();
  fireEvent.change(field, { target: { value: 'key/1234' } });
  await screen.findByRole('option', { name: /alias\/payments/ });
  fireEvent.keyDown(field, { key: 'Enter' });
  await waitFor(() => expect(useUi.getState()).toMatchObject({ view: 'keys', openKey: arn }));
});

test('what cannot be done says why, and does nothing', async () => {
  const field = opened();
  fireEvent.change(field, { target: { value: 'clear list' } });
  const option = await screen.findByRole('option', { name: /There are no blobs in the list/ });
  expect(option.getAttribute('aria-disabled')).toBe('true');
  fireEvent.keyDown(field, { key: 'Enter' });
  expect(useUi.getState().dialog).toBe('palette');
  fireEvent.change(field, { target: { value: 'no such thing' } });
  await screen.findByText('Nothing is called “no such thing”.');
});
