import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { FaultError, fault } from '#shared/model/fault-error.ts';

/**
 * What files carry beside content, permission bits and owner: access control lists and extended attributes. Node has no
 * call for either, so the system's own tools see them and take them over: GNU `tar` and `cp` on Linux, `ls` and `cp` on
 * macOS. On Windows a new file has the rights that its folder hands down.
 */

const run = promisify(execFile);
const plain = () => ({ ...process.env, LC_ALL: 'C' });

/**
 * Which of these files (absolute paths) have an access control list or extended attributes. Labels that the system gives
 * each new file itself (security.selinux, security.ima) do not count. Null where it cannot be told, since the tools are
 * missing, as in images without GNU tar. Never throws.
 */
export async function withAttributes(paths: readonly string[]): Promise<ReadonlySet<string> | null> {
  if (paths.length === 0) return new Set();
  try {
    if (process.platform === 'linux') return await inArchive(paths);
    if (process.platform === 'darwin') return await inListing(paths);
  } catch {
    // No such tool.
    return null;
  }
  return new Set();
}

/**
 * Gives a file of ours the access control list and extended attributes of another; on macOS its content as well.
 * Throws FaultError `AttributesNotKept`.
 */
export async function takeAttributes(from: string, to: string): Promise<void> {
  const how =
    process.platform === 'darwin' ? ['-p'] : ['--attributes-only', '--preserve=mode,ownership,xattr'];
  try {
    await run('cp', [...how, '--', from, to], { env: plain() });
  } catch {
    throw new FaultError(
      fault(
        'AttributesNotKept',
        `${from} has an access control list or extended attributes that would be lost, and was left as it is.`,
        'Its system tool cp could not give them to the new file.',
        'Choose an output folder, or remove them from the file if they are not needed (setfacl -b, setfattr -x).',
      ),
    );
  }
}

const ARCHIVE = [
  '--create',
  '--file=-',
  '--format=pax',
  '--acls',
  '--xattrs',
  '--xattrs-include=user.*',
  '--xattrs-include=trusted.*',
  '--xattrs-include=security.capability',
  '--absolute-names',
  '--hard-dereference',
  '--no-recursion',
  '--null',
  '--files-from=-',
];

/** An archive has a header for what a file carries; only headers are looked at, the contents are passed over. */
async function inArchive(paths: readonly string[]): Promise<ReadonlySet<string> | null> {
  const tar = spawn('tar', ARCHIVE, { stdio: ['pipe', 'pipe', 'ignore'], env: plain() });
  const failed = once(tar, 'error').then(([error]) => {
    throw error;
  });
  tar.stdin.on('error', () => undefined);
  tar.stdin.end(paths.map((path) => `${path}\0`).join(''));
  return Promise.race([failed, marked(tar.stdout)]);
}

const BLOCK = 512;
/** Records of a pax header that speak of attributes (POSIX.1-2001 pax; the names are those of GNU tar and star). */
const CARRIED = /^\d+ SCHILY\.(?:xattr|acl)\./m;
const LONG_NAME = /^\d+ path=(.*)$/m;

/** Null for no archive at all: a tar that does not know these options (BusyBox, bsdtar) writes none. */
async function marked(archive: AsyncIterable<Buffer>): Promise<ReadonlySet<string> | null> {
  const found = new Set<string>();
  let any = false;
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes of a content that are to be passed over. */
  let over = 0;
  let next: { carried: boolean; name: string | null } | null = null;
  for await (const chunk of archive) {
    any = true;
    const skipped = Math.min(over, chunk.length);
    over -= skipped;
    rest = rest.length === 0 ? chunk.subarray(skipped) : Buffer.concat([rest, chunk.subarray(skipped)]);
    while (over === 0 && rest.length >= BLOCK) {
      const size = Number.parseInt(rest.toString('latin1', 124, 136), 8) || 0;
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      const type = String.fromCharCode(rest[156] ?? 0);
      if (type === 'x') {
        if (rest.length < BLOCK + padded) break;
        const text = rest.toString('utf8', BLOCK, BLOCK + size);
        next = { carried: CARRIED.test(text), name: LONG_NAME.exec(text)?.[1] ?? null };
        rest = rest.subarray(BLOCK + padded);
        continue;
      }
      if (next?.carried) found.add(next.name ?? nameIn(rest));
      next = null;
      over = Math.max(0, BLOCK + padded - rest.length);
      rest = rest.subarray(BLOCK + padded);
    }
  }
  return any ? found : null;
}

/** A name of at most 255 bytes, in the two parts that a ustar header has for it. */
function nameIn(header: Buffer): string {
  const part = (start: number, length: number): string => {
    const bytes = header.subarray(start, start + length);
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? length : end);
  };
  const prefix = part(345, 155);
  return prefix === '' ? part(0, 100) : `${prefix}/${part(0, 100)}`;
}

/** Arguments of one call, so that they stay below the system's limit. */
const AT_ONCE = 200;

/** `ls -l` marks the mode with "@" (extended attributes) or "+" (an access control list); one line for each path. */
async function inListing(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE);
    // -f keeps the order of the arguments, -q keeps each name on one line.
    const { stdout } = await run('ls', ['-ldfq', '--', ...some], { env: plain() });
    const lines = stdout.split('\n');
    for (const [i, path] of some.entries()) if (/^.{10}[@+]/.test(lines[i] ?? '')) found.add(path);
  }
  return found;
}
