import type { ReportFormat } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { writePrivate } from '../../../core/storage/private.ts';
import type { ConnectionFlags } from '../options.ts';

/** Where a document goes, and in which form. */
export interface OutputFlags extends ConnectionFlags {
  format: Exclude<ReportFormat, 'pdf'>;
  out?: string;
}

/** To the file named, or to standard output. Throws FaultError `CannotWrite`. */
export function write(content: string | Uint8Array, out: string | undefined): void {
  if (out === undefined) {
    process.stdout.write(typeof content === 'string' ? `${content}\n` : content);
    return;
  }
  try {
    writePrivate(out, typeof content === 'string' ? `${content}\n` : content);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new FaultError(
      fault('CannotWrite', `${out} cannot be written.`, `The system says ${code}.`, 'Name another file.'),
    );
  }
}
