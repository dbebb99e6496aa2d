import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryRecord } from '#shared/model/history.ts';
import { hashFor, keyIdOf, PAYLOAD_TYPE, signedBytes, statementOf } from '../../core/evidence/index.ts';
import { bodyOf, historyEvent, linkHash } from '../history/index.ts';
import { verifyBundle } from './index.ts';

let top = '';
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'rewrap-verify-'));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const keys = {
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: generateKeyPairSync('ed25519'),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const other = generateKeyPairSync('ed25519');
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

function chain(length: number): HistoryRecord[] {
  const records: HistoryRecord[] = [];
  let previous = '0'.repeat(64);
  for (let seq = 1; seq <= length; seq += 1) {
    const event = historyEvent('action', { outcome: `step ${seq}` });
    const at = `2030-01-01T00:00:0${seq}.000Z`;
    const hash = linkHash(at, bodyOf(event), previous);
    records.push({ ...event, seq, at, previous, hash });
    previous = hash;
  }
  return records;
}

interface Wanted {
  readonly kind?: keyof typeof keys;
  readonly payloadType?: string;
  readonly records?: HistoryRecord[];
  /** Names beside those of the files: what a dishonest signer would sign. */
  readonly names?: string[];
}

/** A bundle as Rewrap makes it, signed by a key that the test has. */
function bundle({
  kind = 'ed25519',
  payloadType = PAYLOAD_TYPE,
  records = chain(3),
  names = [],
}: Wanted = {}) {
  const folder = mkdtempSync(join(top, 'bundle-'));
  const files = {
    'audit.json': '{"a": 1}\n',
    'history.jsonl': records.map((one) => `${JSON.stringify(one)}\n`).join(''),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const parts = Object.entries(files).map(([name, text]) => ({ name, sha256: sha256(text) }));
  const statement = statementOf([...parts, ...names.map((name) => ({ name, sha256: sha256('') }))], {
    version: '1',
    madeAt: '2030-01-01T00:00:00.000Z',
    of: 'audit',
    connection: null,
    history: { from: 1, to: 3, count: 3, head: chain(3).at(-1)?.hash ?? '' },
    says: [],
  });
  const payload = Buffer.from(JSON.stringify(statement));
  const { privateKey, publicKey } = keys[kind];
  writeFileSync(join(folder, 'public-key.pem'), pem(publicKey));
  writeEnvelope(folder, {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [
      {
        keyid: keyIdOf(publicKey),
        sig: sign(hashFor(publicKey), signedBytes(payload), privateKey).toString('base64'),
      },
    ],
  });
  return folder;
}
interface Signed {
  payloadType: string;
  payload: string;
  signatures: { keyid: string; sig: string }[];
}
const writeEnvelope = (folder: string, envelope: object): void =>
  writeFileSync(join(folder, 'statement.dsse.json'), `${JSON.stringify(envelope, null, 2)}\n`);
function edit(folder: string, change: (envelope: Signed) => object): void {
  writeEnvelope(folder, change(JSON.parse(readFileSync(join(folder, 'statement.dsse.json'), 'utf8'))));
}
const wrongParts = async (folder: string, key: KeyObject | null = null): Promise<string[]> =>
  (await verifyBundle(folder, key === null ? null : pem(key))).wrong.map(({ part }) => part);

it.each(['ec', 'rsa', 'ed25519'] as const)('a bundle signed by %s is as it was signed', async (kind) => {
  expect(await verifyBundle(bundle({ kind }), pem(keys[kind].publicKey))).toMatchObject({
    ok: true,
    wrong: [],
    isKnownKey: true,
  });
});

describe('the statement', () => {
  it.each<[string, (envelope: Signed) => object, RegExp]>([
    ['no signature', (one) => ({ ...one, signatures: [] }), /no signature/],
    ['another payload type', (one) => ({ ...one, payloadType: 'text/plain' }), /another type: "text\/plain"/],
    ['something beside it', (one) => ({ ...one, more: 1 }), /more in it/],
    [
      'base64 that decodes to the same',
      (one) => ({ ...one, payload: `${one.payload.slice(0, 8)}\n${one.payload.slice(8)}` }),
      /base64 was changed/,
    ],
    [
      'parts in another order',
      (one) => {
        const said = JSON.parse(Buffer.from(one.payload, 'base64').toString());
        said.subject.reverse();
        return { ...one, payload: Buffer.from(JSON.stringify(said)).toString('base64') };
      },
      /was changed/,
    ],
    [
      'a second signature that is none',
      (one) => ({
        ...one,
        signatures: [...one.signatures, { keyid: one.signatures[0]?.keyid, sig: 'AAAA' }],
      }),
      /Not every signature/,
    ],
    [
      'a signature of another key',
      (one) => ({ ...one, signatures: [{ keyid: keyIdOf(other.publicKey), sig: one.signatures[0]?.sig }] }),
      /names another key/,
    ],
    [
      'a statement of another kind',
      (one) => ({ ...one, payload: Buffer.from('{}').toString('base64') }),
      /no statement/,
    ],
  ])('with %s is named', async (_, change, why) => {
    const folder = bundle();
    edit(folder, change);
    const { ok, wrong } = await verifyBundle(folder, null);
    expect({ ok, parts: wrong.map(({ part }) => part) }).toEqual({
      ok: false,
      parts: ['statement.dsse.json'],
    });
    expect(wrong[0]?.why).toMatch(why);
  });

  it('that says something twice is named: which of them is read depends on the program', async () => {
    for (const change of [
      (text: string) => text.replace('"payload":', '"payload": "AAAA",\n  "payload":'),
      (text: string) => text.replace('"payload"', '"p\\u0061yload"'),
    ]) {
      const folder = bundle();
      const path = join(folder, 'statement.dsse.json');
      writeFileSync(path, change(readFileSync(path, 'utf8')));
      expect(await wrongParts(folder)).toEqual(['statement.dsse.json']);
    }
  });

  it('that was cut off, is empty, or is larger than any is named and not read', async () => {
    for (const size of [0, 100]) {
      const folder = bundle();
      truncateSync(join(folder, 'statement.dsse.json'), size);
      expect(await wrongParts(folder)).toEqual(['statement.dsse.json']);
    }
    const folder = bundle();
    // Sparse: no such bytes stand on the disk.
    truncateSync(join(folder, 'statement.dsse.json'), 8 * 2 ** 30);
    truncateSync(join(folder, 'public-key.pem'), 8 * 2 ** 30);
    expect((await wrongParts(folder)).toSorted()).toEqual(['public-key.pem', 'statement.dsse.json']);
  });

  it('of another payload type is no statement of Rewrap, although it is signed', async () => {
    expect(await wrongParts(bundle({ payloadType: 'application/json' }))).toEqual(['statement.dsse.json']);
  });

  it.each(['../outside', '/etc/passwd', '..', '.', 'a/b', 'C:x', 'a\\b'])(
    'that leads out of the bundle by the name %s is named, and nothing there is read',
    async (name) => {
      writeFileSync(join(top, 'outside'), '');
      expect(await wrongParts(bundle({ names: [name] }))).toEqual([name]);
    },
  );

  it('that names a part twice, or itself, is named', async () => {
    expect(await wrongParts(bundle({ names: ['audit.json'] }))).toEqual(['audit.json']);
    expect(await wrongParts(bundle({ names: ['public-key.pem'] }))).toEqual(['public-key.pem']);
  });
});

describe('a part', () => {
  it
    .skipIf(process.platform === 'win32')
    .each(['audit.json', 'history.jsonl', 'public-key.pem', 'statement.dsse.json'])(
    '%s that is a link, a folder or a pipe is named, and not read',
    async (part) => {
      const linked = bundle();
      renameSync(join(linked, part), join(top, `away-${part}`));
      symlinkSync(join(top, `away-${part}`), join(linked, part));
      const folder = bundle();
      rmSync(join(folder, part));
      mkdirSync(join(folder, part));
      const piped = bundle();
      rmSync(join(piped, part));
      // A reader of a pipe would wait for ever.
      execFileSync('mkfifo', [join(piped, part)]);
      for (const each of [linked, folder, piped]) expect(await wrongParts(each)).toEqual([part]);
    },
  );

  it('that was added is named: a file, a folder, a link', async () => {
    const folder = bundle();
    mkdirSync(join(folder, 'more'));
    writeFileSync(join(folder, '.hidden'), '');
    expect((await wrongParts(folder)).toSorted()).toEqual(['.hidden', 'more']);
  });

  it.each<[string, (records: HistoryRecord[]) => HistoryRecord[]]>([
    ['cut at its end', (all) => all.slice(0, 2)],
    ['cut at its beginning', (all) => all.slice(1)],
    ['in another order', (all) => all.toReversed()],
    ['with a record left out', (all) => all.filter(({ seq }) => seq !== 2)],
    ['with a record changed', (all) => all.map((one) => (one.seq === 2 ? { ...one, outcome: 'x' } : one))],
    ['without a record', () => []],
  ])('the history %s is named, also where the signer signed it so', async (_, change) => {
    expect(await wrongParts(bundle({ records: change(chain(3)) }))).toEqual(['history.jsonl']);
  });
});

describe('the key', () => {
  it('in the bundle is held against the one that was named, and named alone where it alone is wrong', async () => {
    const folder = bundle();
    const named = keys.ed25519.publicKey;
    writeFileSync(join(folder, 'public-key.pem'), 'x');
    expect(await wrongParts(folder, named)).toEqual(['public-key.pem']);
    rmSync(join(folder, 'public-key.pem'));
    expect(await wrongParts(folder, named)).toEqual(['public-key.pem']);
    expect(await wrongParts(bundle(), other.publicKey)).toEqual(['public-key.pem', 'statement.dsse.json']);
    await expect(verifyBundle(bundle(), 'x')).rejects.toThrow();
  });

  it('with anything around it, or a private key, is named', async () => {
    const more = bundle();
    appendFileSync(join(more, 'public-key.pem'), 'note\n');
    expect(await wrongParts(more)).toEqual(['public-key.pem']);
    const secret = bundle();
    writeFileSync(
      join(secret, 'public-key.pem'),
      keys.ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    expect(await wrongParts(secret)).toEqual(['public-key.pem']);
  });
});

const has = (tool: string): boolean =>
  spawnSync(tool, ['--version'], { stdio: 'ignore' }).error === undefined;

describe.skipIf(process.platform === 'win32' || !has('openssl') || !has('jq'))(
  'the documented commands',
  () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../../docs/audit.md'), 'utf8');
    const [, common = '', edwards = ''] =
      /Without Rewrap[^\n]*\n\n```sh\n([\s\S]*?)```\n\nFor an Ed25519 key[^\n]*\n\n```sh\n([\s\S]*?)```/.exec(
        page,
      ) ?? [];
    const script = (kind: keyof typeof keys): string =>
      kind === 'ed25519' ? common.replace(/^openssl dgst.*$/m, edwards.trim()) : common;
    const run = (folder: string, kind: keyof typeof keys) =>
      spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script(kind)], { cwd: folder, encoding: 'utf8' });

    it.each(['ec', 'rsa', 'ed25519'] as const)('accept a bundle signed by %s, as they stand', (kind) => {
      expect(common).toContain('openssl dgst -sha256 -verify');
      const { status, stdout, stderr } = run(bundle({ kind }), kind);
      expect(stderr + stdout).toMatch(/Verified OK|Signature Verified Successfully/);
      expect(stdout).toContain('audit.json: OK');
      expect(status).toBe(0);
    });

    it.each(['ec', 'ed25519'] as const)('refuse one that was tampered with (%s)', (kind) => {
      const folder = bundle({ kind });
      const changed = `${folder}-part`;
      cpSync(folder, changed, { recursive: true });
      appendFileSync(join(changed, 'audit.json'), ' ');
      expect(run(changed, kind).status).not.toBe(0);
      edit(folder, (one) => ({
        ...one,
        payload: Buffer.from(
          Buffer.from(one.payload, 'base64').toString().replace('"of":"audit"', '"of":"other"'),
        ).toString('base64'),
      }));
      expect(run(folder, kind).status).not.toBe(0);
    });
  },
);
