import { hash, randomUUID } from 'node:crypto';

/** With its owner, or without one. */
const TEMPORARY = /^\.rewrap-(?:([0-9a-f]{24})-[0-9a-f]{8}|[0-9a-f]{16})\.tmp$/;

/**
 * Name of a temporary file; written beside the file it will replace, and gone when the write has ended. `owner`: id of
 * the process that writes it, 24 hex digits, so that others know whether it is still being written.
 */
export function temporaryName(owner?: string): string {
  // Random bytes of which Node keeps a supply: asked for by name they cost ten times that.
  const unique = randomUUID()
    .replaceAll('-', '')
    .slice(0, owner === undefined ? 16 : 8);
  return `.rewrap-${owner === undefined ? '' : `${owner}-`}${unique}.tmp`;
}

/** A temporary name that is the same each time: what was cut off finds what it left. `path`: of the file it is made for. */
export function lastingTemporaryName(path: string): string {
  return `.rewrap-${hash('sha256', path, 'hex').slice(0, 16)}.tmp`;
}

/** Whether a name is one that {@link temporaryName} gives: left behind when a write was interrupted. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** Id of the process that wrote, or writes, the temporary file of this name; null for one without, or another file. */
export function ownerOfTemporary(name: string): string | null {
  return TEMPORARY.exec(name)?.[1] ?? null;
}

/** Longest name of a file that common file systems take, in bytes. */
const LONGEST_NAME = 255;

/**
 * Name of a backup made at `when`; `attempt` above 0 tells apart those of one instant. A name that would become too long
 * is cut.
 */
export function backupName(name: string, when: Date, attempt: number): string {
  const stamp = when.toISOString().replaceAll(/[-:]/g, '').replace('.', '');
  const ending = `.rewrap-backup-${stamp}${attempt === 0 ? '' : `-${attempt}`}`;
  let kept = name;
  while (Buffer.byteLength(kept) + ending.length > LONGEST_NAME) kept = [...kept].slice(0, -1).join('');
  return kept + ending;
}

/** Whether a name is one that {@link backupName} gives. */
export function isBackupName(name: string): boolean {
  return /\.rewrap-backup-\d{8}T\d{9}Z(?:-\d+)?$/.test(name);
}

/** A path as people may safely see it: control and direction-changing characters as `\u{…}`. */
export function displayPath(path: string): string {
  if (/^[\x20-\x7e]*$/.test(path)) return path;
  return path.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
