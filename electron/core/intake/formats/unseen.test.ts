import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble } from '../../inspect/assemble.test-help.ts';
import { type NewBlob, rewrite, type Scan, scan } from '../index.ts';

/** Files as tools and people write them, each with what is to be found in it; and that each goes back to the byte. */

const blob = (plaintextBytes = 32) => assemble({ layout: 'v2', plaintextBytes });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const lines = (text: string, width: number, between: string) =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(between);
const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const tink = (bytes: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes, Buffer.alloc(60, 7)]);
};

interface Case {
  readonly name: string;
  readonly file: (b: string, bytes: Uint8Array) => string | Uint8Array;
  readonly place: string;
  readonly container: string;
  readonly context?: Record<string, string>;
}

const CASES: Record<string, Case> = {
  'headers as curl -I shows them': {
    name: 'head.txt',
    file: (b) =>
      `HTTP/1.1 200 OK\r\nx-amz-meta-x-amz-iv: YWJj\r\nx-amz-meta-x-amz-key-v2: ${b}\r\nx-amz-meta-x-amz-matdesc: {"aws:x-amz-cek-alg":"AES/GCM/NoPadding"}\r\nx-amz-meta-x-amz-wrap-alg: kms+context\r\nContent-Length: 100\r\n\r\n`,
    place: 'x-amz-meta-x-amz-key-v2',
    container: 's3-encryption-metadata',
    context: { 'aws:x-amz-cek-alg': 'AES/GCM/NoPadding' },
  },
  'headers as curl -v shows them, kms': {
    name: 'v.txt',
    file: (b) =>
      `> HEAD /x HTTP/1.1\n>\n< HTTP/1.1 200 OK\n< X-Amz-Meta-X-Amz-Key-V2: ${b}\n< X-Amz-Meta-X-Amz-Matdesc: {"kms_cmk_id":"${ARN}"}\n< X-Amz-Meta-X-Amz-Wrap-Alg: kms\n<\n`,
    place: 'X-Amz-Meta-X-Amz-Key-V2',
    container: 's3-encryption-metadata',
    context: { kms_cmk_id: ARN },
  },
  'headers of format 3': {
    name: 'v3.txt',
    file: (b) =>
      `x-amz-meta-x-amz-c: 115\nx-amz-meta-x-amz-3: ${b}\nx-amz-meta-x-amz-w: 12\nx-amz-meta-x-amz-t: {"a":"b"}\n`,
    place: 'x-amz-meta-x-amz-3',
    container: 's3-encryption-metadata',
    context: { a: 'b' },
  },
  'a map of one pair in a YAML list': {
    name: 'a.yaml',
    file: (b) => `list: [a: ${b}, b: x] # ü\n`,
    place: 'list[0].a',
    container: 'yaml',
  },
  'YAML in double quotes, folded': {
    name: 'a.yaml',
    file: (b) => `a: "${lines(b, 60, '\n   ')}"\n`,
    place: 'a',
    container: 'yaml',
  },
  'YAML in double quotes, lines continued': {
    name: 'a.yaml',
    file: (b) => `a: "${lines(b, 60, '\\\n   ')}"\r\n`,
    place: 'a',
    container: 'yaml',
  },
  'a string of HCL with a template in it': {
    name: 'a.tf',
    file: (b) => `locals {\n  a = "\${var.x}:${b}"\n}\n`,
    place: 'locals.a, character 10',
    container: 'hcl',
  },
  'a heredoc of HCL with a template in it': {
    name: 'a.tf',
    file: (b) => `x "y" {\n  z = <<EOF\n{"a": "\${var.b}", "s": "${b}"}\nEOF\n}\n`,
    place: 'x.y.z, character 25',
    container: 'hcl',
  },
  'a context written beside, JSON': {
    name: 'a.json',
    file: (b) => JSON.stringify({ ciphertext: b, encryption_context: { a: 'b' }, key_id: ARN }),
    place: 'ciphertext',
    container: 'json',
    context: { a: 'b' },
  },
  'a Tink ciphertext as a value': {
    name: 'a.json',
    file: (_, bytes) => JSON.stringify({ ssn: base64(tink(bytes)) }),
    place: 'ssn: encrypted data key',
    container: 'tink-envelope',
    context: {},
  },
  'a file within a Kubernetes secret': {
    name: 'a.yaml',
    file: (b) => `kind: Secret\ndata:\n  app.env: ${base64(Buffer.from(`A=1\nDB_PASSWORD=${b}\n`))}\n`,
    place: 'data["app.env"]: DB_PASSWORD',
    container: 'dotenv',
  },
  'a string in pieces, Python': {
    name: 'a.py',
    file: (b) => `import x\n\nSECRET = (\n    "${lines(b, 60, '"\n    "')}"\n)\n# it's\n`,
    place: 'line 4, column 6',
    container: 'text',
  },
  'a string in pieces, Go': {
    name: 'a.go',
    file: (b) => `package x\n\nvar secret = "${lines(b, 70, '" +\n\t"')}"\nfunc main() { }\n`,
    place: 'line 3, column 15',
    container: 'text',
  },
  'a value of properties over several lines': {
    name: 'a.properties',
    file: (b) => `a.b=${lines(b, 60, '\\\n    ')}\n`,
    place: 'line 1, column 5',
    container: 'text',
  },
  'a URL': {
    name: 'a.txt',
    file: (b) => `see http://x/?c=1&blob=${encodeURIComponent(b)}&k=x now\n`,
    place: 'line 1, column 24',
    container: 'text',
  },
  'kms://': {
    name: '.env',
    file: (b) => `A="kms://${b}"\n`,
    place: 'A, character 7',
    container: 'dotenv',
  },
  'Latin-1': {
    name: 'a.yaml',
    file: (b) => Buffer.from(`name: Zo\u00eb\r\nsecret: ${b}\r\n`, 'latin1'),
    place: 'secret',
    container: 'yaml',
  },
  'UTF-16 without a mark': {
    name: 'a.json',
    file: (b) => Buffer.from(JSON.stringify({ a: b, b: 'ok' }), 'utf16le'),
    place: 'a',
    container: 'json',
  },
  'UTF-16 without a mark, the other way round': {
    name: 'a.json',
    file: (b) => Buffer.from(JSON.stringify({ a: b, b: 'ok' }), 'utf16le').swap16(),
    place: 'a',
    container: 'json',
  },
};

