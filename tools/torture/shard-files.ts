import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scan } from '../../electron/core/intake/index.ts';
import type { PracticeKms } from '../../electron/practice-kms/index.ts';

/** Files of a plan in shards, with what their blobs hold. */
export interface ShardFiles {
  /** The folder that shards work on. */
  readonly folder: string;
  /** A copy of it for the run of one process: the root that stands for the one of the plan. */
  readonly single: string;
  readonly destination: string;
  readonly blobs: number;
  /** Says what is wrong with a file as it stands below this folder; null: nothing. `undone`: it may be as it was. */
  wrong(folder: string, name: string, undone: boolean): Promise<string | null>;
  readonly names: readonly string[];
}

/** Files of one blob, of three, and a few of which a blob's key is disabled: these stay as they are. */
export async function makeShardFiles(practice: PracticeKms, top: string, files: number): Promise<ShardFiles> {
  const key = async (): Promise<string> =>
    ((await practice.call('CreateKey', {})).KeyMetadata as { Arn: string }).Arn;
  const [from, disabled, destination] = [await key(), await key(), await key()];
  const texts = new Map<string, string[]>();
  const before = new Map<string, Buffer>();
  const bad = new Set<string>();
  const folder = join(top, 'files');
  const encrypt = async (keyId: string, text: string): Promise<string> =>
    String(
      (await practice.call('Encrypt', { KeyId: keyId, Plaintext: Buffer.from(text).toString('base64') }))
        .CiphertextBlob,
    );
  for (let i = 0; i < files; i++) {
    const inside = `part-${i % 3}`;
    mkdirSync(join(folder, inside), { recursive: true });
    const each = i % 2 === 0 ? 1 : 3;
    const name = join(inside, each === 1 ? `${i}.bin` : `${i}.env`);
    const isBad = i % 11 === 5;
    const words = Array.from({ length: each }, (_, n) => `${i}.${n}`);
    const blobs = await Promise.all(
      words.map((word, n) => encrypt(isBad && n === 0 ? disabled : from, word)),
    );
    texts.set(name, words);
    if (isBad) bad.add(name);
    const bytes =
      each === 1
        ? Buffer.from(blobs[0] ?? '', 'base64')
        : Buffer.from(blobs.map((blob, n) => `KEY_${n}=${blob}\n`).join(''));
    before.set(name, bytes);
    writeFileSync(join(folder, name), bytes);
  }
  await practice.call('DisableKey', { KeyId: disabled });
  const single = join(top, 'single');
  cpSync(folder, join(single, 'files'), { recursive: true });
  const names = [...texts.keys()];
  return {
    folder,
    single,
    destination,
    names,
    blobs: [...texts.values()].reduce((sum, words) => sum + words.length, 0),
    async wrong(at, name, undone) {
      const bytes = readFileSync(join(at, name));
      const isOld = bytes.equals(before.get(name) ?? Buffer.alloc(0));
      if (bad.has(name)) return isOld ? null : 'changed, although one of its blobs cannot be re-encrypted';
      if (isOld) return undone ? null : 'as it was';
      const found = scan(bytes, name).blobs;
      const words = texts.get(name) ?? [];
      if (found.length !== words.length) return `has ${found.length} blobs of ${words.length}`;
      for (const [n, blob] of found.entries()) {
        const { Plaintext, KeyId } = await practice.call('Decrypt', {
          CiphertextBlob: Buffer.from(blob.bytes).toString('base64'),
        });
        if (KeyId !== destination) return `blob ${n} is under ${KeyId}`;
        if (Buffer.from(String(Plaintext), 'base64').toString() !== words[n])
          return `blob ${n} holds another text`;
      }
      return null;
    },
  };
}
