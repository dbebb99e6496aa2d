/** Longest part of a path that common file systems take, in characters that may have four bytes each. */
const LONGEST_PART = 60;
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * Where a file of an archive goes below an output folder: a path of the same names, which leads out of no folder and is a
 * name on every system. What is absolute or goes up is taken as a name below the archive's own.
 */
export function memberPath(archive: string, names: readonly string[]): string {
  const parts = names
    .flatMap((name) => name.split(/[\\/]/))
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  return [archive, ...parts.map(safePart)].join('/');
}

function safePart(part: string): string {
  const plain = part.replaceAll(/[<>:"|?*\p{Cc}\p{Cf}]/gu, '_').replace(/[. ]+$/, '_');
  const named = RESERVED.test(plain) ? `_${plain}` : plain;
  if (Buffer.byteLength(named) <= 240) return named;
  const dot = named.lastIndexOf('.');
  const ending = dot > 0 && named.length - dot < 12 ? named.slice(dot) : '';
  return `${[...named].slice(0, LONGEST_PART - 12).join('')}${ending}`;
}
