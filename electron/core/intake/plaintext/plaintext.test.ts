import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { type Scan, scan, withoutPlaintext } from '../index.ts';

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/f3978301-41fa-4838-a252-c76e50a21c2e';
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const key = randomBytes(32);
const secret = key.toString('base64');
const material = randomBytes(32).toString('hex');
const bytes = madeUpBlob(32);
const blob = base64(bytes);
const numbers = (of: Uint8Array) => [...of].join(', ');
const python = (of: Uint8Array) =>
  `b'${[...of].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;
const codes = ({ findings }: Scan) => findings.map(({ code }) => code);

const reply = { CiphertextBlob: blob, Plaintext: secret, KeyId: ARN, KeyMaterialId: material };
const table = (rows: readonly (readonly string[])[]) => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  const ruler = `+${widths.map((width) => '-'.repeat(width + 4)).join('+')}+`;
  const lines = rows.map(
    (row) => `|${row.map((cell, i) => `  ${cell.padEnd(widths[i] ?? 0)}  `).join('|')}|`,
  );
  return [`${'-'.repeat(ruler.length)}`, '|  GenerateDataKey  |', ruler, ...lines, ruler, ''].join('\n');
};
const rows = Object.entries(reply);

/** Files in which the plaintext stands as what it is. */
const CRITICAL: readonly (readonly [name: string, text: string, hidden?: string])[] = [
  ['--output json', JSON.stringify(reply, null, 4)],
  ['--output yaml', rows.map(([name, value]) => `${name}: ${value}\n`).join('')],
  ['--output yaml-stream', `- ${rows.map(([name, value]) => `${name}: ${value}\n`).join('  ')}`],
  ['--output text', `${blob}\t${ARN}\t${material}\t${secret}\n`],
  ['--output text, an older AWS CLI', `${blob}\t${ARN}\t${secret}\n`],
  ['--output table', table(rows)],
  ['--query in text', `${blob}\t${secret}\n`],
  ['--query in text, the other order', `${secret}\t${ARN}\t${blob}\n`],
  ['--query in JSON', JSON.stringify([secret, ARN, material, blob], null, 4)],
  ['--query in JSON, on one line', JSON.stringify([blob, secret])],
  ['--query in YAML', `- ${ARN}\n- ${material}\n- ${secret}\n- ${blob}\n`],
  ['--query in a table', table([[blob], [secret]])],
  ['two replies in text', `${blob}\t${ARN}\t${secret}\n${base64(madeUpBlob(32))}\t${ARN}\t${secret}\n`],
  [
    'a transcript in Markdown',
    `# Runbook\n\n\`\`\`\n$ aws kms generate-data-key\n${JSON.stringify(reply, null, 4)}\n\`\`\`\n`,
  ],
  [
    'a transcript of a terminal',
    `\x1b[32m$\x1b[0m aws kms generate-data-key --output table\n${table(rows)}$ exit\n`,
  ],
  ['JSON in a string', `log: ${JSON.stringify(JSON.stringify(reply))} done\n`],
  [
    'console.log',
    `{\n  CiphertextBlob: Uint8Array(184) [\n    ${numbers(bytes)}\n  ],\n  KeyId: '${ARN}',\n  Plaintext: Uint8Array(32) [\n    ${numbers(key)}\n  ]\n}\n`,
    numbers(key),
  ],
  [
    'console.log of a Buffer',
    `{ CiphertextBlob: '${blob}', Plaintext: <Buffer ${[...key].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}> }\n`,
    [...key].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
  ],
  [
    'boto3',
    `{'CiphertextBlob': ${python(bytes)}, 'Plaintext': ${python(key)}, 'KeyId': '${ARN}'}\n`,
    python(key).slice(2, -1),
  ],
  [
    'Go',
    `&{CiphertextBlob:[${[...bytes].join(' ')}] KeyId:${ARN} Plaintext:[${[...key].join(' ')}]}\n${blob}\n`,
    [...key].join(' '),
  ],
  [
    'Java',
    `GenerateDataKeyResponse(CiphertextBlob=SdkBytes(bytes=0x${Buffer.from(bytes).toString('hex')}), Plaintext=SdkBytes(bytes=0x${key.toString('hex')}), KeyId=${ARN}) ${blob}\n`,
    key.toString('hex'),
  ],
  ['two blobs in one map', JSON.stringify({ blob, other: base64(madeUpBlob(32)), plaintext: secret })],
  ['CSV', `name,blob,plaintext\na,${blob},${secret}\n`],
  ['decrypt in YAML', `EncryptionAlgorithm: SYMMETRIC_DEFAULT\nKeyId: ${ARN}\nPlaintext: ${secret}\n`],
  [
    'decrypt in a table',
    table([
      ['KeyId', ARN],
      ['Plaintext', secret],
    ]),
  ],
];

