import { statSync } from 'node:fs';
import { plural } from '#shared/format.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Client } from '../client.ts';
import { SOME_FAILED } from '../exit-code.ts';
import { warn } from './say.ts';
import { writeBytes } from './standard-output.ts';

/** `--out -`: the one new file goes to standard output. */
export const STANDARD_OUTPUT = '-';

/** Throws FaultError `BadUsage` where `--out -` was given with what cannot be one file. */
export function checkOneFile(paths: readonly string[], flags: { readonly json?: true }): void {
  if (flags.json)
    throw badUsage(
      '--out - and --json both write to standard output.',
      'Leave one of them out: --out DIR writes the new file into a folder.',
    );
  const [path, ...others] = paths;
  if (others.length > 0) throw badUsage(`--out - writes one file, and ${paths.length} were named.`, SEVERAL);
  if (path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw badUsage(`--out - writes one file, and ${path} is a folder.`, SEVERAL);
}

const SEVERAL = 'Name one file or -, or write the new files into a folder with --out DIR.';

/**
 * The same when it is known what was found. `files`: the file of each blob. Throws FaultError `BadUsage`.
 */
export async function checkFound(
  { page }: Client,
  files: ReadonlyMap<string, string>,
  isTerminal = process.stdout.isTTY === true,
): Promise<void> {
  const names = new Set(files.values());
  if (names.size > 1) throw badUsage(`--out - writes one file, and there are ${names.size} in it.`, SEVERAL);
  const { rows } = await page.blobs.list({ offset: 0, limit: 1 });
  if (isTerminal && rows[0]?.encoding === 'binary')
    throw badUsage(
      'The new file is binary, and standard output is a terminal.',
      'Send it into a file (> FILE) or to another command.',
    );
}

/**
 * Writes the one file that a run made to standard output. @param code of the run. @returns The exit code of the command:
 * never 0 where the file is not wholly written.
 */
export async function writeOneFile({ host }: Client, runId: string, code: number): Promise<number> {
  const [file] = (await host.runs.kept({ runId })).files;
  if (file === undefined) {
    warn('nothing was written to standard output');
    return code || SOME_FAILED;
  }
  const error = await writeBytes(file.bytes);
  if (error === null) return code;
  warn(
    `standard output could not be written (${error}): the new file of ${plural(file.bytes.length, 'byte')} is lost, and what came through is not whole`,
  );
  warn('what was read is as it was: run the same command again');
  return code || SOME_FAILED;
}

const badUsage = (message: string, remedy: string): FaultError =>
  new FaultError(fault('BadUsage', message, '', remedy));
