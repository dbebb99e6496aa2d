import type { KeyboardEvent } from 'react';
import { hexOfField } from '../../lib/hex.ts';
import { hasMod } from '../../lib/platform.ts';
import { copyText } from '../../store/ui.ts';
import type { Decoded } from './useNodes.ts';

/** Copies the chosen field's bytes as hex on the platform's copy key, unless text is marked: that is copied then. */
export function copyKey(event: KeyboardEvent, { nodes, bytes }: Decoded, chosen: string | null): boolean {
  if (!hasMod(event) || event.key.toLowerCase() !== 'c') return false;
  const node = nodes.find(({ id }) => id === chosen);
  if (node === undefined || (document.getSelection()?.toString() ?? '') !== '') return false;
  event.preventDefault();
  void copyText(hexOfField(bytes, node.field), `the bytes of ${node.field.name}`);
  return true;
}
