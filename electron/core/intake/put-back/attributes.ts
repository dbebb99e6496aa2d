import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FaultError, fault } from '#shared/model/fault-error.ts';

/**
 * What files carry beside content, permission bits and owner: access control lists and extended attributes. Node has no
 * call for either, so the system's own tools see them and take them over: GNU `tar` and `cp` on Linux, `ls` and `cp` on
 * macOS. On Windows a new file has the rights that its folder hands down. Labels that the system gives each new file
 * itself (security.ima, security.evm) do not count.
 */

const run = promisify(execFile);
const plain = () => ({ ...process.env, LC_ALL: 'C' });

/** What one file carries that matters when it is replaced. */
export interface Carried {
  /** An access control list or extended attributes, to be given to the new file. */
  readonly attributes: boolean;
  /** File capabilities (capabilities(7)): rights that the program in the file runs with. */
  readonly capabilities: boolean;
  /** SELinux context; null for none. */
  readonly label: string | null;
}

/**
 * What these files (absolute paths) carry; a file with nothing of the kind, or that is gone, is left out. Null where it
 * is not known, since the tools are missing, as in images without GNU tar. Never throws.
 */
export async function carriedBy(paths: readonly string[]): Promise<ReadonlyMap<string, Carried> | null> {
  if (paths.length === 0) return new Map();
  try {
    if (process.platform === 'linux') return await inArchive(paths);
    if (process.platform === 'darwin') return await inListing(paths);
  } catch {
    // No such tool.
    return null;
  }
  return new Map();
}

/**
 * SELinux contexts that the system gives new files in these folders, by folder, null for none: a file is made in each and
 * removed again, since only the policy knows. A folder in which none can be made is left out. `name`: of such a file.
 */
export async function labelsOfNewFiles(
  folders: Iterable<string>,
  name: () => string,
  carried: typeof carriedBy = carriedBy,
): Promise<ReadonlyMap<string, string | null>> {
  const made = new Map<string, string>();
  try {
    for (const folder of folders) {
      const path = join(folder, name());
      try {
        closeSync(openSync(path, 'wx', 0o600));
        made.set(folder, path);
      } catch {
        // Nothing can be replaced there either, which is said when it is tried.
      }
    }
    const found = await carried([...made.values()]);
    if (found === null) return new Map();
    return new Map([...made].map(([folder, path]) => [folder, found.get(path)?.label ?? null]));
  } finally {
    for (const path of made.values()) rmSync(path, { force: true });
  }
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
  '--xattrs-include=security.selinux',
  '--absolute-names',
  '--hard-dereference',
  '--no-recursion',
  '--null',
  '--files-from=-',
];

/** An archive has a header for what a file carries; only headers are looked at, the contents are passed over. */
async function inArchive(paths: readonly string[]): Promise<ReadonlyMap<string, Carried> | null> {
  const tar = spawn('tar', ARCHIVE, { stdio: ['pipe', 'pipe', 'ignore'], env: plain() });
  const failed = once(tar, 'error').then(([error]) => {
    throw error;
  });
  tar.stdin.on('error', () => undefined);
  tar.stdin.end(paths.map((path) => `${path}\0`).join(''));
  return Promise.race([failed, marked(tar.stdout)]);
}

const BLOCK = 512;

/** Null for no archive at all: a tar that does not know these options (BusyBox, bsdtar) writes none. */
async function marked(archive: AsyncIterable<Buffer>): Promise<ReadonlyMap<string, Carried> | null> {
  const found = new Map<string, Carried>();
  let any = false;
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes of a content that are to be passed over. */
  let over = 0;
  let next: { carried: Carried; name: string | null } | null = null;
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
        next = saidIn(rest.subarray(BLOCK, BLOCK + size));
        rest = rest.subarray(BLOCK + padded);
        continue;
      }
      const carried = next?.carried;
      if (carried && (carried.attributes || carried.capabilities || carried.label !== null))
        found.set(next?.name ?? nameIn(rest), carried);
      next = null;
      over = Math.max(0, BLOCK + padded - rest.length);
      rest = rest.subarray(BLOCK + padded);
    }
  }
  return any ? found : null;
}

/** Records of a pax header that speak of attributes (POSIX.1-2001 pax; the names are those of GNU tar and star). */
const ATTRIBUTES = /^SCHILY\.(?:xattr|acl)\./;
const CAPABILITIES = 'SCHILY.xattr.security.capability';
const LABEL = 'SCHILY.xattr.security.selinux';

/** Records of a pax header: "LENGTH NAME=VALUE\n", where a value may be any bytes and LENGTH counts all of the record. */
function saidIn(header: Buffer): { carried: Carried; name: string | null } {
  let [attributes, capabilities] = [false, false];
  let label: string | null = null;
  let name: string | null = null;
  for (let at = 0; at < header.length; ) {
    const length = Number.parseInt(header.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) break;
    const record = header.toString('utf8', header.indexOf(' ', at) + 1, at + length - 1);
    const [of, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    // Linux ends a label with a NUL.
    if (of === LABEL) label = value.replace(/\0+$/, '');
    else if (of === CAPABILITIES) capabilities = true;
    else if (of === 'path') name = value;
    else if (ATTRIBUTES.test(of)) attributes = true;
    at += length;
  }
  return { carried: { attributes, capabilities, label }, name };
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
async function inListing(paths: readonly string[]): Promise<ReadonlyMap<string, Carried>> {
  const found = new Map<string, Carried>();
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE);
    // -f keeps the order of the arguments, -q keeps each name on one line.
    const { stdout } = await run('ls', ['-ldfq', '--', ...some], { env: plain() });
    const lines = stdout.split('\n');
    for (const [i, path] of some.entries())
      if (/^.{10}[@+]/.test(lines[i] ?? ''))
        found.set(path, { attributes: true, capabilities: false, label: null });
  }
  return found;
}
