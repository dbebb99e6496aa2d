// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { BridgeFault } from '../../api.ts';
import { AgreeDialog, TokensDialog } from './AgainDialogs.tsx';

afterEach(cleanup);

const FAULT = {
  code: 'GrantTokensNeeded',
  message: 'The run needs its grant tokens.',
  detail: 'They were deleted when it ended.',
  remedy: 'Give them again.',
  raw: null,
  retryable: false,
};

test('a run that decrypts here starts once a person has agreed, and the dialog closes', async () => {
  const begin = vi.fn(async () => {});
  const onClose = vi.fn();
  render(<AgreeDialog words="Resume 3 blobs in 2 files" begin={begin} onClose={onClose} />);
  const button = screen.getByRole('button', { name: 'Resume 3 blobs in 2 files' });
  fireEvent.click(button);
  expect(begin).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole('checkbox'));
  fireEvent.click(button);
  await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1));
  expect(begin).toHaveBeenCalledTimes(1);
});

test('where it fails the dialog stays open, says why, keeps what was typed, and can be tried again', async () => {
  const begin = vi.fn<(tokens: string[]) => Promise<void>>();
  begin.mockRejectedValueOnce(new BridgeFault(FAULT)).mockResolvedValueOnce();
  const onClose = vi.fn();
  render(<TokensDialog words="Try 2 blobs again" begin={begin} onClose={onClose} />);
  const field = screen.getByRole('textbox', { name: 'Grant tokens' });
  fireEvent.change(field, { target: { value: ' one\n two ' } });
  fireEvent.click(screen.getByRole('button', { name: 'Try 2 blobs again' }));
  expect(await screen.findByText(FAULT.message)).toBeDefined();
  expect(onClose).not.toHaveBeenCalled();
  expect((field as HTMLTextAreaElement).value).toBe(' one\n two ');
  fireEvent.click(screen.getByRole('button', { name: 'Try 2 blobs again' }));
  await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1));
  expect(begin.mock.calls).toEqual([[['one', 'two']], [['one', 'two']]]);
  expect(screen.queryByText(FAULT.message)).toBeNull();
});
