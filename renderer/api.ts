import type { Reply, RewrapApi } from '#shared/contract/api.ts';
import type { Fault } from '#shared/model/fault.ts';

declare global {
  interface Window {
    /** Put there by the host (preload or loopback page bridge) before the page's script runs. */
    readonly rewrap?: RewrapApi<File>;
  }
}

/** A failed request, carrying the fault that the host explained. */
export class BridgeFault extends Error {
  override name = 'BridgeFault';
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** True when the host put its bridge into the page. */
export const hasBridge = (): boolean => window.rewrap !== undefined;

/** The bridge. Throws a BridgeFault where the page was opened without a host. */
export function bridge(): RewrapApi<File> {
  const api = window.rewrap;
  if (api === undefined) throw new BridgeFault(pageFault('NoHost', 'This page is not connected to Rewrap.'));
  return api;
}

/** Awaits a reply: its value, or a thrown {@link BridgeFault}. */
export async function call<T>(reply: Promise<Reply<T>>): Promise<T> {
  const settled = await reply.catch((error: unknown) => {
    throw new BridgeFault({
      ...pageFault('HostUnreachable', 'Rewrap stopped answering.'),
      detail:
        error instanceof Error ? error.message : 'The host process ended or the connection to it was lost.',
    });
  });
  if (settled.ok) return settled.value;
  throw new BridgeFault(settled.fault);
}

/** The fault inside any thrown value, so that every failure can be shown in the same three lines. */
export function pageFaultOf(error: unknown): Fault {
  if (error instanceof BridgeFault) return error.fault;
  return {
    ...pageFault('PageError', 'Something in this window went wrong.'),
    detail: error instanceof Error ? error.message : String(error),
  };
}

function pageFault(code: string, message: string): Fault {
  return {
    code,
    message,
    detail: 'No answer came from the process that does the work.',
    remedy: 'Reload the window, or start Rewrap again. No file is changed half-way.',
    raw: null,
    retryable: true,
  };
}
