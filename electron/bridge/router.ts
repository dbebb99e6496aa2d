import type { Reply } from '#shared/contract/api.ts';
import { events } from '#shared/contract/contract.ts';
import type { RequestSpec } from '#shared/contract/define.ts';
import { answer, unknownRequest } from './dispatch.ts';

type Table = Readonly<Record<string, Readonly<Record<string, RequestSpec>>>>;
type Handler = (input: never) => Promise<unknown>;
type HandlerTable = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

/** Answers `"namespace.method"` by the contract table; own properties only, so no name reaches a prototype. */
export function router(
  table: Table,
  handlers: HandlerTable,
): (name: string, input: unknown) => Promise<Reply<unknown>> {
  const routes = new Map<string, (input: unknown) => Promise<Reply<unknown>>>();
  for (const [namespace, methods] of Object.entries(table)) {
    for (const [method, spec] of Object.entries(methods)) {
      const handler = handlers[namespace]?.[method];
      if (handler === undefined) continue;
      routes.set(`${namespace}.${method}`, (input) =>
        answer(spec, input, handler as (input: unknown) => Promise<unknown>),
      );
    }
  }
  return async (name, input) => (await routes.get(name)?.(input)) ?? unknownRequest();
}

/** The payload of an event stripped to its schema; null (and nothing sent) when it does not fit. */
export function strippedEvent(name: string, payload: unknown): { name: string; payload: unknown } | null {
  if (!Object.hasOwn(events, name)) return null;
  const parsed = events[name as keyof typeof events].payload.safeParse(payload);
  return parsed.success ? { name, payload: parsed.data } : null;
}
