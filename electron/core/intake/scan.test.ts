import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manyRuns } from '../../../tools/many-runs.ts';
import { assemble } from '../inspect/assemble.test-help.ts';
import { isText } from '../inspect/index.ts';
import { LOOK_ALIKES } from '../inspect/look-alikes.test-help.ts';
import { isKnownBinary } from './binary/magic.ts';
import { madeUpBlob } from './blob.test-help.ts';
import { isBlobAlone, type Scan, scan } from './index.ts';

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');
const read = (text: string) => scan(Buffer.from(text), 'file');
const codes = (found: Scan) => found.findings.map((one) => one.code);

describe('raw', () => {
  test('the file is the blob, whatever its name', () => {
    const blob = madeUpBlob();
    const { blobs } = scan(blob, 'holiday.json');
    expect(blobs).toHaveLength(1);
    expect(blobs[0]).toMatchObject({ place: '', container: 'raw', range: { start: 0, end: 184 } });
    expect(blobs[0]?.bytes).toBe(blob);
  });

  test('small unknown binary is listed with its reason; text, large and empty files are not', () => {
    const small = scan(Buffer.concat([Buffer.from([0, 7]), randomBytes(98)]), 'x');
    expect(small.blobs[0]?.identification).toMatchObject({ kind: 'unknown', reencryptable: false });
    expect(scan(Buffer.concat([Buffer.from([0, 7]), randomBytes(9000)]), 'x').blobs).toEqual([]);
    for (const text of ['', 'hello', 'AQID', '01020304', '0101', 'true', '\ufeffx'])
      expect(read(text), text).toEqual({ blobs: [], findings: [], plaintext: [] });
  });
});

describe('look-alikes', () => {
  test.each(LOOK_ALIKES().map((one) => [one.name, one] as const))('%s as a file', (_, { kind, bytes }) => {
    const { blobs } = scan(bytes, 'x');
    if (kind === 'unknown' && (bytes.length === 0 || Buffer.from(bytes).toString() === 'hello world\n'))
      return expect(blobs).toEqual([]);
    // An image is a file of another sort, and no blob.
    if (isKnownBinary(bytes)) return expect(blobs).toEqual([]);
    // An envelope may be known to hold more than itself; the first row is the file.
    expect(blobs[0]?.identification.kind).toBe(kind);
  });

  test('an age file in text yields one row that says why it is refused', () => {
    const { blobs } = read('-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n');
    expect(blobs).toHaveLength(1);
    expect(blobs[0]).toMatchObject({
      container: 'raw',
      identification: { kind: 'age', reencryptable: false },
    });
    expect(blobs[0]?.identification.reason).toContain('age -d');
  });

  test('binary look-alikes in base64 are known, with the bytes inside', () => {
    for (const { kind, bytes, name } of LOOK_ALIKES()) {
      if (!['pkcs7', 'nitro-recipient', 'emulator', 'git-crypt'].includes(kind)) continue;
      if (isText(bytes)) continue;
      const { blobs } = read(`${base64(bytes)}\n`);
      expect(blobs[0], name).toMatchObject({ container: 'text', identification: { kind } });
    }
  });

  test('a private key is one row and a critical finding; its bytes are kept nowhere', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const body = pem.split('\n').slice(1, -2).join('');
    for (const file of [Buffer.from(pem), der, Buffer.from(der.toString('base64'))]) {
      const found = scan(file, 'key');
      expect(found.blobs).toHaveLength(1);
      expect(found.blobs[0]?.identification).toMatchObject({ kind: 'private-key', reencryptable: false });
      expect(codes(found)).toEqual(['private-key-in-clear']);
      const everything = JSON.stringify(found, (_, value) =>
        value instanceof Uint8Array ? base64(value) : value,
      );
      expect(everything).not.toContain(body.slice(80, 110));
      expect(everything).not.toContain(der.subarray(60, 80).toString('base64').slice(0, 24));
    }
  });

  test('a private key inside another file is reported, once', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const yaml = `tls:\n  key: |\n${pem.replaceAll(/^/gm, '    ')}\n`;
    const json = JSON.stringify({ note: 'x'.repeat(50), key: pem });
    for (const text of [yaml, json]) {
      const found = read(text);
      expect(codes(found)).toContain('private-key-in-clear');
      expect(JSON.stringify(found.findings)).not.toContain(pem.split('\n')[1]);
    }
    expect(
      codes(
        read('See -----BEGIN PRIVATE KEY----- for how such a file begins, and how it goes on. '.repeat(3)),
      ),
    ).toEqual([]);
  });

  test('short random data may be a key: reported, and not listed', () => {
    for (const size of [16, 24, 32, 64]) {
      const found = scan(Buffer.concat([Buffer.from([0]), randomBytes(size - 1)]), 'x');
      expect(found.blobs).toEqual([]);
      expect(codes(found)).toEqual(['possible-plaintext-key']);
    }
    expect(codes(scan(Buffer.from([0, 1, 2]), 'x'))).toEqual(['too-short']);
  });
});

