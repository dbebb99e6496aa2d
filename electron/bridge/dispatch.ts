import { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import { events } from '#shared/contract/contract.ts';
import type { RequestSpec } from '#shared/contract/define.ts';
import { type Fault, fault } from '#shared/model/fault.ts';
import { UNTIL_FIRST } from '#shared/schema.ts';
import { broken, toFault } from '../services/faults.ts';

/**
 * Answers one request: validates the input, runs the handler, strips the reply to its schema. A member that the
 * contract does not name is dropped here, whatever the handler returned; a reply that lacks one is a fault of ours.
 * Never rejects, and takes no longer for an input that does not fit than for one that does.
 */
export async function answer<S extends RequestSpec>(
  spec: S,
  input: unknown,
  handler: (input: z.output<S['input']>) => Promise<z.input<S['reply']>>,
): Promise<Reply<z.output<S['reply']>>> {
  let parsed: z.output<S['input']>;
  try {
    const result = spec.input.safeParse(input, UNTIL_FIRST);
    if (!result.success) return { ok: false, fault: badRequest(issueLines(result.error)) };
    parsed = result.data as z.output<S['input']>;
  } catch (error) {
    // A value that breaks when it is looked at.
    return { ok: false, fault: badRequest(error instanceof Error ? error.name : typeof error) };
  }
  return answerUnparsed(spec.reply as S['reply'], () => handler(parsed));
}

/** Answers a request that is validated elsewhere: runs the handler and strips its reply. Never rejects. */
export async function answerUnparsed<R extends z.ZodType>(
  schema: R,
  handler: () => Promise<z.input<R>>,
): Promise<Reply<z.output<R>>> {
  try {
    const stripped = schema.safeParse(await handler());
    if (!stripped.success) return { ok: false, fault: broken('BadReply', issueLines(stripped.error)) };
    return { ok: true, value: stripped.data };
  } catch (error) {
    return { ok: false, fault: toFault(error) };
  }
}

function badRequest(detail: string): Fault {
  return fault(
    'BadRequest',
    'The request is not of the form that Rewrap expects.',
    detail,
    'Reload the window. If it happens again, report it with these lines.',
  );
}

/** The fault for a name that is not in the contract. */
export function unknownRequest(): Reply<never> {
  return {
    ok: false,
    fault: fault(
      'UnknownRequest',
      'No such request.',
      'The page asked for something that is not in the contract.',
      'Reload the window.',
    ),
  };
}

/** Most issues that are named. */
const MOST_ISSUES = 5;
/** Most characters of all of them. */
const MOST_CHARACTERS = 2000;

/** The first few issues in words, cut where they are long: a key of a record may be as long as the request. */
function issueLines({ issues }: z.ZodError): string {
  const text = z.prettifyError(new z.core.$ZodError(issues.slice(0, MOST_ISSUES)));
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
  const more = issues.length - MOST_ISSUES;
  return more > 0 ? `${cut}\nand ${more} more` : cut;
}

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
