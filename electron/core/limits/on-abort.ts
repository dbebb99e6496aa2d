const LISTENERS = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once when a signal is aborted; returns what takes it away again. One signal stops a whole run, and each
 * of its requests listens several times: an EventTarget goes through all of its listeners to add or remove one, this does
 * not. A signal that is aborted already calls nothing, as with `addEventListener`.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined || signal.aborted) return nothing;
  const all = LISTENERS.get(signal) ?? new Set();
  if (!LISTENERS.has(signal)) {
    LISTENERS.set(signal, all);
    signal.addEventListener(
      'abort',
      () => {
        LISTENERS.delete(signal);
        // What one of them takes away is not called any more.
        for (const one of all) {
          all.delete(one);
          one();
        }
      },
      { once: true },
    );
  }
  const own = () => listener();
  all.add(own);
  return () => void all.delete(own);
}

const nothing = (): void => {};