/** Files in which nothing is plaintext. */
const NOTHING: readonly (readonly [name: string, text: string])[] = [
  ['without-plaintext, text', `${blob}\t${ARN}\t${material}\n`],
  ['without-plaintext, a query', `${material}\t${blob}\n`],
  ['without-plaintext, JSON', JSON.stringify({ CiphertextBlob: blob, KeyId: ARN, KeyMaterialId: material })],
  ['without-plaintext, YAML', `CiphertextBlob: ${blob}\nKeyId: ${ARN}\nKeyMaterialId: ${material}\n`],
  ['without-plaintext, a table', table(rows.filter(([name]) => name !== 'Plaintext'))],
  [
    'a manifest of digests',
    `${blob}\t${material}\n${base64(madeUpBlob(32))}\t${randomBytes(32).toString('hex')}\n`,
  ],
  ['a named digest', `blob: ${blob}\nsha256: ${material}\nchecksum: ${secret}\n`],
  ['a named digest in text', `blob=${blob} sha256=${material} integrity=sha256-${secret}\n`],
  ['words', `The reply has a Plaintext: the data key, in base64.\nPlaintext: required\n${blob}\n`],
  [
    'a placeholder',
    `answer: {"CiphertextBlob": "${blob}", "Plaintext": "<base64>" ...\n"Plaintext": "*** redacted ***"\n`,
  ],
  ['a program', `plaintext = kms.decrypt(blob)["Plaintext"]\nblob = "${blob}"\nreturn plaintext\n`],
  ['SOPS', `plaintext: ENC[AES256_GCM,data:${secret},iv:${secret},tag:abc,type:str]\nx: ${blob}\n`],
  ['documentation without a blob', `"Plaintext": "${secret}"\n`],
];

/** Files with a value that may be one. */
const POSSIBLE: readonly (readonly [name: string, text: string])[] = [
  ['notes', `the staging key, see wiki\n${secret}\n${blob}\n`],
  ['a line of a log', `job 7 wrote ${blob} and ${secret} somewhere\n`],
  ['JSON', JSON.stringify({ values: ['staging key', blob, secret] })],
];

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');

describe('plaintext beside ciphertext', () => {
  test.each(CRITICAL.map(([name, text, hidden = secret]) => [name, text, hidden] as const))(
    '%s: critical, and left out of a copy',
    (_, text, hidden) => {
      for (const file of [Buffer.from(text), Buffer.from(text.replaceAll('\n', '\r\n')), utf16(text)]) {
        const found = scan(file, 'out');
        const charset = file[0] === 0xff ? 'utf16le' : 'utf8';
        expect(
          codes(found).filter((code) => code.startsWith('plaintext-')),
          charset,
        ).not.toEqual([]);
        const copy = withoutPlaintext(file, found);
        expect(Buffer.from(copy).toString(charset)).not.toContain(hidden);
        const again = scan(copy, 'out');
        expect(again.plaintext).toEqual([]);
        expect(again.blobs.map((one) => base64(one.bytes))).toEqual(
          found.blobs.map((one) => base64(one.bytes)),
        );
        expect(JSON.stringify(found.findings)).not.toContain(hidden);
      }
    },
  );

  test('a data key pair in text: the private key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = (one: typeof privateKey, type: 'pkcs8' | 'spki') =>
      base64(one.export({ format: 'der', type: type as 'pkcs8' }));
    const text = `${ARN}\tRSA_2048\t${blob}\t${der(privateKey, 'pkcs8')}\t${der(publicKey, 'spki')}\n`;
    const found = scan(Buffer.from(text), 'out');
    const copy = Buffer.from(withoutPlaintext(Buffer.from(text), found)).toString();
    expect(copy).toBe(text.replace(der(privateKey, 'pkcs8'), ''));
  });

  test.each(NOTHING)('%s: nothing', (_, text) => {
    for (const file of [Buffer.from(text), utf16(text)]) {
      const found = scan(file, 'out');
      expect(codes(found)).toEqual([]);
      expect(found.plaintext).toEqual([]);
      expect(found.possiblePlaintext ?? []).toEqual([]);
    }
  });

  test.each(POSSIBLE)('%s: a warning, and nothing is left out', (_, text) => {
    const found = scan(Buffer.from(text), 'out');
    expect(codes(found)).toEqual(['possible-plaintext-beside-blob']);
    expect(found.plaintext).toEqual([]);
    const [range] = found.possiblePlaintext ?? [];
    expect(text.slice(range?.start, range?.end)).toBe(secret);
    expect(JSON.stringify(found.findings)).not.toContain(secret);
  });
});

