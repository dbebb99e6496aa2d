import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Credentials, Session } from './session.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;
/** A session with credentials of an hour; `fail` makes the next resolutions fail. */
function hourly() {
  const state = { resolved: 0, fail: false };
  const session = new Session(async (): Promise<Credentials> => {
    state.resolved++;
    if (state.fail) throw new Error('no');
    return {
      accessKeyId: `A${state.resolved}`,
      secretAccessKey: `s${state.resolved}`,
      sessionToken: `t${state.resolved}`,
      expiration: new Date(Date.now() + 60 * MINUTE),
    };
  });
  const key = async () => (await session.get()).accessKeyId;
  return { state, session, key };
}

test('resolves once for requests at the same time, and keeps what it got', async () => {
  const { state, session, key } = hourly();
  expect(await Promise.all([key(), key(), key()])).toEqual(['A1', 'A1', 'A1']);
  vi.setSystemTime(54 * MINUTE);
  expect(await key()).toBe('A1');
  expect(state.resolved).toBe(1);
  expect(session.provider.memoized).toBe(true);
});

test('refreshes early, while requests go on with the old ones', async () => {
  const { state, key } = hourly();
  await key();
  vi.setSystemTime(56 * MINUTE);
  expect(await Promise.all([key(), key()])).toEqual(['A1', 'A1']);
  await vi.advanceTimersByTimeAsync(0);
  expect(await key()).toBe('A2');
  expect(state.resolved).toBe(2);
});

test('a refresh that fails early changes nothing, is not repeated at once, and is tried again', async () => {
  const { state, key } = hourly();
  await key();
  state.fail = true;
  vi.setSystemTime(56 * MINUTE);
  for (let n = 0; n < 5; n++) expect(await key()).toBe('A1');
  await vi.advanceTimersByTimeAsync(0);
  expect(state.resolved).toBe(2);
  vi.setSystemTime(59 * MINUTE + 50_000);
  expect(await key()).toBe('A1');
  vi.setSystemTime(61 * MINUTE);
  await expect(key()).rejects.toThrow('no');
  state.fail = false;
  expect(await key()).toMatch(/^A\d/);
});

test('credentials without an end are kept until they are forgotten', async () => {
  let resolved = 0;
  const session = new Session(async () => ({ accessKeyId: `A${++resolved}`, secretAccessKey: 's' }));
  await session.get();
  vi.setSystemTime(1000 * MINUTE);
  await session.get();
  expect(resolved).toBe(1);
  session.forget(session.generation);
  await session.get();
  expect(resolved).toBe(2);
  session.forget(1);
  expect((await session.get()).accessKeyId).toBe('A2');
});

test('knows the secrets of the present and the former set', async () => {
  const { session } = hourly();
  for (let n = 0; n < 3; n++) {
    await session.get();
    session.forget(session.generation);
  }
  expect(session.secrets).toEqual(['s3', 't3', 's2', 't2']);
});
