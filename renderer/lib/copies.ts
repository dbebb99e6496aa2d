import { shellWord } from '#shared/format.ts';
import type { BlobRow } from '#shared/model/blob.ts';

/** A command that inspects the file of a blob. */
export const inspectCommand = ({ file }: Pick<BlobRow, 'file'>): string =>
  `rewrap inspect ${shellWord(file.startsWith('-') ? `./${file}` : file)}`;

/** Bytes in base64 as hex digits. */
export const hexOfBase64 = (base64: string): string =>
  Array.from(atob(base64), (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