describe('by name and size', () => {
  const password = 'hunter2hunter2';
  const small = base64(madeUpBlob(password.length));
  const seen = (text: string, name = 'a.txt') => {
    const found = scan(Buffer.from(text), name);
    const hidden = Buffer.from(withoutPlaintext(Buffer.from(text), found)).toString();
    return {
      codes: codes(found).filter((code) => code.includes('plaintext')),
      copied: hidden.includes(password),
      possible: found.possiblePlaintext?.length ?? 0,
    };
  };

  test.each([
    ['variables', `A_PLAINTEXT=${password}\nA_CIPHERTEXT=${small}\nB=1\n`, 'a.env'],
    ['several pairs in one map', JSON.stringify({ aPlain: password, aEnc: small, bEnc: blob })],
    ['names that say nothing else', JSON.stringify({ clear: password, cipher: small })],
    ['a comment', `# plaintext: ${password}\npassword: ${small}\n`, 'a.yaml'],
    ['a comment that calls it decrypted', `# decrypted value: "${password}"\nX = "${small}"\n`, 'a.py'],
    [
      'an option of a command',
      `$ aws kms encrypt --key-id alias/x --plaintext "${password}" --output text\n${small}\n`,
    ],
    ['an option on the next line', `aws kms encrypt --plaintext \\\n  ${password}\n${small}\n`],
    [
      'an option in base64',
      `aws kms encrypt --plaintext ${Buffer.from(password).toString('base64')}\n${small}\n`,
    ],
  ])('%s', (_, text, name?: string) => {
    expect(seen(text, name)).toEqual({ codes: ['plaintext-beside-blob'], copied: false, possible: 0 });
  });

  test.each([
    ['the pair of an encrypted name', JSON.stringify({ password, password_encrypted: small })],
    ['in a map with other blobs', `a: ${password}\na_enc: ${small}\nb_enc: ${blob}\n`, 'a.yaml'],
    [
      'in base64 of a text',
      `x: ${base64(Buffer.from(JSON.stringify({ password, password_encrypted: small })))}\n`,
      'a.yaml',
    ],
  ])('possible: %s', (_, text, name?: string) => {
    expect(seen(text, name)).toMatchObject({ codes: ['possible-plaintext-beside-blob'], possible: 1 });
  });

  test.each([
    ['another length', JSON.stringify({ password: `${password}!`, password_encrypted: small })],
    ['a file as the option', `aws kms encrypt --plaintext fileb://hunter2hunter2\n${small}\n`],
    ['a variable as the option', `aws kms encrypt --plaintext "$HUNTER2HUNTER"\n${small}\n`],
    ['prose', `The plaintext: it stays in KMS.\n${small}\n`],
    ['placeholders', JSON.stringify({ a_plaintext: '********', a_ciphertext: small })],
    ['flags', JSON.stringify({ a_unencrypted: false, a_encrypted: small })],
    ['a verb', JSON.stringify({ cache: small, clear_cache: 'every_fortnight' })],
    ['names that have nothing to do with each other', JSON.stringify({ a: password, b_encrypted: small })],
  ])('not: %s', (_, text) => {
    expect(seen(text)).toMatchObject({ codes: [], possible: 0 });
  });
});
