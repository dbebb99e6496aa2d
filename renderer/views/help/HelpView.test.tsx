// @vitest-environment happy-dom

import { documents } from 'virtual:documents';
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { useUi } from '../../store/app/ui.ts';
import HelpView from './HelpView.tsx';

afterEach(() => {
  cleanup();
  useUi.setState(useUi.getInitialState());
});

const contents = () => screen.getByRole('navigation', { name: 'Documents' });
const current = () =>
  within(contents())
    .getAllByRole('button')
    .filter((button) => button.getAttribute('aria-current') === 'page')
    .map(({ textContent }) => textContent);

test('the first document is open; another is opened from the contents, which mark it', () => {
  render(<HelpView />);
  const [first, second] = documents;
  expect(screen.getByRole('region', { name: first?.title ?? '' })).toBeDefined();
  expect(current()).toEqual([first?.title]);
  fireEvent.click(within(contents()).getByRole('button', { name: second?.title ?? '' }));
  expect(screen.getByRole('region', { name: second?.title ?? '' })).toBeDefined();
  expect(current()).toEqual([second?.title]);
});

test('the page of a code stands below Troubleshooting', () => {
  useUi.getState().help('troubleshooting/AccessDeniedException');
  render(<HelpView />);
  expect(screen.getByRole('region', { name: 'AccessDeniedException' })).toBeDefined();
  expect(current()).toEqual(['Troubleshooting']);
});

test('a search lists sections that have every word, and says where nothing has', () => {
  render(<HelpView />);
  const search = screen.getByRole('searchbox', { name: 'Search the documents' });
  fireEvent.change(search, { target: { value: 'drop files folders window' } });
  const found = within(screen.getByRole('list', { name: 'Sections found' })).getAllByRole('button');
  expect(found.length).toBeGreaterThan(0);
  fireEvent.change(search, { target: { value: `qzx${found.length}qzx` } });
  expect(screen.getByText(/^Nothing found for/)).toBeDefined();
  fireEvent.change(search, { target: { value: '' } });
  expect(screen.queryByRole('list', { name: 'Sections found' })).toBeNull();
});
