import { z } from 'zod';
import type { Reply } from '#shared/contract/api.ts';
import type { RequestSpec } from '#shared/contract/define.ts';
import { Fault, FaultError, fault } from '#shared/model/fault.ts';

/**
 * Answers one request: validates the input, runs the handler, strips the reply to its schema. A member that the
 * contract does not name is dropped here, whatever the handler returned; a reply that lacks one is a fault of ours.
 * Never rejects.
 */
export async function answer<S extends RequestSpec>(
  spec: S,
  input: unknown,
  handler: (input: z.output<S['input']>) => Promise<z.input<S['reply']>>,
): Promise<Reply<z.output<S['reply']>>> {
  const parsed = spec.input.safeParse(input);
  if (!parsed.success) {
    return {
      ok: false,
      fault: fault(
        'BadRequest',
        'The request is not of the form that Rewrap expects.',
        z.prettifyError(parsed.error),
        'Reload the window. If it happens again, report it with these lines.',
      ),
    };
  }
  try {
    const value = await handler(parsed.data as z.output<S['input']>);
    const stripped = spec.reply.safeParse(value);
    if (!stripped.success) return { ok: false, fault: broken('BadReply', z.prettifyError(stripped.error)) };
    return { ok: true, value: stripped.data as z.output<S['reply']> };
  } catch (error) {
    return { ok: false, fault: toFault(error) };
  }
}

/**
 * Any thrown thing as a fault. Only what a {@link FaultError} was given on purpose crosses; of anything else the
 * kind of error alone, since its message may quote what must not be shown.
 */
export function toFault(error: unknown): Fault {
  if (error instanceof FaultError) return Fault.parse(error.fault);
  if (process.env.REWRAP_DEBUG) console.error(error);
  const name = error instanceof Error ? error.name : typeof error;
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  return broken('Internal', code === null ? name : `${name} (${code})`);
}

function broken(code: string, detail: string): Fault {
  return fault(
    code,
    'Rewrap failed in a way it did not foresee.',
    detail,
    'Nothing was replaced by this step. Try again; if it happens again, report it with these lines.',
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
