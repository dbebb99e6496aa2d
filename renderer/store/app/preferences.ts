import { create } from 'zustand';
import type { AccountPreference, Preferences } from '#shared/model/preferences.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { useUi } from './ui.ts';

interface PreferencesStore extends Preferences {
  load(): Promise<void>;
  set(patch: Partial<Preferences>): void;
  setAccount(account: string, patch: Partial<AccountPreference>): void;
}

export const NO_ACCOUNT: AccountPreference = { colour: null, dryRunFirst: false };

/** What a new run and a new connection begin with; the host keeps it. */
export const usePreferences = create<PreferencesStore>()((set, get) => {
  const keep = (): void => {
    const { backup, perSecond, region, accounts } = get();
    call(bridge().app.setPreferences({ backup, perSecond, region, accounts })).catch((error: unknown) =>
      useUi.getState().complain(pageFaultOf(error)),
    );
  };
  return {
    backup: true,
    perSecond: null,
    region: null,
    accounts: {},
    async load() {
      try {
        set(await call(bridge().app.preferences({})));
      } catch {
        // Those of the first start then hold, which are the safest.
      }
    },
    set(patch) {
      set(patch);
      keep();
    },
    setAccount(account, patch) {
      set(({ accounts }) => ({
        accounts: { ...accounts, [account]: { ...NO_ACCOUNT, ...accounts[account], ...patch } },
      }));
      keep();
    },
  };
});
