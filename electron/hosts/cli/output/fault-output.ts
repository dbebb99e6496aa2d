import type { Fault } from '#shared/model/fault.ts';
import { mannerNow, painted } from './say.ts';
import { faultLines, shellFault } from './text.ts';

/** A fault that a document on standard output has already. */
const printed = new WeakSet<Fault>();
export const alreadyPrinted = (fault: Fault): void => void printed.add(fault);

/** What ended a command: in words on standard error, and as `{"fault": …}` on standard output where that is JSON. */
export function printFault(fault: Fault): void {
  if (mannerNow().json && !printed.has(fault)) printFaultJson(fault);
  console.error(`rewrap: ${painted('bad', fault.code, process.stderr)}`);
  console.error(faultLines(fault));
}

/** The one document of a command that came to nothing. */
export function printFaultJson(fault: Fault): void {
  process.stdout.write(`${JSON.stringify({ fault: shellFault(fault) }, null, 2)}\n`);
}
