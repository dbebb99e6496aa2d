import { create } from 'zustand';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { bridge, call, faultOf } from '../api.ts';
import { keyWords } from '../lib/keys.ts';

interface KeyStore {
  /** Null until first asked for on this connection. */
  readonly keys: readonly KeyInfo[] | null;
  readonly gaps: readonly string[];
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  load(refresh: boolean): Promise<void>;
  /** Forgets the list: another connection sees other keys. */
  forget(): void;
  describe(keyId: string): Promise<KeyInfo>;
}

let generation = 0;

/** Keys that the present identity can see. */
export const useKeys = create<KeyStore>()((set, get) => ({
  keys: null,
  gaps: [],
  status: 'idle',
  fault: null,
  async load(refresh) {
    if (!refresh && (get().status === 'loading' || get().status === 'ready')) return;
    generation += 1;
    const mine = generation;
    set({ status: 'loading', fault: null });
    try {
      const { keys, gaps } = await call(bridge().keys.list({ refresh }));
      if (mine === generation) set({ keys, gaps, status: 'ready' });
    } catch (error) {
      if (mine === generation) set({ status: 'failed', fault: faultOf(error) });
    }
  },
  forget() {
    generation += 1;
    set({ keys: null, gaps: [], status: 'idle', fault: null });
  },
  describe: (keyId) => call(bridge().keys.describe({ keyId })),
}));

/** Alias of a key by its ARN or id, or the id alone where the list does not hold it. */
export function useKeyName(arnOrId: string): string {
  return useKeys((state) => keyWords(arnOrId, state.keys));
}
