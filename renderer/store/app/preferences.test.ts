import { afterEach, expect, test, vi } from 'vitest';
import { usePreferences } from './preferences.ts';

afterEach(() => {
  usePreferences.setState(usePreferences.getInitialState());
  vi.unstubAllGlobals();
});

test('an account keeps what was chosen for it, whichever was chosen first, and the host is given all of it', () => {
  const setPreferences = vi.fn(async (_: object) => ({ ok: true, value: {} }));
  vi.stubGlobal('window', { rewrap: { app: { setPreferences } } });
  usePreferences.getState().setAccount('111122223333', { colour: 2 });
  usePreferences.getState().setAccount('111122223333', { dryRunFirst: true });
  usePreferences.getState().set({ backup: false });
  expect(setPreferences.mock.lastCall?.[0]).toEqual({
    backup: false,
    perSecond: null,
    region: null,
    accounts: { '111122223333': { colour: 2, dryRunFirst: true } },
  });
});
