import { create } from 'zustand';
import { compareKeys } from '#shared/kms/key-names.ts';
import type { Side } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyInfo, KeyPage } from '#shared/model/key.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { keyWords } from '../../lib/keys/keys.ts';
import { useConnection } from './connection.ts';

interface KeyStore {
  /** Sorted; grows while they load. Null until the first came. */
  readonly keys: readonly KeyInfo[] | null;
  readonly gaps: readonly string[];
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  readonly fault: Fault | null;
  /** How many are described, and known to exist, so far. */
  readonly progress: { readonly described: number; readonly known: number };
  /** ISO 8601. */
  readonly listedAt: string | null;
  load(refresh: boolean): Promise<void>;
  /** Keys that came while loading, or of which more is known. */
  take(page: KeyPage): void;
  /** Forgets the list: another connection sees other keys. */
  forget(): void;
  describe(keyId: string): Promise<KeyInfo>;
  /** Everything that KMS says of one key; the list keeps it. */
  detail(keyId: string): Promise<KeyInfo>;
}

/** Keys of one reply: about half a megabyte. */
const PART = 500;
const NONE = { keys: null, gaps: [], fault: null, progress: { described: 0, known: 0 }, listedAt: null };

const makeStore = (side: Side) => {
  let generation = 0;
  const byId = new Map<string, KeyInfo>();
  return create<KeyStore>()((set, get) => {
    /** Replaces by id; sorts again only where a name or a key is new. */
    const merged = (fresh: readonly KeyInfo[]): readonly KeyInfo[] => {
      const moves = fresh.some(
        (key) => byId.get(key.keyId)?.aliases[0] !== key.aliases[0] || !byId.has(key.keyId),
      );
      for (const key of fresh) byId.set(key.keyId, key);
      if (moves) return [...byId.values()].sort(compareKeys);
      return (get().keys ?? []).map((key) => byId.get(key.keyId) ?? key);
    };
    return {
      ...NONE,
      status: 'idle',
      async load(refresh) {
        if (!refresh && (get().status === 'loading' || get().status === 'ready')) return;
        generation += 1;
        const mine = generation;
        set({ status: 'loading', fault: null, progress: { described: 0, known: 0 } });
        try {
          const first = await call(bridge().keys.list({ refresh, side, offset: 0, limit: PART }));
          if (mine !== generation) return;
          const { total, gaps, listedAt } = first;
          // What came by pages is here already; the rest (of a list that was made before) is fetched in parts.
          const all: KeyInfo[] = [...first.keys];
          if (byId.size < total)
            for (let offset = PART; offset < total; offset += PART) {
              const part = await call(bridge().keys.list({ refresh: false, side, offset, limit: PART }));
              if (mine !== generation) return;
              all.push(...part.keys);
            }
          set({
            keys: merged(all),
            gaps,
            listedAt,
            status: 'ready',
            progress: { described: total, known: total },
          });
        } catch (error) {
          if (mine === generation) set({ status: 'failed', fault: pageFaultOf(error) });
        }
      },
      take({ keys, gaps, described, known }) {
        set({ keys: merged(keys), gaps, progress: { described, known } });
      },
      forget() {
        generation += 1;
        byId.clear();
        set({ ...NONE, status: 'idle' });
      },
      describe: (keyId) => call(bridge().keys.describe({ keyId, side })),
      async detail(keyId) {
        const mine = generation;
        const key = await call(bridge().keys.detail({ keyId, side }));
        if (mine === generation && byId.get(key.keyId)?.arn === key.arn) set({ keys: merged([key]) });
        return key;
      },
    };
  });
};

/** Keys that the present identity can see. */
export const useKeys = makeStore('source');
/** Keys of the second connection, where there is one. */
export const useDestinationKeys = makeStore('destination');

/** The keys of a side. Without a second connection, both sides see the keys of the first. */
export function useKeysOf(side: Side): typeof useKeys {
  const separate = useConnection((state) => state.destination !== null);
  return side === 'destination' && separate ? useDestinationKeys : useKeys;
}

/** Alias of a key by its ARN or id, or the id alone where the list does not hold it. */
export function useKeyName(arnOrId: string): string {
  return useKeys((state) => keyWords(arnOrId, state.keys));
}