const next = (bytes: Uint8Array, found: Scan['blobs'][number]): NewBlob => ({
  bytes,
  keyArn: found.declared.keyArn ?? ARN,
  sourceKeyArn: found.declared.keyArn ?? ARN,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: found.declared.encryptionContext,
  at: '2026-11-24T08:00:00Z',
});

describe.each(Object.entries(CASES))('%s', (_, { name, file, place, container, context }) => {
  const written = (bytes: Uint8Array) => Buffer.from(file(base64(bytes), bytes) as string);

  test('is found at its place, with its context', () => {
    const bytes = blob();
    const { blobs } = scan(written(bytes), name);
    expect(blobs).toHaveLength(1);
    expect(blobs[0]).toMatchObject({ place, container, declared: { encryptionContext: context ?? null } });
    expect(base64(blobs[0]?.bytes ?? Buffer.of())).toBe(base64(bytes));
  });

  test('goes back to the byte, and another stands where it stood', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 90 }), fc.integer({ min: 20, max: 90 }), (one, two) => {
        const bytes = blob(one);
        const before = written(bytes);
        const found = scan(before, name);
        const put = (value: Uint8Array) =>
          Buffer.from(
            rewrite(
              before,
              found,
              found.blobs.map((b) => ({ found: b, next: next(value, b) })),
            ),
          );
        expect(put(bytes.slice()).equals(before)).toBe(true);
        const other = blob(two);
        const after = scan(put(other), name);
        expect(after.blobs.map((b) => [b.place, base64(b.bytes)])).toEqual([[place, base64(other)]]);
      }),
      { numRuns: 40 },
    );
  });
});

