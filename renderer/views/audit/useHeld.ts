import { useMemo, useState } from 'react';

/** What a list that is being read shows, and whether there is something newer. */
interface Held<Value> {
  readonly shown: Value;
  readonly isOld: boolean;
  /** Shows what is newest, and keeps that. */
  refresh(): void;
}

/**
 * `value`; while the pointer `isOver` it and answers move it, as it was when that began: no row leaves from under a
 * pointer. It is held until the pointer has left, even if nothing moves any more by then. An answer that says the same
 * again, as JSON has it, makes nothing old.
 */
export function useHeld<Value>(value: Value, isOver: boolean, isMoving: boolean): Held<Value> {
  const [held, setHeld] = useState({ value, on: false });
  const on = isOver && (isMoving || held.on);
  const shown = on ? held.value : value;
  if (held.on !== on || held.value !== shown) setHeld({ value: shown, on });
  const isOld = useMemo(
    () => shown !== value && JSON.stringify(shown) !== JSON.stringify(value),
    [shown, value],
  );
  return { shown, isOld, refresh: () => setHeld({ value, on }) };
}
