import type { StoreApi } from 'zustand';
import type { Fault } from '#shared/model/fault.ts';
import { fault } from '#shared/model/fault.ts';

export const ok = <T>(value: T) => Promise.resolve({ ok: true as const, value });
export const refused = (of: Fault) => Promise.resolve({ ok: false as const, fault: of });
/** An answer that is given when the test says so. */
export function later<T>(): { readonly answer: Promise<T>; readonly give: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { answer: promise, give: resolve };
}

export const DENIED: Fault = {
  ...fault(
    'AccessDeniedException',
    'KMS refused the request.',
    'The role may not do it.',
    'Ask for the permission.',
  ),
  raw: { name: 'AccessDeniedException', message: 'not authorized', requestId: 'req-1', by: 'KMS' },
};

/** Gives the page a host that answers these requests. */
export const host = (api: object): void => void Object.assign(window, { rewrap: api });

/** Takes the host away and has stores as at the start. */
export function reset(...stores: readonly Pick<StoreApi<object>, 'getInitialState' | 'setState'>[]): void {
  Reflect.deleteProperty(window, 'rewrap');
  for (const store of stores) store.setState(store.getInitialState(), true);
}
