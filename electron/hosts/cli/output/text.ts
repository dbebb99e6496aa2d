import { stripVTControlCharacters } from 'node:util';
import { rawWords } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { mannerNow, painted } from './say.ts';

/**
 * Text from outside (file names, contexts, what KMS said) made safe for a terminal: control characters and
 * bidirectional overrides, which could redraw the screen or disguise a name, are shown as escapes.
 */
export function safe(text: string): string {
  return stripVTControlCharacters(text).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being made visible
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What to do in a shell, where a fault's own remedy names a part of the window. */
const SHELL_REMEDIES: Readonly<Record<string, string>> = {
  AlreadyThere: 'Nothing is to be done. To send it all the same, add --even-if-there.',
};

/** The fault with the remedy that a shell has. */
export const shellFault = (fault: Fault): Fault => ({
  ...fault,
  remedy: SHELL_REMEDIES[fault.code] ?? fault.remedy,
});

/** A fault in the three lines it has: what happened, why, what to do. */
export function faultLines(fault: Fault, indent = '  '): string {
  const raw = fault.raw === null ? '' : rawWords(fault.raw);
  const policies = (fault.policies ?? []).map(
    ({ title, statement }) => `${title}: ${JSON.stringify(JSON.parse(statement))}`,
  );
  return [fault.message, fault.detail, shellFault(fault).remedy, ...policies, raw]
    .filter((line) => line !== '')
    .map((line) => indent + safe(line))
    .join('\n');
}

/** Columns padded to their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) =>
    rows.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 0),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

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
