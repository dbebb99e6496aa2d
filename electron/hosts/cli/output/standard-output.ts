import { fstatSync, fsyncSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ReportFormat } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { writePrivate } from '../../../core/storage/private.ts';
import { SOME_FAILED } from '../exit-code.ts';
import type { ConnectionFlags } from '../options.ts';
import { warn } from './say.ts';

/** What standard output failed with; null: nothing so far. */
let failure: NodeJS.ErrnoException | null = null;
/** Whether what could not be written is said by who wrote it. */
let said = false;

/**
 * Has a standard output that fails end nothing: work goes on, and the end says it. A reader that has gone (`| head`) is
 * no failure of what prints a list.
 */
export function watchStandardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    failure ??= error;
  });
  // There is nowhere left to say it.
  process.stderr.on('error', () => {});
}

/** The exit code of a command, in view of what became of its output. */
export function exitCodeAfterOutput(code: number): number {
  if (failure === null || said || failure.code === 'EPIPE') return code;
  warn(
    `standard output could not be written (${failure.code ?? failure.message}): what was printed is not whole`,
  );
  return code === 0 ? SOME_FAILED : code;
}

/** Waits until all that was printed is out, or cannot be. */
export async function drainOutput(): Promise<void> {
  // A failure of the last line comes a tick later.
  await setImmediate();
  for (const stream of [process.stdout, process.stderr])
    if (!stream.destroyed && stream.writableLength > 0)
      await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** Writes bytes as they are. Where that fails, the system's error code; null: all are written. */
export async function writeBytes(bytes: Uint8Array): Promise<string | null> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.write(bytes, resolve);
  });
  if (error) {
    said = true;
    return error.code ?? error.message;
  }
  try {
    // A full disk may be met only now.
    if (fstatSync(1).isFile()) fsyncSync(1);
    return null;
  } catch (failed) {
    return failed instanceof Error && 'code' in failed ? String(failed.code) : String(failed);
  }
}

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
