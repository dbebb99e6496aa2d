import type { EventName, EventPayload } from '#shared/contract/api.ts';

export type Emit = <E extends EventName>(event: E, payload: EventPayload<E>) => void;

/** Who listens to the fake host, and what tells them. */
export class FakeEvents {
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>();

  readonly emit: Emit = (event, payload) => {
    for (const listener of this.#listeners.get(event) ?? []) listener(payload as never);
  };

  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set);
    set.add(listener as (payload: never) => void);
    return () => void set.delete(listener as (payload: never) => void);
  }
}