test('a context written beside in JSON follows the new blob; in lines of YAML a finding says that it stays', () => {
  const file = Buffer.from(JSON.stringify({ ciphertext: base64(blob()), encryption_context: { a: 'b' } }));
  const found = scan(file, 'x');
  const after = rewrite(
    file,
    found,
    found.blobs.map((b) => ({ found: b, next: { ...next(blob(), b), context: { c: 'd"' } } })),
  );
  expect(JSON.parse(Buffer.from(after).toString()).encryption_context).toEqual({ c: 'd"' });
  const yaml = scan(Buffer.from(`ciphertext: ${base64(blob())}\nencryptionContext:\n  a: b\n`), 'x');
  expect(yaml.blobs[0]?.declared.encryptionContext).toEqual({ a: 'b' });
  expect(yaml.blobs[0]?.findings.map(({ code }) => code)).toEqual(['context-stays-as-written']);
});

test('a template in a context is not taken for its value', () => {
  const { blobs } = scan(
    Buffer.from(
      `data "aws_kms_secrets" "x" {\n  secret {\n    name = "p"\n    payload = "${base64(blob())}"\n    context = { a = "\${var.b}" }\n  }\n}\n`,
    ),
    'x.tf',
  );
  expect(blobs[0]).toMatchObject({
    container: 'terraform-kms-secrets',
    declared: { encryptionContext: null },
  });
});

test('CLI output, and another blob in the same JSON', () => {
  const { blobs } = scan(
    Buffer.from(JSON.stringify({ a: { CiphertextBlob: base64(blob()), KeyId: ARN }, b: base64(blob()) })),
    'x',
  );
  expect(blobs.map(({ place, container }) => [place, container])).toEqual([
    ['a.CiphertextBlob', 'aws-cli-json'],
    ['b', 'json'],
  ]);
});

describe('ciphertext of other tools in values', () => {
  const values: Record<string, string> = {
    'vault-transit': `vault:v3:${base64(Buffer.alloc(60, 9))}`,
    age: '-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24ub3Jn\n-----END AGE ENCRYPTED FILE-----',
    openpgp: '-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----',
    'ansible-vault': '$ANSIBLE_VAULT;1.1;AES256\n6162636465',
    'openssl-salted': `U2FsdGVkX1${base64(randomBytes(48))}`,
    'spring-cloud-config': `{cipher}${randomBytes(48).toString('hex')}`,
    jwe: `eyJhbGciOiJSU0EtT0FFUCJ9.${'a'.repeat(40)}.bbbb.cccc.dddd`,
  };

  test.each(Object.entries(values))('%s', (kind, value) => {
    const text = JSON.stringify({ list: [{ secret: value }], n: 1 });
    const { blobs } = scan(Buffer.from(text), 'x');
    expect(blobs).toHaveLength(1);
    expect(blobs[0]).toMatchObject({
      place: 'list[0].secret',
      container: 'json',
      identification: { kind, reencryptable: false },
    });
    const { range } = blobs[0] ?? { range: { start: 0, end: 0 } };
    expect(JSON.parse(`"${text.slice(range.start, range.end)}"`)).toBe(value);
  });

  test('not what only begins so, nor certificates and keys', () => {
    for (const value of [
      'vault:version 1 of it',
      'eyJhbGciOiJIUzI1NiJ9.e30.c2ln',
      'CiQAAAAAAAAAAAAAAAAAAAAA',
    ])
      expect(scan(Buffer.from(JSON.stringify({ a: value })), 'x').blobs).toEqual([]);
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
    expect(
      scan(Buffer.from(JSON.stringify({ a: pem, b: `vault:v1:${'A'.repeat(40)}` })), 'x').blobs,
    ).toHaveLength(1);
  });
});

