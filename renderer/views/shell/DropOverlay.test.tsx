// @vitest-environment happy-dom
import { act, cleanup, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reset } from '../../bridge.test-help.ts';
import { useUi } from '../../store/app/ui.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { DropOverlay } from './DropOverlay.tsx';

const take = vi.fn(async () => undefined);
beforeEach(() => {
  take.mockClear();
  useIntake.setState({ take });
});
afterEach(() => {
  cleanup();
  reset(useUi, useIntake, useConnection, useDraft);
});

interface Transfer {
  readonly types: readonly string[];
  readonly files: readonly File[];
  readonly items: readonly { webkitGetAsEntry(): unknown }[];
  dropEffect?: string;
}
const FILES: Transfer = { types: ['Files'], files: [], items: [] };

/** What a browser sends while something is dragged; whether its own way with it was prevented. */
function drag(type: string, dataTransfer: Transfer): boolean {
  const event = new Event(type, { cancelable: true, bubbles: true });
  Object.assign(event, { dataTransfer });
  act(() => void window.dispatchEvent(event));
  return event.defaultPrevented;
}

test('it shows while files hover, whatever they cross, and says what a drop does', () => {
  render(<DropOverlay />);
  const shown = () => screen.queryByText('Drop to add') !== null;
  expect(shown()).toBe(false);
  drag('dragenter', FILES);
  drag('dragenter', FILES);
  drag('dragleave', FILES);
  expect(shown()).toBe(true);
  expect(screen.getByText('Files are read and searched for ciphertext.')).toBeDefined();
  act(() => useDraft.setState({ open: true }));
  expect(screen.getByText(/the open sheet keeps its blobs/)).toBeDefined();
  drag('dragleave', FILES);
  expect(shown()).toBe(false);
});

test('text that is dragged is none of it, and the browser does not open it either', () => {
  render(<DropOverlay />);
  const text = { ...FILES, types: ['text/plain'] };
  drag('dragenter', text);
  expect(screen.queryByText('Drop to add')).toBeNull();
  expect(drag('dragover', text)).toBe(true);
  expect(text.dropEffect).toBe('none');
  expect(drag('drop', text)).toBe(true);
  expect(take).not.toHaveBeenCalled();
});

test('a drop leads to the list and takes the files; a folder is walked to its last batch', async () => {
  useUi.setState({ view: 'runs' });
  render(<DropOverlay />);
  const file = (name: string) => new File(['x'], name);
  const one = file('a.bin');
  drag('drop', { ...FILES, files: [one], items: [{ webkitGetAsEntry: () => ({ isFile: true }) }] });
  expect(useUi.getState().view).toBe('blobs');
  await waitFor(() => expect(take).toHaveBeenCalledWith([one]));
  const entry = (name: string) => ({
    isFile: true,
    isDirectory: false,
    fullPath: `/folder/${name}`,
    file: (give: (found: File) => void) => give(file(name)),
  });
  const batches = [[entry('b.bin')], [entry('c.bin')], []];
  const folder = {
    isFile: false,
    isDirectory: true,
    createReader: () => ({ readEntries: (give: (found: unknown) => void) => give(batches.shift()) }),
  };
  drag('drop', { ...FILES, items: [{ webkitGetAsEntry: () => folder }] });
  await waitFor(() => expect(take).toHaveBeenCalledTimes(2));
  const [found] = take.mock.calls.at(-1) as unknown as [File[]];
  expect(found.map(({ webkitRelativePath }) => webkitRelativePath)).toEqual(['folder/b.bin', 'folder/c.bin']);
});
