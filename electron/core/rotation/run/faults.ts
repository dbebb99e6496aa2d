import { explainOwn, scrub } from '#shared/kms/errors.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';

/** The fault of anything thrown: a FaultError speaks for itself, everything else is a defect of ours. */
export function faultOf(error: unknown): Fault {
  if (error instanceof FaultError) return error.fault;
  const said = error instanceof Error ? scrub(error.message) : 'no message';
  return explainOwn('Internal', { detail: `A defect of Rewrap: ${said}` });
}
