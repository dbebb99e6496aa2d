import { type Dump, writeDump } from './dump.ts';
import { type Escaped, writeEscaped } from './escapes.ts';
import { type ByteItems, writeItems } from './items.ts';

/** How bytes are written one by one, in enough detail to write others the same way. */
export type Bytewise = ByteItems | Escaped | Dump;

/** Writes bytes as others were written. */
export function writeBytewise(writing: Bytewise, bytes: Uint8Array): string {
  switch (writing.form) {
    case 'items':
      return writeItems(writing, bytes);
    case 'escapes':
      return writeEscaped(writing, bytes);
    case 'dump':
      return writeDump(writing, bytes);
  }
}