describe('text', () => {
  test('a cut blob in base64 is KMS-like', () => {
    expect(read(base64(madeUpBlob().subarray(0, 90))).blobs[0]?.identification.kind).toBe('kms-like');
  });

  test('words and numbers are not', () => {
    const words = [
      'deadbeef'.repeat(64),
      '1'.repeat(512),
      'AQIC',
      'A'.repeat(344),
      base64(Buffer.from('x'.repeat(256))),
    ];
    for (const text of words) expect(read(text).blobs, text).toEqual([]);
  });

  test('a hex prefix stays outside', () => {
    const blob = madeUpBlob();
    for (const prefix of ['0x', '\\x']) {
      const found = read(`${prefix}${Buffer.from(blob).toString('hex')}\n`).blobs[0];
      expect(found?.range).toEqual({ start: 2, end: 2 + 368 });
    }
  });

  test('one blob to a line', () => {
    const lines = [madeUpBlob(3), madeUpBlob(32, 'v1'), madeUpBlob(31)];
    const { blobs } = read(
      `${base64(lines[0] ?? madeUpBlob())}\r\n\r\n${lines.slice(1).map(base64).join('\n')}`,
    );
    expect(blobs.map((one) => one.place)).toEqual(['line 1', 'line 3', 'line 4']);
    for (const [i, one] of blobs.entries()) expect(base64(one.bytes)).toBe(base64(lines[i] ?? madeUpBlob()));
    const unpadded = [madeUpBlob(31, 'v1'), madeUpBlob(34, 'v1')].map((one) =>
      base64(one).replace(/=+$/, ''),
    );
    expect(read(unpadded.join('\n')).blobs.map((one) => one.identification.kind)).toEqual([
      'kms-symmetric',
      'kms-symmetric',
    ]);
  });

  test('base64 of base64 is said', () => {
    const found = read(base64(Buffer.from(base64(madeUpBlob())))).blobs[0];
    expect(found?.encoding).toMatchObject({ name: 'base64-base64', inner: { name: 'base64' } });
    expect(found?.findings.map((one) => one.code)).toEqual(['double-base64']);
  });
});

