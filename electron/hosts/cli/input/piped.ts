import { closeSync, constants, createReadStream, openSync, statSync, writeSync } from 'node:fs';
import { FaultError, fault } from '#shared/model/fault.ts';
import { MAX_FILE_BYTES } from '../../../core/intake/index.ts';
import { warn } from '../output/say.ts';

/** Names of standard input. A file that is called `-` is named as `./-`. */
const STANDARD_INPUT = /^(?:-|\/dev\/stdin|\/(?:dev|proc\/self)\/fd\/0)$/;
/** Other descriptors, as a shell's `<(…)` names them. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/\d+$/;

const isStandardInput = (path: string): boolean => STANDARD_INPUT.test(path);

/** Whether a path that was named is read as a stream, once, and is no file that could be read again or replaced. */
export function isPiped(path: string): boolean {
  if (isStandardInput(path) || DESCRIPTOR.test(path)) return true;
  try {
    const stats = statSync(path);
    return stats.isFIFO() || stats.isCharacterDevice();
  } catch {
    return false;
  }
}

/** Paths that are read as streams, and the others. Throws FaultError `BadUsage` where standard input is named twice. */
export function splitPiped(paths: readonly string[]): { piped: string[]; files: string[] } {
  if (paths.filter(isStandardInput).length > 1)
    throw new FaultError(
      fault('BadUsage', 'Standard input is named twice.', 'It can be read once.', 'Name it once: -'),
    );
  const piped = paths.filter(isPiped);
  return { piped, files: paths.filter((path) => !piped.includes(path)) };
}

/**
 * Everything that comes through a pipe, to its end. Throws FaultError `InputEmpty`, `FileTooLarge` (over
 * {@link MAX_FILE_BYTES}: no more than that is ever held), or `FileUnreadable`.
 */
export async function readPiped(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const own = isStandardInput(path);
  if (own && process.stdin.isTTY)
    warn(`waiting for standard input; ${process.platform === 'win32' ? 'Ctrl-Z, Enter' : 'Ctrl-D'} ends it`);
  const chunks: Buffer[] = [];
  let size = 0;
  const release = () => wake(path);
  if (!own) process.once('exit', release);
  try {
    for await (const chunk of own ? process.stdin : createReadStream(path)) {
      size += chunk.length;
      // Leaving the loop closes the stream: its writer is not read any further.
      if (size > MAX_FILE_BYTES) throw tooLarge(path);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof FaultError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'nothing more';
    throw new FaultError(
      fault(
        'FileUnreadable',
        `${path} cannot be read.`,
        `The system says ${code}.`,
        'Check what writes to it.',
      ),
    );
  } finally {
    process.off('exit', release);
  }
  if (size === 0) throw empty(path);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Lets a read of a pipe that nothing comes through return. A process that ends (Ctrl-C) waits for its reads, and would wait
 * as long as the writer is silent. What is written reaches this process alone, which reads no more.
 */
function wake(path: string): void {
  try {
    if (!statSync(path).isFIFO()) return;
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(writer, '\n');
    closeSync(writer);
  } catch {
    // Nothing reads it any more.
  }
}

const tooLarge = (path: string): FaultError =>
  new FaultError(
    fault(
      'FileTooLarge',
      `${path} gave more than ${MAX_FILE_BYTES / 1024 / 1024} MiB, which is not read.`,
      '',
      'Cut it into smaller pieces.',
    ),
  );

const empty = (path: string): FaultError =>
  new FaultError(
    fault(
      'InputEmpty',
      `${isStandardInput(path) ? 'Standard input' : path} was empty.`,
      'The command before it in the pipeline printed nothing, perhaps since it failed.',
      'Run that command alone and look at what it prints; `set -o pipefail` makes a shell notice.',
    ),
  );
