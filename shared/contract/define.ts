import * as z from '../schema.ts';

export interface RequestSpec<I extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly type: 'request';
  readonly input: I;
  readonly reply: R;
}

export interface EventSpec<P extends z.ZodType = z.ZodType> {
  readonly type: 'event';
  readonly payload: P;
}

/** A request that the page may make, with its reply. */
export function request<I extends z.ZodType, R extends z.ZodType>(input: I, reply: R): RequestSpec<I, R> {
  return { type: 'request', input, reply };
}

/** A one-way message from the services to the page. */
export function event<P extends z.ZodType>(payload: P): EventSpec<P> {
  return { type: 'event', payload };
}

export const nothing = z.object({});
