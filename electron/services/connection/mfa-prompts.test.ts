import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MfaPrompts } from './mfa-prompts.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const SERIAL = 'arn:aws:iam::111122223333:mfa/me';

test('a question without an answer is withdrawn after ten minutes, and one that is answered is not', async () => {
  const settled = vi.fn();
  const desk = new MfaPrompts({ asked: () => {}, settled });
  const forgotten = expect(desk.ask('work', SERIAL, new AbortController().signal)).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  const answered = desk.ask('work', SERIAL, new AbortController().signal);
  const [old, young] = desk.waiting;
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  await forgotten;
  expect(settled.mock.calls).toEqual([[old?.id]]);
  expect(desk.waiting).toEqual([young]);
  desk.answer(young?.id ?? '', '123456');
  expect(await answered).toBe('123456');
  expect(vi.getTimerCount()).toBe(0);
});
