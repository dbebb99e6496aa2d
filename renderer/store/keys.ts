import { create } from 'zustand';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { bridge, call, faultOf } from '../api.ts';
import { keyName } from '../lib/format.ts';

interface KeyStore {
  /** Null until first asked for on this connection. */
  readonly keys: readonly KeyInfo[] | null;
  readonly gaps: readonly string[];
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  /** Key ARN by fingerprint, learned from what KMS said of re-encrypted blobs. Never guessed from labels. */
  readonly learned: ReadonlyMap<string, string>;
  load(refresh: boolean): Promise<void>;
  /** Forgets the list: another connection sees other keys. */
  forget(): void;
  describe(keyId: string): Promise<KeyInfo>;
  learn(pairs: readonly (readonly [fingerprint: string, arn: string])[]): void;
}

let generation = 0;

/** Keys that the present identity can see. */
export const useKeys = create<KeyStore>()((set, get) => ({
  keys: null,
  gaps: [],
  status: 'idle',
  fault: null,
  learned: new Map(),
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
  learn(pairs) {
    if (pairs.length === 0) return;
    const learned = new Map(get().learned);
    for (const [fingerprint, arn] of pairs) learned.set(fingerprint, arn);
    set({ learned });
  },
}));

/** First alias of a key, or its id. */
export const keyLabel = (key: KeyInfo): string => key.aliases[0] ?? key.keyId;

/** Alias (or id) of the key a fingerprint was learned to belong to; null while unknown. */
export function learnedLabel(
  fingerprint: string | null,
  { learned, keys }: Pick<KeyStore, 'learned' | 'keys'>,
): string | null {
  const arn = fingerprint === null ? undefined : learned.get(fingerprint);
  if (arn === undefined) return null;
  const key = keys?.find((each) => each.arn === arn);
  return key === undefined ? (arn.split('/').at(-1) ?? arn) : keyLabel(key);
}

/** Alias of a key by its ARN or id, or the id alone where the list does not hold it. */
export function useKeyName(arnOrId: string): string {
  return useKeys((state) => {
    const key = state.keys?.find((each) => each.arn === arnOrId || each.keyId === arnOrId);
    return key === undefined ? keyName(arnOrId) : keyLabel(key);
  });
}
