// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { useUi } from '../../store/app/ui.ts';
import { PasteDialog } from './PasteDialog.tsx';

afterEach(() => {
  cleanup();
  useUi.setState(useUi.getInitialState());
  vi.unstubAllGlobals();
});

test('text that holds no ciphertext stays in the dialog, with the reason; the next one can be added', async () => {
  const paste = vi.fn();
  vi.stubGlobal('rewrap', { intake: { paste } });
  const skippedFiles = [{ file: 'pasted text', code: 'nothing', message: 'No ciphertext was found.' }];
  paste.mockResolvedValueOnce({ ok: true, value: { sources: 0, blobs: 0, skippedFiles, moreSkipped: 0 } });
  useUi.getState().open('paste');
  render(<PasteDialog />);
  const field = screen.getByRole('textbox') as HTMLTextAreaElement;
  fireEvent.change(field, { target: { value: 'hello' } });
  fireEvent.click(screen.getByRole('button', { name: 'Add blobs' }));
  await screen.findByText('No ciphertext was found.');
  expect(field.value).toBe('hello');
  expect(useUi.getState().dialog).toBe('paste');
  paste.mockResolvedValueOnce({
    ok: true,
    value: { sources: 1, blobs: 1, skippedFiles: [], moreSkipped: 0 },
  });
  fireEvent.change(field, { target: { value: 'AQIC' } });
  expect(screen.queryByText('No ciphertext was found.')).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: 'Add blobs' }));
  await waitFor(() => expect(useUi.getState().dialog).toBeNull());
});
