import type { StoreApi, UseBoundStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';

type Actions<S> = { readonly [K in keyof S as S[K] extends (...args: never[]) => unknown ? K : never]: S[K] };

const actionsOf = <S extends object>(state: S): Actions<S> =>
  Object.fromEntries(Object.entries(state).filter(([, value]) => typeof value === 'function')) as Actions<S>;

/** What a store can do. Its actions never change, so that a view which asks for them alone is not drawn anew. */
export function useActions<S extends object>(useStore: UseBoundStore<StoreApi<S>>): Actions<S> {
  return useStore(useShallow(actionsOf<S>));
}
