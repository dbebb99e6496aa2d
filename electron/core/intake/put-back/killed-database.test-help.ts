/**
 * Runs in a process of its own and changes or restores a database, with blobs of one letter; dies by SIGKILL at a step, if one is named:
 * `node killed-database.test-help.ts <step or "none"> <"replace" | "restore"> <path> <now> <backup> <old>` (hashes in hex).
 */

import { readSource } from '../files/read-source.ts';
import { nextBlob } from '../formats/envelopes/envelope.test-help.ts';
import { databaseChanges, replaceDatabase, restoreDatabase, rewrite, scan } from '../index.ts';

const [at, what, path = '', now = '', backup = '', old = ''] = process.argv.slice(2);
const step = (name: string): void => {
  if (name === at) process.kill(process.pid, 'SIGKILL');
};
process.stdout.write('ready');
async function replace(): Promise<void> {
  const { bytes, sha256 } = await readSource(path);
  const found = scan(bytes, path);
  const next = found.blobs.map((one) => ({
    found: one,
    next: nextBlob(new Uint8Array(one.bytes.length).fill(0x61)),
  }));
  await replaceDatabase({
    path,
    bytes: rewrite(bytes, found, next),
    changes: databaseChanges(next),
    expectedSha256: sha256,
    backup: true,
    step,
  });
}

async function restore(): Promise<void> {
  process.exitCode = (await restoreDatabase({ path, now, backup, old, step })) === 'restored' ? 0 : 1;
}

void (what === 'replace' ? replace() : restore());
