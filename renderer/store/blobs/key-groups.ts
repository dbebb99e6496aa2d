import { create } from 'zustand';
import type { ReplyValue, RequestInput } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type { Fault } from '#shared/model/fault.ts';
import type { KeyGroup, KeyTimeline } from '#shared/model/key-group.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { KeyIndex, NO_KEYS } from '../../lib/table/key-index.ts';

type FindKey = (typeof requests)['keyGroups']['findKey'];
export type KeySearch = ReplyValue<FindKey>;

interface KeyGroupStore {
  /** Blobs by key material, by fingerprint, with what is known of each one's key. */
  readonly keyGroups: ReadonlyMap<string, KeyGroup>;
  /** Fingerprints of the key materials that are known to be of a key, by its ARN. */
  readonly materialsOf: ReadonlyMap<string, readonly string[]>;
  /** Keys that were rotated, each with its key materials. */
  readonly timelines: readonly KeyTimeline[];
  /** Which key each row is under. */
  readonly keys: KeyIndex;
  readonly fault: Fault | null;
  load(): Promise<void>;
  /** Keeps a person's label for the key of a material; null removes it. A new label replaces the one before. */
  name(fingerprint: string, keyArn: string | null): Promise<void>;
  findKey(input: RequestInput<FindKey>): Promise<KeySearch>;
}

let generation = 0;

/** What the host learned of key materials. It alone learns; the page fetches again when something changed. */
export const useKeyGroups = create<KeyGroupStore>()((set, get) => ({
  keyGroups: new Map(),
  materialsOf: new Map(),
  timelines: [],
  keys: NO_KEYS,
  fault: null,
  async load() {
    generation += 1;
    const mine = generation;
    try {
      const { keyGroups, timelines, keys } = await call(bridge().keyGroups.list({}));
      if (mine !== generation) return;
      set({
        keyGroups: new Map(keyGroups.map((each) => [each.fingerprint, each])),
        materialsOf: materialsOf(keyGroups),
        timelines,
        keys: new KeyIndex(keys),
        fault: null,
      });
    } catch (error) {
      if (mine === generation) set({ fault: pageFaultOf(error) });
    }
  },
  async name(fingerprint, keyArn) {
    const said =
      get()
        .keyGroups.get(fingerprint)
        ?.keys.some(({ by }) => by === 'person') ?? false;
    if (said || keyArn === null) await call(bridge().keyGroups.name({ fingerprint, keyArn: null }));
    if (keyArn !== null) await call(bridge().keyGroups.name({ fingerprint, keyArn }));
    await get().load();
  },
  async findKey(input) {
    const result = await call(bridge().keyGroups.findKey(input));
    if (result.found !== null) await get().load();
    return result;
  },
}));

/** The time line that a key material is part of. */
export const timelineOf = (timelines: readonly KeyTimeline[], fingerprint: string): KeyTimeline | undefined =>
  timelines.find(({ generations }) => generations.some((each) => each.fingerprint === fingerprint));

function materialsOf(keyGroups: readonly KeyGroup[]): ReadonlyMap<string, readonly string[]> {
  const of = new Map<string, string[]>();
  for (const { keyArn, fingerprint } of keyGroups) {
    if (keyArn === null) continue;
    const list = of.get(keyArn);
    if (list === undefined) of.set(keyArn, [fingerprint]);
    else list.push(fingerprint);
  }
  return of;
}