describe('AWS CLI JSON', () => {
  const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

  test('encrypt', () => {
    const blob = madeUpBlob();
    const text = `{\n    "CiphertextBlob": "${base64(blob)}",\n    "KeyId": "${arn}",\n    "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",\n    "KeyMaterialId": "${'ab'.repeat(32)}"\n}\n`;
    const { blobs, findings, plaintext } = read(text);
    expect(findings).toEqual([]);
    expect(plaintext).toEqual([]);
    expect(blobs).toHaveLength(1);
    expect(blobs[0]).toMatchObject({
      place: 'CiphertextBlob',
      container: 'aws-cli-json',
      declared: { keyArn: arn, algorithm: 'SYMMETRIC_DEFAULT', encryptionContext: null, createdAt: null },
    });
    const slice = (range: { start: number; end: number } | undefined) =>
      range && text.slice(range.start, range.end);
    expect(slice(blobs[0]?.range)).toBe(base64(blob));
    expect(blobs[0]?.linkedValues.map(({ name, range }) => [name, slice(range)])).toEqual([
      ['KeyId', arn],
      ['EncryptionAlgorithm', 'SYMMETRIC_DEFAULT'],
      ['KeyMaterialId', 'ab'.repeat(32)],
    ]);
  });

  test('re-encrypt', () => {
    const json = {
      CiphertextBlob: base64(madeUpBlob()),
      SourceKeyId: `${arn}1`,
      KeyId: arn,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      SourceKeyMaterialId: 'aa'.repeat(32),
      DestinationKeyMaterialId: 'bb'.repeat(32),
    };
    const [found] = read(JSON.stringify(json)).blobs;
    expect(found?.declared).toMatchObject({ keyArn: arn, algorithm: 'RSAES_OAEP_SHA_256' });
    expect(found?.linkedValues.map(({ name }) => name).sort()).toEqual([
      'DestinationEncryptionAlgorithm',
      'DestinationKeyMaterialId',
      'KeyId',
      'SourceEncryptionAlgorithm',
      'SourceKeyId',
      'SourceKeyMaterialId',
    ]);
  });

  test('generate-data-key: the plaintext is reported, located and nowhere returned', () => {
    const secret = base64(randomBytes(32));
    const text = JSON.stringify(
      { CiphertextBlob: base64(madeUpBlob()), Plaintext: secret, KeyId: arn },
      null,
      4,
    );
    const found = read(text);
    expect(found.findings).toMatchObject([{ code: 'plaintext-beside-blob', severity: 'critical' }]);
    expect(found.blobs[0]?.findings).toMatchObject([{ code: 'plaintext-beside-blob' }]);
    const range = found.plaintext[0] ?? { start: 0, end: 0 };
    expect(text.slice(range.start, range.end)).toContain(secret);
    const everything = JSON.stringify(found, (_, value) =>
      value instanceof Uint8Array ? base64(value) : value,
    );
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(Buffer.from(secret, 'base64').toString('hex'));
  });

  test('key pairs, without-plaintext, decrypt output', () => {
    const pair = {
      PrivateKeyCiphertextBlob: base64(madeUpBlob()),
      PrivateKeyPlaintext: 'MIIE',
      PublicKey: 'MIIB',
      KeyId: arn,
    };
    expect(read(JSON.stringify(pair))).toMatchObject({
      blobs: [{ place: 'PrivateKeyCiphertextBlob' }],
      findings: [{ code: 'plaintext-beside-blob' }],
    });
    expect(codes(read(JSON.stringify({ CiphertextBlob: base64(madeUpBlob()), KeyId: arn })))).toEqual([]);
    const decrypted = read(
      JSON.stringify({ KeyId: arn, Plaintext: 'c2VjcmV0', EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
    );
    expect(decrypted).toMatchObject({
      blobs: [],
      findings: [{ code: 'plaintext-in-file', severity: 'critical' }],
    });
    expect(JSON.stringify(decrypted)).not.toContain('c2VjcmV0');
  });

  test('inside other JSON, several after each other, UTF-16', () => {
    const one = { CiphertextBlob: base64(madeUpBlob()), KeyId: arn };
    expect(read(JSON.stringify({ Items: [{}, { 'a.b': one }] })).blobs[0]?.place).toBe(
      'Items[1]["a.b"].CiphertextBlob',
    );
    expect(read(`${JSON.stringify(one)}\n${JSON.stringify(one)}`).blobs.map(({ place }) => place)).toEqual([
      'document 1: CiphertextBlob',
      'document 2: CiphertextBlob',
    ]);
    const wide = scan(Buffer.from(`\ufeff${JSON.stringify(one)}`, 'utf16le'), 'x').blobs[0];
    expect(wide).toMatchObject({ container: 'aws-cli-json', encoding: { charset: 'utf-16le' } });
  });

  test('escapes in the value', () => {
    let blob = madeUpBlob(30);
    while (!/[/]/.test(base64(blob)) || !base64(blob).includes('+')) blob = madeUpBlob(30);
    const written = base64(blob).replaceAll('/', '\\/').replaceAll('+', '\\u002b');
    const wrapped = `${written.slice(0, 4)}${written.slice(4)}\\n`;
    const found = read(`{"CiphertextBlob":"${wrapped}"}`).blobs[0];
    expect(found && base64(found.bytes)).toBe(base64(blob));
    expect(found?.findings).toEqual([]);
    expect(found?.encoding.escapes).toEqual({ '/': '\\/', '+': '\\u002b' });
  });

  test('what cannot be read is said', () => {
    expect(codes(read('{"CiphertextBlob": "AQICAHh...", "KeyId": "x"}'))).toEqual(['undecodable-blob']);
    expect(codes(read('{"CiphertextBlob": "AQICAHh'))).toEqual(['invalid-json']);
    expect(codes(read(`{"CiphertextBlob":"AAAA","CiphertextBlob":"${base64(madeUpBlob())}"}`))).toEqual([
      'duplicate-member',
    ]);
    expect(read('{"CiphertextBlob": "AAAA"}').blobs[0]?.identification.kind).toBe('unknown');
    expect(read('{"CiphertextBlob": null, "a": 1}').blobs).toEqual([]);
  });
});

describe('places', () => {
  const places = (json: string): string[] => read(json).blobs.map(({ place }) => place);
  const blob = `"CiphertextBlob":"${base64(madeUpBlob())}"`;

  test('odd member names are quoted, so that no two places look the same', () => {
    expect(places(`{${blob},"":{${blob}},"a.b":{${blob}},"a":{"b":{${blob}}}}`)).toEqual([
      'CiphertextBlob',
      '[""].CiphertextBlob',
      '["a.b"].CiphertextBlob',
      'a.b.CiphertextBlob',
    ]);
  });

  test('an object met twice under one name is kept apart', () => {
    expect(places(`{"a":{${blob}},"a":{${blob}},"a":{${blob}}}`)).toEqual([
      'a.CiphertextBlob',
      'a.CiphertextBlob (2)',
      'a.CiphertextBlob (3)',
    ]);
  });
});

describe('hostile bytes', () => {
  const check = (bytes: Uint8Array): void => {
    const found = scan(bytes, 'x');
    for (const blob of found.blobs) {
      expect(blob.range.end).toBeLessThanOrEqual(bytes.length);
      expect(blob.range.start).toBeLessThanOrEqual(blob.range.end);
    }
    expect(new Set(found.blobs.map((one) => one.place)).size).toBe(found.blobs.length);
  };

  test('arbitrary bytes and text never throw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), check), { numRuns: manyRuns(2000) });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => check(Buffer.from(text))),
      { numRuns: manyRuns(1000) },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => check(Buffer.from(`\ufeff${text}`, 'utf16le'))),
      { numRuns: manyRuns(500) },
    );
  });

  test('JSON of any shape around the members', () => {
    const key = fc.constantFrom(
      'CiphertextBlob',
      'PrivateKeyCiphertextBlob',
      'Plaintext',
      'KeyId',
      'a"b',
      'é',
      '',
    );
    const value = fc.oneof(fc.string(), fc.constant(base64(madeUpBlob())), fc.constant(null), fc.integer());
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        value,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(key, tie('node'), { maxKeys: 5 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.constantFrom(0, 1, 4), fc.nat(30), (json, indent, cut) => {
        const text = JSON.stringify(json, null, indent);
        check(Buffer.from(text));
        check(Buffer.from(text.slice(0, -cut)));
        check(Buffer.from(text.slice(cut)));
      }),
      { numRuns: manyRuns(2000) },
    );
  });
});

