import { randomInt } from 'node:crypto';

/** Where a commit writes by itself: the change counter, and the counter and version of SQLite that go with it (sqlite.org/fileformat2.html, 1.3). */
const BY_COMMIT = [
  [24, 28],
  [92, 100],
] as const;

/** Whether pages of an open transaction are those of a file, but for what the commit is still to write. */
export function sameBeforeCommit(open: Uint8Array, committed: Uint8Array): boolean {
  if (open.length !== committed.length) return false;
  const [a, b] = [Buffer.from(open), Buffer.from(committed)];
  for (const [from, to] of BY_COMMIT) {
    a.fill(0, from, to);
    b.fill(0, from, to);
  }
  return a.equals(b);
}

const MAGIC = Buffer.from('d9d505f920a163d7', 'hex');
/** The header fills a sector; no disk has smaller ones. */
const SECTOR = 512;
/** Every so many bytes of a page count for its checksum. */
const STRIDE = 200;

/**
 * A rollback journal (sqlite.org/fileformat2.html, 3) by which SQLite makes a database of pages `now` the one of pages `old` again, the
 * change counter included: who has pages of either in memory knows by the counter whether they are still right.
 */
export function rollbackJournal(now: Uint8Array, old: Uint8Array): Uint8Array {
  const inHeader = ((old[16] ?? 0) << 8) | (old[17] ?? 0);
  const pageSize = inHeader === 1 ? 65_536 : inHeader;
  const nonce = randomInt(2 ** 32);
  const [before, after] = [Buffer.from(now), Buffer.from(old)];
  const records: Buffer[] = [];
  for (let at = 0, number = 1; at < after.length; at += pageSize, number++) {
    const page = after.subarray(at, at + pageSize);
    if (page.equals(before.subarray(at, at + pageSize))) continue;
    const record = Buffer.alloc(4 + pageSize + 4);
    record.writeUInt32BE(number, 0);
    page.copy(record, 4);
    record.writeUInt32BE(checksum(page, nonce), 4 + pageSize);
    records.push(record);
  }
  const header = Buffer.alloc(SECTOR);
  MAGIC.copy(header);
  header.writeUInt32BE(records.length, 8);
  header.writeUInt32BE(nonce, 12);
  header.writeUInt32BE(after.length / pageSize, 16);
  header.writeUInt32BE(SECTOR, 20);
  header.writeUInt32BE(pageSize, 24);
  return Buffer.concat([header, ...records]);
}

function checksum(page: Uint8Array, nonce: number): number {
  let sum = nonce;
  for (let at = page.length - STRIDE; at > 0; at -= STRIDE) sum = (sum + (page[at] ?? 0)) >>> 0;
  return sum;
}
