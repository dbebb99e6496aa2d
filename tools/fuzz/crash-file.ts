import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps an input that broke a promise; its name is its hash, so that it is kept once. */
export function crashFile(target: string, bytes: Uint8Array): string {
  const folder = join(import.meta.dirname, 'crashes');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${target}-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.bin`);
}
