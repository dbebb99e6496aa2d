import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { assemble } from '../../electron/core/inspect/assemble.test-help.ts';
import { LOOK_ALIKES } from '../../electron/core/inspect/look-alikes.test-help.ts';
import { tarOf, zipOf } from '../../electron/core/intake/archives/build.test-help.ts';
import { makeSampleVault, startPracticeKms } from '../../electron/practice-kms/index.ts';

/** A plaintext in base64, put into the text when it is made: this file itself holds none. */
const CLEAR = Buffer.from('secret').toString('base64');

/** Where the fuzzer begins: the sample vault of the practice KMS, made-up blobs, every look-alike, and found crashes. */
export async function seeds(): Promise<Uint8Array[]> {
  const inputs: Uint8Array[] = [];
  const text = (value: string) => inputs.push(new Uint8Array(Buffer.from(value)));
  for (const layout of ['v0', 'v1', 'v2'] as const)
    for (const plaintextBytes of [1, 32, 100, 256]) {
      const blob = assemble({ layout, plaintextBytes });
      const base64 = Buffer.from(blob).toString('base64');
      inputs.push(blob, blob.subarray(0, -7));
      text(base64);
      text(
        `{"CiphertextBlob": "${base64}", "Plaintext": "${CLEAR}", "KeyId": "arn:aws:kms:eu-central-1:111122223333:key/x"}`,
      );
      text(`a: ${Array.from(blob, (byte) => byte.toString(16).padStart(2, '0')).join(':')}\n`);
      text(`{"b":{"type":"Buffer","data":${JSON.stringify([...blob])}},"c":${JSON.stringify({ ...blob })}}`);
      text(`x[${blob.length}] = {${Array.from(blob, (byte) => `0x${byte.toString(16)}`).join(', ')}};`);
      text(`'${Array.from(blob, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`);
      text(JSON.stringify({ u: Buffer.from(blob).toString('latin1') }));
      text(dump(blob));
      text(`A=1\nKEY_ENC=${base64}\n# end\n`);
      text(
        `a:\n  key: ${base64}\n  other: "x"\nsops:\n  kms:\n    - arn: arn:aws:kms:eu-central-1:111122223333:key/x\n      enc: ${base64}\n      created_at: "2026-11-24T08:00:00Z"\n`,
      );
    }
  for (const { bytes } of LOOK_ALIKES()) inputs.push(bytes);
  inputs.push(...archives(), ...database());
  inputs.push(...(await vault()));
  const found = join(import.meta.dirname, 'crashes');
  if (existsSync(found))
    for (const name of readdirSync(found)) inputs.push(new Uint8Array(readFileSync(join(found, name))));
  return inputs.filter(({ length }) => length <= 8192);
}

/** A blob in archives of each kind, in one another. */
function archives(): Uint8Array[] {
  const blob = assemble({ layout: 'v2', plaintextBytes: 32 });
  const tar = tarOf([
    { name: 'a.env', content: `A=${Buffer.from(blob).toString('base64')}\n` },
    { name: 'b', content: blob },
  ]);
  const zip = zipOf([
    { name: 'a.bin', content: blob },
    { name: 'b.txt', content: 'text' },
  ]);
  return [
    tar,
    gzipSync(tar),
    zip,
    zipOf([{ name: 'in.tgz', content: gzipSync(tar) }]),
    zstdCompressSync(tar),
  ].map((bytes) => new Uint8Array(bytes));
}

/** A database with blobs as bytes and as text, and its write-ahead log. */
function database(): Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const path = join(folder, 'a.db');
  const db = new DatabaseSync(path);
  try {
    const blob = assemble({ layout: 'v2', plaintextBytes: 32 });
    db.exec(
      'PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB, b TEXT UNIQUE, key)',
    );
    db.prepare('INSERT INTO t (a, b, key) VALUES (?, ?, ?)').run(
      blob,
      Buffer.from(blob).toString('base64'),
      'alias/payments',
    );
    const log = new Uint8Array(readFileSync(`${path}-wal`));
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return [new Uint8Array(readFileSync(path)), log];
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As `xxd -g 1` writes bytes. */
function dump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = Buffer.from(part)
      .toString('latin1')
      .replaceAll(/[^ -~]/g, '.');
    lines.push(`${at.toString(16).padStart(8, '0')}: ${hex.padEnd(47)}  ${letters}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The files of the practice KMS's sample vault. */
async function vault(): Promise<Uint8Array[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const practice = await startPracticeKms({ stateDir: join(folder, 'state') });
  try {
    const { files } = await makeSampleVault({ practice, folder: join(folder, 'vault') });
    return files.filter((file) => statSync(file).isFile()).map((file) => new Uint8Array(readFileSync(file)));
  } finally {
    await practice.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