describe('a plaintext beside its blob', () => {
  const key = base64(randomBytes(32));
  const b = base64(blob());
  const codes = (text: string, name = 'x') => {
    const found = scan(Buffer.from(text), name);
    const cut = rewrite(Buffer.from(text), found, [], { withoutPlaintext: true });
    return [found.findings.map((f) => `${f.severity} ${f.code}`), Buffer.from(cut).toString()] as const;
  };

  test.each([
    ['--output yaml', `CiphertextBlob: ${b}\nKeyId: ${ARN}\nPlaintext: ${key}\n`],
    ['--output text', `${b}\t${ARN}\t${key}\n`],
    ['a key beside, by name and size', JSON.stringify({ wrapped: b, dataKey: key })],
    ['in TOML-like YAML', `wrapped: ${b}\nplaintext_key: "not a key but said to be"\n`],
  ])('%s: critical, and left out of what is written elsewhere', (_, text) => {
    const [found, cut] = codes(text);
    expect(found).toEqual(['critical plaintext-beside-blob']);
    expect(cut).not.toContain(key);
    expect(cut).not.toContain('said to be');
    expect(cut).toContain(b);
  });

  test('a parameter of SSM in clear', () => {
    const parameter = { Name: '/a', Type: 'SecureString', Value: 'hunter2-and-more', Version: 1 };
    const [found, cut] = codes(JSON.stringify({ Parameter: parameter }));
    expect(found).toEqual(['critical plaintext-in-file']);
    expect(JSON.parse(cut)).toEqual({ Parameter: { Name: '/a', Type: 'SecureString', Version: 1 } });
    expect(codes(JSON.stringify({ ...parameter, Value: 'AQICAHhL...' }))[0]).toEqual([]);
    expect(codes(JSON.stringify({ ...parameter, Value: b }))[0]).toEqual([]);
  });

  test('not a digest, an id, or nothing', () => {
    for (const beside of [
      { sha256: randomBytes(32).toString('hex') },
      { id: key },
      { Plaintext: null },
      { Plaintext: '' },
    ])
      expect(codes(JSON.stringify({ wrapped: b, ...beside }))[0]).toEqual([]);
  });
});

test('a container that could declare a context and declares none is reported', () => {
  const codes = (text: string, name: string) =>
    scan(Buffer.from(text), name).blobs.flatMap(({ findings }) => findings.map(({ code }) => code));
  const b = base64(blob());
  expect(codes(`secretsprovider: awskms://alias/x\nencryptedkey: ${b}\n`, 'x')).toContain(
    'no-encryption-context',
  );
  expect(codes(`secretsprovider: awskms://alias/x?context_a=b\nencryptedkey: ${b}\n`, 'x')).not.toContain(
    'no-encryption-context',
  );
  expect(codes(`a: ${b}\n`, 'x')).toEqual([]);
});

test('a wrapped blob is read through a line that happens to begin as layout v0 does', () => {
  const bytes = blob();
  // In the salt, where the second line of 64 letters begins: 0A 20, as in v0; what follows is not as there.
  bytes.set([0x0a, 0x20, 0x01], 48);
  const file = `const A = "${lines(base64(bytes), 64, '" +\n  "')}";\n`;
  expect(file).toContain('"CiA');
  const { blobs } = scan(Buffer.from(file), 'a.js');
  expect(blobs.map((found) => base64(found.bytes))).toEqual([base64(bytes)]);
});

test('base64 of what KMS does not take says so too where it is not written as an encoder would', () => {
  const cms =
    'MHwGCSqGSIb3DQEHBqBvMG0CAQAwaAYjd5CHC+I\nKoZIhvcNAQcBMB4GCWCGSAFlAwQBLjARBvcNAQcB%2FMB4GCWCmessage idjARBAxis8NBOgPg';
  const { blobs } = scan(Buffer.from(cms), 'x');
  expect(
    blobs.map(({ identification, findings }) => [identification.kind, findings.map((f) => f.code)]),
  ).toEqual([['pkcs7', ['irregular-encoding']]]);
});
