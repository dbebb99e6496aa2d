import { Fault, FaultError, fault } from '#shared/model/fault.ts';

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

/** A failure of Rewrap's own that nothing foresaw. `detail` goes on screen: it must not quote data. */
export function broken(code: string, detail: string): Fault {
  return fault(
    code,
    'Rewrap failed in a way it did not foresee.',
    detail,
    'Nothing was replaced by this step. Try again; if it happens again, report it with these lines.',
  );
}

/** A request that the host in front of the engine answers itself where it can. */
export function notHere(what: string): Promise<never> {
  return Promise.reject(
    new FaultError(
      fault(
        'NotOnThisHost',
        `This host cannot ${what}.`,
        '',
        'Use the desktop application or the command line.',
      ),
    ),
  );
}
