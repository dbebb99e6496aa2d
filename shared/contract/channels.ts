import type { EventName, Reply, RewrapApi } from './api.ts';

/** Names on the wire, made in one place. The page never sees them. */
export const requestChannel = (namespace: string, method: string): string => `rewrap:${namespace}.${method}`;
/** Channel of a host request; of these only `intake.addPaths` is reachable from a preload, never from a page. */
export const hostChannel = (namespace: string, method: string): string =>
  `rewrap-host:${namespace}.${method}`;
export const eventChannel = (name: string): string => `rewrap-event:${name}`;

interface PageParts<F> {
  /** Sends a request; never rejects. */
  call(namespace: string, method: string, input: unknown): Promise<Reply<unknown>>;
  on(event: EventName, listener: (payload: unknown) => void): () => void;
  takeFiles(files: readonly F[]): Promise<Reply<unknown>>;
}

/** `window.rewrap` from the contract's names: the same object for every host, which the page cannot change. */
export function pageApi<F>({ call, on, takeFiles }: PageParts<F>): RewrapApi<F> {
  const namespaces = Object.entries(__REWRAP_METHODS__).map(([namespace, methods]) => {
    const requests = methods.map((method) => [
      method,
      Object.freeze((input: unknown) => call(namespace, method, input)),
    ]);
    return [namespace, Object.freeze(Object.fromEntries(requests))];
  });
  const api = {
    ...Object.fromEntries(namespaces),
    on: Object.freeze(on),
    takeFiles: Object.freeze(takeFiles),
  };
  // Made from names: what TypeScript knows of them is the contract, and the build writes the names from it.
  return Object.freeze(api) as unknown as RewrapApi<F>;
}
