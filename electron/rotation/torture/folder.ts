import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { scan } from '../../intake/index.ts';
import { KEY, OLD_KEY } from '../fake-kms.ts';
import { open, PLAINTEXT_BYTES, seal } from './toy-kms.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a file was made with, to know it again. */
export interface Original {
  readonly hash: string;
  /** Plaintexts in the order of the blobs. */
  readonly plaintexts: readonly Uint8Array[];
}

/** Writes a folder of files in mixed formats; `seed` tells their plaintexts apart. By relative path. */
export function makeFolder(folder: string, seed: string): Map<string, Original> {
  const files = new Map<string, Original>();
  const add = (relative: string, blobs: number, write: (blobs: Uint8Array[]) => string | Uint8Array) => {
    const plaintexts = Array.from({ length: blobs }, (_, i) =>
      createHash('sha256').update(`${seed} ${relative} ${i}`).digest().subarray(0, PLAINTEXT_BYTES),
    );
    const content = write(plaintexts.map((plaintext) => seal(OLD_KEY, plaintext)));
    const path = join(folder, relative);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    files.set(relative, { hash: sha256(readFileSync(path)), plaintexts });
  };
  const base64 = (blob: Uint8Array | undefined) => Buffer.from(blob ?? []).toString('base64');
  for (let i = 0; i < 3; i++) add(`raw/${i}.bin`, 1, ([blob]) => blob ?? '');
  for (let i = 0; i < 2; i++) add(`text/${i}.b64`, 1, ([blob]) => `${base64(blob)}\n`);
  add('hex.txt', 1, ([blob]) => Buffer.from(blob ?? []).toString('hex'));
  add('list.txt', 17, (blobs) => `${blobs.map(base64).join('\n')}\n`);
  add('cli/key.json', 1, ([blob]) =>
    JSON.stringify({ CiphertextBlob: base64(blob), KeyId: OLD_KEY }, null, 4),
  );
  add('deep/er/app.env', 3, (blobs) =>
    blobs.map((blob, i) => `SECRET_${i}=${base64(blob)}\n# kept\n`).join(''),
  );
  add(
    'deep/conf.yaml',
    4,
    (blobs) => `# a comment\n${blobs.map((blob, i) => `key${i}:\n  value: "${base64(blob)}"\n`).join('')}`,
  );
  return files;
}

export type State = 'old' | 'new' | 'missing' | 'broken';

/**
 * What a file is, by its content. New is what opens under the new key with the old plaintexts; ciphertext of an RSA key
 * cannot be told so, and is new when the file has the hash `after`.
 */
export function stateOf(path: string, original: Original, after: string | null): State {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return 'missing';
  }
  if (sha256(bytes) === original.hash) return 'old';
  if (after !== null) return sha256(bytes) === after ? 'new' : 'broken';
  const blobs = scan(bytes, path).blobs;
  const opens = original.plaintexts.every((plaintext, i) => {
    const blob = blobs[i]?.bytes;
    const now = blob === undefined ? null : open(KEY, blob);
    return now !== null && Buffer.compare(now, plaintext) === 0;
  });
  return opens && blobs.length === original.plaintexts.length ? 'new' : 'broken';
}

/** Everything below a folder, by relative path. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
