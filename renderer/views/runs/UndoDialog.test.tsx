// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { RunSummary } from '#shared/model/run.ts';
import { useUi } from '../../store/app/ui.ts';
import { useRuns } from '../../store/runs/runs.ts';
import { UndoDialog } from './UndoDialog.tsx';

afterEach(() => {
  cleanup();
  useUi.setState(useUi.getInitialState());
  useRuns.setState(useRuns.getInitialState());
});

const RUN = {
  id: 'r1',
  status: 'finished',
  output: 'in-place',
  dryRun: false,
  undo: { blobs: 3, files: 2 },
  counts: { total: 3, succeeded: 3, already: 0, failed: 0, skipped: 0, restored: 0 },
} as unknown as RunSummary;

test('while a run is undone a bar shows how far it is and nothing can be pressed; then Done has the focus', async () => {
  let finish = (): void => {};
  useRuns.setState({
    runs: new Map([['r1', RUN]]),
    undo: () =>
      new Promise((resolve) => {
        finish = () => resolve({ restored: { blobs: 3, files: 2 }, left: [], leftTotal: 0 });
      }),
  });
  useUi.getState().askUndo('r1');
  render(<UndoDialog />);
  fireEvent.click(screen.getByRole('button', { name: 'Restore 3 blobs in 2 files' }));
  await screen.findByRole('progressbar');
  expect(screen.getByRole('button', { name: 'Cancel' }).getAttribute('aria-disabled')).toBe('true');
  finish();
  await screen.findByText('Restored 3 blobs in 2 files.');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Done' })));
});