const SAMPLES = process.env.REWRAP_SAMPLES ?? join(import.meta.dirname, '../../../../shared/samples');
const present = existsSync(SAMPLES);
if (!present) console.warn(`Skipped: no public samples at ${SAMPLES} (set REWRAP_SAMPLES).`);

test.skipIf(!present)('public samples: labelled blobs as text, and Encryption SDK messages as files', () => {
  const labelled: { blobBase64: string }[] = JSON.parse(
    readFileSync(join(SAMPLES, 'kms-blobs/labelled.json'), 'utf8'),
  );
  for (const { blobBase64 } of labelled)
    expect(read(blobBase64).blobs[0]?.identification.kind).toBe('kms-symmetric');
  for (const name of readdirSync(join(SAMPLES, 'encryption-sdk')))
    expect(
      scan(readFileSync(join(SAMPLES, 'encryption-sdk', name)), name).blobs[0]?.identification.kind,
    ).toBe('encryption-sdk-message');
});

test('what has the header and the length of a blob is one raw blob without findings, whatever is inside', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('v1' as const, 'v2' as const),
      fc.integer({ min: 1, max: 600 }),
      fc.nat(255),
      fc.array(fc.tuple(fc.nat(4095), fc.nat(255)), { maxLength: 6 }),
      (layout, plaintextBytes, kind, changes) => {
        const bytes = assemble({ layout, plaintextBytes, kind });
        const isWhole = isBlobAlone(bytes);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        const found = scan(bytes, 'x');
        expect(isWhole).toBe(true);
        if (!isBlobAlone(bytes)) return;
        expect(found.blobs).toHaveLength(1);
        expect(found.blobs[0]).toMatchObject({
          place: '',
          container: 'raw',
          range: { start: 0, end: bytes.length },
        });
        expect(found.findings).toEqual([]);
      },
    ),
    { numRuns: manyRuns(2000) },
  );
});

test('blobs of one name get a number each', () => {
  const line = `A=${Buffer.from(assemble({ layout: 'v2' })).toString('base64')}`;
  const placesOf = (lines: readonly string[]) =>
    scan(Buffer.from(lines.join('\n')), '.env').blobs.map(({ place }) => place);
  expect(placesOf([line, line, line.replace('A=', 'B='), line])).toEqual(['A', 'A (2)', 'B', 'A (3)']);
});
