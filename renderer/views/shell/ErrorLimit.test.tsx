// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { type ReactNode, Suspense, useEffect } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { lazyView } from '../../lib/lazy-view.tsx';
import { ErrorLimit } from './ErrorLimit.tsx';

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

test('what fails while it is drawn is said in its place, the rest stays, and it can be shown again', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let broken = true;
  const Part = () => {
    if (broken) throw new TypeError('nothing is there');
    return <p>the part</p>;
  };
  render(
    <>
      <p>the rest</p>
      <ErrorLimit>
        <Part />
      </ErrorLimit>
    </>,
  );
  expect(screen.getByRole('alert').textContent).toContain('Something in this window went wrong.');
  expect(screen.getByRole('alert').textContent).toContain('nothing is there');
  expect(screen.getByText('the rest')).toBeTruthy();
  broken = false;
  fireEvent.click(screen.getByRole('button', { name: 'Show it again' }));
  expect(screen.getByText('the part')).toBeTruthy();
  expect(screen.queryByRole('alert')).toBeNull();
});

test('so is what fails in an effect', () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const Part = () => {
    useEffect(() => {
      throw new Error('too late');
    }, []);
    return <p>the part</p>;
  };
  const failed = vi.fn();
  render(
    <ErrorLimit onFail={failed}>
      <Part />
    </ErrorLimit>,
  );
  expect(screen.getByRole('alert').textContent).toContain('too late');
  expect(failed).toHaveBeenCalledOnce();
});

test('a view that could not be loaded is loaded again when it is shown again', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const load = vi
    .fn<() => Promise<() => ReactNode>>()
    .mockRejectedValueOnce(new Error('no answer'))
    .mockResolvedValue(() => <p>the view</p>);
  const View = lazyView(load);
  render(
    <ErrorLimit>
      <Suspense>
        <View />
      </Suspense>
    </ErrorLimit>,
  );
  expect((await screen.findByRole('alert')).textContent).toContain('no answer');
  fireEvent.click(screen.getByRole('button', { name: 'Show it again' }));
  await screen.findByText('the view');
  expect(load).toHaveBeenCalledTimes(2);
});
