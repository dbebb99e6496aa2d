import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, engineAt, inPlace } from '../../bridge/engine/engine.test-help.ts';
import type { Engine } from '../../bridge/index.ts';
import { type Client, client } from '../../hosts/cli/client.ts';
import { startPracticeKms } from '../../practice-kms/index.ts';
import { verifyBundle } from './index.ts';

let folder = '';
let engine: Engine;
let page: Client['page'];
let host: Client['host'];
let runId = '';
let signingKey = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rewrap-evidence-'));
  engine = engineAt(join(folder, 'home'));
  ({ page, host } = client(engine));
  await page.connection.use({ kind: 'practice' });
  const stateDir = join(folder, 'home', 'practice');
  const practice = await startPracticeKms({ stateDir });
  const made = await practice.call('CreateKey', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  signingKey = String((made.KeyMetadata as { KeyId: string }).KeyId);
  await practice.close();
  await host.intake.addPaths({ paths: [join(stateDir, 'vault', 'payments')], origin: 'path' });
  const { rows } = await page.blobs.list({ offset: 0, limit: 100 });
  const chosen = rows.filter(({ file }) => file.endsWith('api-token.bin')).map(({ id }) => id);
  runId = (await page.runs.start(inPlace(chosen))).runId;
  expect((await ended(page, runId)).counts.succeeded).toBe(1);
  writeFileSync(join(folder, 'plan.json'), '{"plan": 1}\n');
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const pem = (kind: 'ec' | 'rsa' | 'ed25519'): string => {
  const made =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519');
  const path = join(folder, `${kind}.pem`);
  writeFileSync(path, made.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(folder, `${kind}-public.pem`), made.publicKey.export({ type: 'spki', format: 'pem' }));
  return path;
};
type SignWith = { by: 'pem'; path: string } | { by: 'kms'; keyId: string };
let bundles = 0;
async function bundle(signWith: SignWith): Promise<string> {
  bundles += 1;
  const path = join(folder, `bundle-${bundles}`);
  await host.evidence.bundle({
    folder: path,
    audit: true,
    runId,
    files: [join(folder, 'plan.json')],
    signWith,
  });
  return path;
}

describe('an evidence bundle', () => {
  it.each(['ec', 'rsa', 'ed25519'] as const)('signed by a PEM key (%s) verifies elsewhere', async (kind) => {
    const path = await bundle({ by: 'pem', path: pem(kind) });
    const publicKey = readFileSync(join(folder, `${kind}-public.pem`), 'utf8');
    const verdict = await verifyBundle(path, publicKey);
    expect(verdict).toMatchObject({ ok: true, wrong: [], isKnownKey: true });
    expect(verdict.statement?.subject.map(({ name }) => name)).toEqual([
      'audit.json',
      'audit.cdx.json',
      'run.json',
      'plan.json',
      'history.jsonl',
    ]);
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect((await verifyBundle(path, other)).wrong.map(({ part }) => part)).toContain('public-key.pem');
  });

  it.skipIf(!hasOpenssl)('signed by a KMS key verifies, and with openssl alone', async () => {
    const path = await bundle({ by: 'kms', keyId: signingKey });
    expect(await verifyBundle(path, null)).toMatchObject({ ok: true, isKnownKey: false });
    const { payload, payloadType, signatures } = JSON.parse(
      readFileSync(join(path, 'statement.dsse.json'), 'utf8'),
    );
    const statement = Buffer.from(payload, 'base64');
    const signed = join(folder, 'signed.bin');
    writeFileSync(
      signed,
      Buffer.concat([
        Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `),
        statement,
      ]),
    );
    writeFileSync(join(folder, 'sig.bin'), Buffer.from(signatures[0].sig, 'base64'));
    const said = execFileSync(
      'openssl',
      [
        'dgst',
        '-sha256',
        '-verify',
        join(path, 'public-key.pem'),
        '-signature',
        join(folder, 'sig.bin'),
        signed,
      ],
      { encoding: 'utf8' },
    );
    expect(said).toContain('Verified OK');
  });

  it.each<[string, string, (path: string) => void]>([
    ['a report', 'audit.json', (path) => appendFileSync(join(path, 'audit.json'), ' ')],
    ['the bill of materials', 'audit.cdx.json', (path) => rmSync(join(path, 'audit.cdx.json'))],
    ['a plan', 'plan.json', (path) => writeFileSync(join(path, 'plan.json'), '{"plan": 2}\n')],
    [
      'the history',
      'history.jsonl',
      (path) => {
        const lines = readFileSync(join(path, 'history.jsonl'), 'utf8').split('\n');
        writeFileSync(join(path, 'history.jsonl'), lines.slice(1).join('\n'));
      },
    ],
    ['a file that was added', 'more.txt', (path) => writeFileSync(join(path, 'more.txt'), 'x')],
    [
      'the statement',
      'statement.dsse.json',
      (path) => {
        const at = join(path, 'statement.dsse.json');
        const envelope = JSON.parse(readFileSync(at, 'utf8'));
        const text = Buffer.from(envelope.payload, 'base64').toString().replace('"of":"audit', '"of":"other');
        writeFileSync(at, JSON.stringify({ ...envelope, payload: Buffer.from(text).toString('base64') }));
      },
    ],
    [
      'the public key',
      'statement.dsse.json',
      (path) =>
        writeFileSync(
          join(path, 'public-key.pem'),
          generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
        ),
    ],
  ])('names the part that was tampered with: %s', async (_, part, tamper) => {
    const whole = await bundle({ by: 'pem', path: pem('ed25519') });
    const path = `${whole}-tampered`;
    cpSync(whole, path, { recursive: true });
    tamper(path);
    const verdict = await verifyBundle(path, null);
    expect(verdict.ok).toBe(false);
    expect(verdict.wrong.map((one) => one.part)).toEqual([part]);
  });

  it('begins the history with the first record of the run', async () => {
    const path = await bundle({ by: 'pem', path: pem('ed25519') });
    const lines = readFileSync(join(path, 'history.jsonl'), 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    const first = JSON.parse(lines[0] ?? '');
    expect(first).toMatchObject({ runId });
    expect((await verifyBundle(path, null)).statement?.predicate.history).toMatchObject({ from: first.seq });
  });

  it('refuses a folder that is not empty, and a key that cannot sign', async () => {
    const request = { audit: false, runId: null, files: [] };
    const used = join(folder, 'used');
    mkdirSync(used);
    writeFileSync(join(used, 'a'), '');
    const signWith = { by: 'pem', path: pem('ed25519') } as const;
    await expect(host.evidence.bundle({ ...request, folder: used, signWith })).rejects.toMatchObject({
      fault: { code: 'FolderInUse' },
    });
    const plain = { by: 'pem', path: join(folder, 'plan.json') } as const;
    await expect(
      host.evidence.bundle({ ...request, folder: join(folder, 'new'), signWith: plain }),
    ).rejects.toMatchObject({ fault: { code: 'BadSigningKey' } });
  });
});
