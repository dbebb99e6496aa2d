/** Which blobs are ticked, where the keyboard stands, and where a range began. Ids; the cursor may be a group key. */
export interface Selection {
  readonly selected: ReadonlySet<string>;
  readonly cursor: string | null;
  readonly anchor: string | null;
}

export const NOTHING_SELECTED: Selection = { selected: new Set(), cursor: null, anchor: null };

export type Tick = 'all' | 'some' | 'none';

/** Tri-state of a group: all, some or none of `ids` are ticked. */
export function tickOf(selected: ReadonlySet<string>, ids: readonly string[]): Tick {
  let hits = 0;
  for (const id of ids) if (selected.has(id)) hits += 1;
  if (hits === 0) return 'none';
  return hits === ids.length ? 'all' : 'some';
}

/** Ticks or unticks one blob; it becomes cursor and anchor. */
export function toggle(state: Selection, id: string): Selection {
  const selected = new Set(state.selected);
  if (!selected.delete(id)) selected.add(id);
  return { selected, cursor: id, anchor: id };
}

/** Ticks all of `ids`, or unticks them when all were ticked. Other ticks stay. */
export function toggleMany(state: Selection, ids: readonly string[]): Selection {
  const selected = new Set(state.selected);
  if (tickOf(selected, ids) === 'all') for (const id of ids) selected.delete(id);
  else for (const id of ids) selected.add(id);
  return { ...state, selected };
}

/**
 * Ticks everything between the anchor and `id` in the order shown, and moves the cursor there. The anchor stays, so
 * that the next range starts from the same place. Ticks elsewhere stay: a careful selection is never lost to a slip.
 */
export function extend(state: Selection, id: string, order: readonly string[]): Selection {
  const from = order.indexOf(state.anchor ?? state.cursor ?? id);
  const to = order.indexOf(id);
  if (to < 0) return state;
  const start = from < 0 ? to : from;
  const selected = new Set(state.selected);
  for (const each of order.slice(Math.min(start, to), Math.max(start, to) + 1)) selected.add(each);
  return { selected, cursor: id, anchor: order[start] ?? id };
}

/** Moves the cursor without ticking anything. */
export const moveTo = (state: Selection, id: string): Selection => ({ ...state, cursor: id, anchor: id });

/** Drops what no longer exists. Returns the same object when nothing changed. */
export function prune(state: Selection, exists: ReadonlySet<string>): Selection {
  const kept = [...state.selected].filter((id) => exists.has(id));
  const cursor = state.cursor !== null && exists.has(state.cursor) ? state.cursor : null;
  const anchor = state.anchor !== null && exists.has(state.anchor) ? state.anchor : null;
  if (kept.length === state.selected.size && cursor === state.cursor && anchor === state.anchor) return state;
  return { selected: new Set(kept), cursor, anchor };
}
