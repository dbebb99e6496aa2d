import type { z } from 'zod';
import type { Fault } from '../model/fault.ts';
import type { events, hostRequests, requests } from './contract.ts';
import type { EventSpec, RequestSpec } from './define.ts';

type Requests = typeof requests;
type Events = typeof events;

/** How every answer crosses: a value of the reply's schema, or a fault. Never a rejected promise. */
export type Reply<T> = { ok: true; value: T } | { ok: false; fault: Fault };

export type RequestInput<S extends RequestSpec> = z.input<S['input']>;
export type ReplyValue<S extends RequestSpec> = z.output<S['reply']>;

type Namespaces<R extends Record<string, Record<string, RequestSpec>>> = {
  [Namespace in keyof R]: {
    [M in keyof R[Namespace]]: (
      input: RequestInput<R[Namespace][M]>,
    ) => Promise<Reply<ReplyValue<R[Namespace][M]>>>;
  };
};

export type EventName = keyof Events;
export type EventPayload<E extends EventName> = Events[E] extends EventSpec<infer P> ? z.output<P> : never;

/** Sends an event to the page. */
export type Emit = <E extends EventName>(event: E, payload: EventPayload<E>) => void;

/** The one object the page gets, `window.rewrap`. `PageFile` is the DOM's `File` in the page (shared/ has no DOM). */
export type RewrapApi<PageFile = unknown> = Namespaces<Requests> & {
  /** Subscribes; the return value unsubscribes. */
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void;
  /**
   * Takes in files that were dropped or picked in the page. The host turns them into paths (desktop) or uploads
   * them to its private inbox (loopback); the page sees tokens only.
   */
  takeFiles(
    files: readonly PageFile[],
  ): Promise<Reply<ReplyValue<(typeof hostRequests)['intake']['addPaths']>>>;
};

/** What a service must provide: each request's handler, taking parsed input, giving the reply before stripping. */
type Handlers<R extends Record<string, Record<string, RequestSpec>>> = {
  [Namespace in keyof R]: {
    [M in keyof R[Namespace]]: (
      input: z.output<R[Namespace][M]['input']>,
    ) => Promise<z.input<R[Namespace][M]['reply']>>;
  };
};

export type PageHandlers = Handlers<Requests>;
export type HostHandlers = Handlers<typeof hostRequests>;

/** `"namespace.method"` of every page request. */
export type MethodName = {
  [Namespace in keyof Requests & string]: `${Namespace}.${keyof Requests[Namespace] & string}`;
}[keyof Requests & string];
