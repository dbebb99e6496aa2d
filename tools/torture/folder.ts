import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { scan } from '../../electron/core/intake/index.ts';
import type { Vault } from './sample-files.ts';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a file was made with, to know it again. */
export interface Original {
  readonly hash: string;
  /** Plaintexts in the order of the blobs. */
  readonly plaintexts: readonly Uint8Array[];
}

/** Writes a folder of files in mixed formats; `seed` tells their plaintexts apart. By relative path. */
export async function makeFolder(folder: string, seed: string, vault: Vault): Promise<Map<string, Original>> {
  const files = new Map<string, Original>();
  let nth = 0;
  const add = async (
    relative: string,
    blobs: number,
    write: (blobs: Uint8Array[]) => string | Uint8Array,
  ): Promise<void> => {
    const plaintexts = Array.from({ length: blobs }, (_, i) => {
      const digest = createHash('sha512').update(`${seed} ${relative} ${i}`).digest();
      return digest.subarray(0, vault.length(nth++));
    });
    const content = write(await Promise.all(plaintexts.map((plaintext) => vault.seal(plaintext))));
    const path = join(folder, relative);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    files.set(relative, { hash: sha256(readFileSync(path)), plaintexts });
  };
  const base64 = (blob: Uint8Array | undefined) => Buffer.from(blob ?? []).toString('base64');
  for (let i = 0; i < 3; i++) await add(`raw/${i}.bin`, 1, ([blob]) => blob ?? '');
  for (let i = 0; i < 2; i++) await add(`text/${i}.b64`, 1, ([blob]) => `${base64(blob)}\n`);
  await add('hex.txt', 1, ([blob]) => Buffer.from(blob ?? []).toString('hex'));
  await add('list.txt', 17, (blobs) => `${blobs.map(base64).join('\n')}\n`);
  await add('cli/key.json', 1, ([blob]) =>
    JSON.stringify({ CiphertextBlob: base64(blob), KeyId: vault.oldKey }, null, 4),
  );
  await add('deep/er/app.env', 3, (blobs) =>
    blobs.map((blob, i) => `SECRET_${i}=${base64(blob)}\n# kept\n`).join(''),
  );
  await add(
    'deep/conf.yaml',
    4,
    (blobs) => `# a comment\n${blobs.map((blob, i) => `key${i}:\n  value: "${base64(blob)}"\n`).join('')}`,
  );
  await add('data/app.db', 6, (blobs) => database(blobs));
  return files;
}

/** The bytes of a SQLite database with these blobs in its rows. */
function database(blobs: readonly Uint8Array[]): Uint8Array {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE secrets (id INTEGER PRIMARY KEY, data); CREATE INDEX by_data ON secrets (data)');
  for (const blob of blobs) db.prepare('INSERT INTO secrets (data) VALUES (?)').run(blob);
  const bytes = db.serialize();
  db.close();
  return bytes;
}

/** A database as any program finds it that opens it: what a kill left in its journal is taken back, and it is whole. */
function asOpened(path: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'rewrap-torture-db-'));
  try {
    const copy = join(folder, 'copy.db');
    for (const ending of ['', '-journal', '-wal'])
      if (existsSync(path + ending)) copyFileSync(path + ending, copy + ending);
    const db = new DatabaseSync(copy);
    const [checked] = db.prepare('PRAGMA integrity_check').all();
    db.close();
    if (checked?.integrity_check !== 'ok') throw new Error(`${path} is damaged: ${checked?.integrity_check}`);
    return readFileSync(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export type ContentState = 'old' | 'new' | 'missing' | 'broken';

/**
 * What a file is, by its content. New is what opens under the new key with the old plaintexts; ciphertext of an RSA key
 * cannot be opened here, and is new when the file has the hash `after`.
 */
export async function stateOf(
  path: string,
  original: Original,
  vault: Vault,
  after: string | null,
): Promise<ContentState> {
  let bytes: Uint8Array;
  try {
    bytes = path.endsWith('.db') && existsSync(path) ? asOpened(path) : readFileSync(path);
  } catch {
    return 'missing';
  }
  if (sha256(bytes) === original.hash) return 'old';
  if (after !== null) return sha256(bytes) === after ? 'new' : 'broken';
  const blobs = scan(bytes, path).blobs;
  if (blobs.length !== original.plaintexts.length) return 'broken';
  for (const [i, plaintext] of original.plaintexts.entries()) {
    const blob = blobs[i]?.bytes;
    const now = blob === undefined ? null : await vault.open(blob);
    if (now === null || Buffer.compare(now, plaintext) !== 0) return 'broken';
  }
  return 'new';
}

/** Everything below a folder, by relative path. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
