// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, expect, test } from 'vitest';
import { Dialog } from '../../components/Dialog.tsx';
import { Box } from '../../components/grid.tsx';
import { useKeptFocus } from './useKeptFocus.ts';

afterEach(cleanup);

const has = (element: Element) => waitFor(() => expect(document.activeElement).toBe(element));
const frames = () =>
  act(
    () =>
      new Promise<void>((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
      ),
  );

function Page({ children }: { readonly children?: React.ReactNode }) {
  useKeptFocus();
  return (
    <main className="main" tabIndex={-1}>
      {children}
    </main>
  );
}

function Chips() {
  const [left, setLeft] = useState(['a', 'b']);
  return (
    <>
      <Box role="grid" aria-label="List" tabIndex={0} />
      {left.length > 0 && (
        <section aria-label="Chips">
          {left.map((id) => (
            <button type="button" key={id} onClick={() => setLeft(left.filter((each) => each !== id))}>
              {id}
            </button>
          ))}
        </section>
      )}
    </>
  );
}

test('after a removal the focus is on what is left beside it, and at last on the list', async () => {
  render(
    <Page>
      <Chips />
    </Page>,
  );
  screen.getByRole('button', { name: 'a' }).focus();
  fireEvent.click(screen.getByRole('button', { name: 'a' }));
  await has(screen.getByRole('button', { name: 'b' }));
  fireEvent.click(screen.getByRole('button', { name: 'b' }));
  await has(screen.getByRole('grid'));
});

test('a view that is replaced leaves the focus in the content', async () => {
  const { rerender } = render(
    <Page>
      <section key="1">
        <button type="button">old</button>
      </section>
    </Page>,
  );
  screen.getByRole('button', { name: 'old' }).focus();
  rerender(
    <Page>
      <section key="2">new</section>
    </Page>,
  );
  await has(screen.getByRole('main'));
});

let end = (): void => {};
function Work() {
  const [busy, setBusy] = useState(false);
  end = () => setBusy(false);
  return (
    <section aria-label="Tools">
      <button type="button">other</button>
      <button type="button" disabled={busy} onClick={() => setBusy(true)}>
        work
      </button>
    </section>
  );
}

test('a button that is disabled while it works gets the focus back', async () => {
  render(
    <Page>
      <Work />
    </Page>,
  );
  const work = screen.getByRole('button', { name: 'work' });
  work.focus();
  fireEvent.click(work);
  await has(screen.getByRole('button', { name: 'other' }));
  act(() => end());
  await has(work);
});

test('in a dialog the focus stays in the dialog', async () => {
  function Steps() {
    const [step, setStep] = useState(1);
    return (
      <Dialog title="Steps" open onClose={() => {}} footer={<span />}>
        {step === 1 && (
          <button type="button" onClick={() => setStep(2)}>
            next
          </button>
        )}
      </Dialog>
    );
  }
  render(
    <Page>
      <button type="button">behind</button>
      <Steps />
    </Page>,
  );
  const next = screen.getByRole('button', { name: 'next' });
  next.focus();
  fireEvent.click(next);
  await waitFor(() => expect(screen.getByRole('dialog').contains(document.activeElement)).toBe(true));
});

test('a person who pressed beside everything is left alone', async () => {
  const { rerender } = render(
    <Page>
      <button type="button">old</button>
    </Page>,
  );
  const old = screen.getByRole('button', { name: 'old' });
  old.focus();
  old.blur();
  await frames();
  rerender(<Page />);
  await frames();
  expect(document.activeElement).toBe(document.body);
});
