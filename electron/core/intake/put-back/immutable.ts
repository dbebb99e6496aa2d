import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorCode, immutable } from '../faults.ts';

const run = promisify(execFile);

/** The mark that forbids any change of a file, as the system's own tools say: `lsattr` on Linux, `stat` on macOS. */
async function markOf(path: string): Promise<'immutable' | 'append-only' | null> {
  const [tool, ...args] =
    process.platform === 'darwin' ? (['stat', '-f', '%Sf'] as const) : (['lsattr', '-d', '--'] as const);
  const said = await run(tool, [...args, path], { env: { ...process.env, LC_ALL: 'C' } }).catch(() => null);
  // lsattr: "----i---------e------- PATH", one letter for each attribute; stat: "uchg,hidden".
  const marks = said?.stdout.split(' ')[0] ?? '';
  if (process.platform === 'darwin') {
    if (/\b[us]chg\b/.test(marks)) return 'immutable';
    return /\b[us]appnd\b/.test(marks) ? 'append-only' : null;
  }
  if (marks.includes('i')) return 'immutable';
  return marks.includes('a') ? 'append-only' : null;
}

/**
 * What refused to let a file be replaced says only EPERM of such a mark, as of much else: the clear reason, where that is
 * the reason. `state` says how things stand now. Anything else is returned as it is.
 */
export async function orImmutable(error: unknown, path: string, state: string): Promise<unknown> {
  if (errorCode(error) !== 'EPERM' || process.platform === 'win32') return error;
  for (const one of [path, dirname(path)]) {
    const mark = await markOf(one);
    if (mark !== null) return immutable(one, mark, state);
  }
  return error;
}
