import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Lease } from './lease.ts';

let folder = '';
const held: Lease[] = [];
const take = async (ms = 400): Promise<Lease> => {
  const lease = await Lease.take(folder, ms);
  held.push(lease);
  return lease;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-lease-'));
});
afterEach(() => {
  for (const lease of held.splice(0)) lease.release();
  rmSync(folder, { recursive: true, force: true });
});
const leaseFile = (): string => {
  const [name] = readdirSync(folder).filter((each) => each.startsWith('lease-'));
  return join(folder, name ?? '');
};
const elsewhere = (change: object): void => {
  const known = JSON.parse(readFileSync(leaseFile(), 'utf8'));
  writeFileSync(leaseFile(), JSON.stringify({ ...known, space: 'another machine', ...change }));
};
const lost = (lease: Lease): Promise<unknown> =>
  lease.lost.aborted ? Promise.resolve() : once(lease.lost, 'abort');

test('one that lives keeps its shard, and one that let it go does not', async () => {
  const first = await take();
  expect(first.before).toBeNull();
  expect(first.isHeld()).toBe(true);
  // Of this process: it shows that it lives where process ids say nothing.
  elsewhere({});
  const beats = setInterval(
    () => elsewhere({ beat: JSON.parse(readFileSync(leaseFile(), 'utf8')).beat + 1 }),
    20,
  );
  await expect(take()).rejects.toMatchObject({ fault: { code: 'ShardElsewhere' } });
  clearInterval(beats);
  first.release();
  const second = await take();
  expect(second.before).toEqual({ attempt: first.attempt, dead: true });
  expect(readdirSync(folder)).toHaveLength(1);
});

test('a process of this machine that is gone has no lease, at once', async () => {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  const first = await take();
  first.release();
  const known = JSON.parse(readFileSync(leaseFile(), 'utf8'));
  writeFileSync(leaseFile(), JSON.stringify({ ...known, ended: false, pid: child.pid }));
  const before = performance.now();
  const second = await take(60_000);
  expect(second.before?.dead).toBe(true);
  expect(performance.now() - before).toBeLessThan(30_000);
});

test('one of another machine that shows no sign of life is given up, and learns that it was', async () => {
  const first = await take(60_000);
  elsewhere({});
  const second = await take(200);
  expect(second.before).toEqual({ attempt: first.attempt, dead: false });
  expect(second.lost.aborted).toBe(false);
});

test('a holder that was given up stops', async () => {
  const first = await take(200);
  writeFileSync(join(folder, 'lease-000002.json'), readFileSync(leaseFile()));
  // Before it learns of it by itself.
  expect(first.isHeld()).toBe(false);
  await lost(first);
  first.release();
  // What stands is the other one's.
  expect(JSON.parse(readFileSync(join(folder, 'lease-000002.json'), 'utf8')).ended).toBe(false);
});

test('a holder that loses sight of the folder stops', async () => {
  const first = await take(200);
  rmSync(folder, { recursive: true });
  await lost(first);
});

test('of many that begin at once, one has it', async () => {
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => take(200)));
  const numbers = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  // Processes are known by their ids; within one process each next take finds the one before gone.
  expect(new Set(numbers.map(({ attempt }) => attempt.split('-')[1])).size).toBe(numbers.length);
});
