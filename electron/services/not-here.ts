import { FaultError, fault } from '#shared/model/fault.ts';

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
