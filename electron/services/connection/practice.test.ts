import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Practice } from './practice.ts';

let home = '';
let practice: Practice;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rewrap-practice-'));
  practice = new Practice(home);
});
afterEach(async () => {
  await practice.close();
  rmSync(home, { recursive: true, force: true });
});

const answers = (endpoint: string) =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

test('a practice KMS that ends by itself comes back at its address, with its keys', async () => {
  const first = await practice.start();
  const { CiphertextBlob } = await first.call('Encrypt', { KeyId: 'alias/payments', Plaintext: 'AAAA' });
  await first.close();
  await vi.waitFor(async () => expect(await answers(first.endpoint)).toBe(true), { timeout: 30_000 });
  const second = await practice.start();
  expect(second).not.toBe(first);
  expect(second.endpoint).toBe(first.endpoint);
  expect(await second.call('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: 'AAAA' });
});

test('the next Rewrap of the same folder has the same address', async () => {
  const { endpoint } = await practice.start();
  await practice.close();
  expect(await answers(endpoint)).toBe(false);
  practice = new Practice(home);
  expect((await practice.start()).endpoint).toBe(endpoint);
});

test('a port that another program has is left to it', async () => {
  const { endpoint } = await practice.start();
  await practice.close();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(new URL(endpoint).port), '127.0.0.1', resolve));
  try {
    practice = new Practice(home);
    const elsewhere = await practice.start();
    expect(elsewhere.endpoint).not.toBe(endpoint);
    expect(await answers(elsewhere.endpoint)).toBe(true);
  } finally {
    other.close();
  }
});

test('what was kept and is no port is not listened at', async () => {
  await practice.start();
  await practice.close();
  writeFileSync(join(home, 'practice', 'port'), '80; rm');
  practice = new Practice(home);
  expect(await answers((await practice.start()).endpoint)).toBe(true);
});
