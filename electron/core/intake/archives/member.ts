import { lstatSync } from 'node:fs';
import { FaultError, fault } from '#shared/model/fault-error.ts';
import { sha256 } from '../../storage/hash.ts';
import { archiveEntries } from './read.ts';

/** Between the parts of a location in an archive: `backup.tgz › app/prod.env`. */
export const INSIDE = ' › ';

/** The name of a file in an archive, taken apart. */
interface MemberName {
  /** Path of the archive. */
  readonly archive: string;
  /** Names in it and in the archives in that, outermost first. */
  readonly names: readonly string[];
}

/** What a path names in an archive; null for a path of the disk. The archive is there, and no file has the whole path. */
export function memberName(path: string): MemberName | null {
  if (!path.includes(INSIDE) || isFile(path)) return null;
  for (let at = path.indexOf(INSIDE); at !== -1; at = path.indexOf(INSIDE, at + 1))
    if (isFile(path.slice(0, at)))
      return { archive: path.slice(0, at), names: path.slice(at + INSIDE.length).split(INSIDE) };
  return null;
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    // Not there, or no name that a file can have.
    return false;
  }
}

interface ArchiveMember {
  readonly bytes: Uint8Array;
  /** Hex SHA-256 of the bytes. */
  readonly sha256: string;
}

/**
 * Reads a file of an archive again. Several may have one name, of which those behind the first are called `… (2)`: it is the one with
 * the hash `wanted`, else the first of the name. Throws FaultErrors `FileMissing` and those of {@link archiveEntries}.
 */
export async function readMember(path: string, wanted: string): Promise<ArchiveMember> {
  const name = memberName(path);
  if (name === null) throw missing(path);
  const key = keyOf(name.names);
  const members = await membersOf(name.archive);
  const known = members.get(key) ?? [];
  const numbered = members.get(key.replace(/ \(\d+\)$/, '')) ?? [];
  for (const bytes of [...known, ...numbered]) if (sha256(bytes) === wanted) return { bytes, sha256: wanted };
  const [first] = known;
  if (first === undefined) throw missing(path);
  return { bytes: first, sha256: sha256(first) };
}

/** A name as a plan may have it, which was made on another system. */
const keyOf = (names: readonly string[]): string => names.join(INSIDE).replaceAll('\\', '/');

type Members = ReadonlyMap<string, readonly Uint8Array[]>;

/** Files of one archive, which are asked for one after the other: kept until nothing has asked for a while. */
let last: { readonly id: string; readonly members: Promise<Members> } | null = null;
let forgetting: NodeJS.Timeout | null = null;
const KEPT_MS = 10_000;

function membersOf(archive: string): Promise<Members> {
  const { size, mtimeMs, ino } = lstatSync(archive);
  const id = `${archive}\0${size}\0${mtimeMs}\0${ino}`;
  if (last?.id !== id) last = { id, members: readAll(archive) };
  if (forgetting !== null) clearTimeout(forgetting);
  forgetting = setTimeout(() => {
    last = null;
  }, KEPT_MS);
  forgetting.unref();
  return last.members;
}

async function readAll(archive: string): Promise<Members> {
  const members = new Map<string, Uint8Array[]>();
  for await (const entry of archiveEntries(archive)) {
    if ('problem' in entry) continue;
    const bytes = Uint8Array.from(entry.bytes);
    const known = members.get(keyOf(entry.names));
    if (known === undefined) members.set(keyOf(entry.names), [bytes]);
    else known.push(bytes);
  }
  return members;
}

function missing(path: string): FaultError {
  return new FaultError(
    fault(
      'FileMissing',
      `${path} is not in its archive, or the archive is gone.`,
      'It was there when it was read.',
      'Put the archive back where it was, or add its folder again.',
    ),
  );
}
