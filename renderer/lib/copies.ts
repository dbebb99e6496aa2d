import type { BlobRow } from '#shared/model/blob.ts';

/** A word as a POSIX shell takes it: bare where nothing in it has a meaning, else in single quotes. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A command that inspects the file of a blob. */
export const inspectCommand = ({ file }: Pick<BlobRow, 'file'>): string =>
  `rewrap inspect ${shellWord(file.startsWith('-') ? `./${file}` : file)}`;

/** Bytes in base64 as hex digits. */
export const hexOf = (base64: string): string =>
  Array.from(atob(base64), (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
