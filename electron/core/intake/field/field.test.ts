import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, scan, withoutPlaintext } from '../index.ts';

const SOURCE = 'f3978301-41fa-4838-a252-c76e50a21c2e';
const ARN = `arn:aws:kms:us-east-1:111122223333:key/${SOURCE}`;
const blob = base64(madeUpBlob(32));
const fileOf = (name: string) => new Uint8Array(readFileSync(join(import.meta.dirname, name)));
const codes = (found: ReturnType<typeof scan>) => [
  ...new Set([...found.findings, ...found.blobs.flatMap(({ findings }) => findings)].map(({ code }) => code)),
];

/** The file with every blob under another key, and that blob; other bytes must stay. */
function moved(name: string): { text: string; blobs: string[]; before: string } {
  const file = fileOf(name);
  const found = scan(file, name);
  const open = found.blobs.filter(({ notPutBack }) => notPutBack === undefined);
  const made = open.map(() => madeUpBlob(33));
  const written = rewrite(
    file,
    found,
    open.map((blob, i) => ({ found: blob, next: nextBlob(made[i] ?? new Uint8Array()) })),
  );
  const again = scan(written, name);
  expect(again.blobs.map((one) => one.place)).toEqual(found.blobs.map((one) => one.place));
  for (const one of made) expect(again.blobs.map(({ bytes }) => base64(bytes))).toContain(base64(one));
  return {
    text: Buffer.from(written).toString(),
    blobs: made.map(base64),
    before: Buffer.from(file).toString(),
  };
}

// Files as people have them: what names the old key goes with the blob.
test.each([
  ['02-plaintext-node-log.txt', 'text'],
  ['02-plaintext-transcript.md', 'aws-cli-json'],
  ['03-nested-pulumi.md', 'pulumi'],
  ['03-nested-sops-stringdata.yaml', 'sops'],
  ['04-boto3-repr.txt', 'yaml'],
  ['06-py-bytes-multiline.py', 'text'],
  ['07-xml-cr-charref.xml', 'text'],
  ['08-patch.diff', 'yaml'],
  ['08-quoted.md', 'text'],
  ['09-wrapped-adjacent.txt', 'text'],
  ['10-label-cli-table.txt', 'text'],
  ['11-confluent-dek.json', 'json'],
  ['11-zalando-keyid.yml', 'secret-string'],
  ['12-sops-epoch.yaml', 'sops'],
])('%s is read as %s, and no name of the old key stays', (name, container) => {
  const found = scan(fileOf(name), name);
  expect(found.blobs.map((one) => [one.container, one.identification.kind, one.notPutBack])).toEqual(
    found.blobs.map(() => [container, 'kms-symmetric', undefined]),
  );
  expect(found.blobs.length).toBe(name.startsWith('09') ? 4 : 1);
  expect(codes(found)).not.toContain('key-label-stays');
  const { text } = moved(name);
  expect(text).not.toContain(SOURCE);
});

test('a data key in clear is critical, and left out of a copy', () => {
  for (const [name, secret] of [
    ['02-plaintext-node-log.txt', '46, 41, 141, 155'],
    ['02-plaintext-transcript.md', '5aod/jYNEFBTqESWXMaXrxwXWC4tM6TJK9dhWObomAY='],
  ] as const) {
    const file = fileOf(name);
    const found = scan(file, name);
    expect(codes(found)).toContain('plaintext-beside-blob');
    expect(Buffer.from(withoutPlaintext(file, found)).toString()).not.toContain(secret);
  }
});

test('SOPS in a Secret: what Kubernetes mounts is the same but for the entry of KMS', () => {
  const { text, before, blobs } = moved('03-nested-sops-stringdata.yaml');
  const now = parse(parse(text).stringData['secrets.yaml']);
  const old = parse(parse(before).stringData['secrets.yaml']);
  expect(now.sops.kms[0]).toEqual({
    ...old.sops.kms[0],
    arn: NEW,
    enc: blobs[0],
    created_at: '2026-11-24T08:00:00Z',
  });
  expect({ ...now.sops, kms: null }).toEqual({ ...old.sops, kms: null });
  expect(now.db).toBe(old.db);
});

test('a table of the AWS CLI: its columns are as wide as the longest value', () => {
  const { text, before } = moved('10-label-cli-table.txt');
  const lines = text.trimEnd().split('\n');
  const old = before.trimEnd().split('\n');
  expect(new Set(lines.map((line, i) => line.length - (old[i]?.length ?? 0))).size).toBe(1);
  const ruler = lines[2]?.split('').flatMap((sign, at) => (sign === '+' ? [at] : []));
  for (const line of lines.slice(3, 6)) expect(ruler?.every((at) => line[at] === '|')).toBe(true);
});

test('SOPS: a date that is a number stays one', () => {
  const { text, before } = moved('12-sops-epoch.yaml');
  expect(parse(before).sops.kms[0].created_at).toBe(1442968177.397);
  expect(parse(text).sops.kms[0].created_at).toBe(Date.parse('2026-11-24T08:00:00Z') / 1000);
});

test('a state of Terraform: the value that it keeps in clear is refused, its neighbours are not', () => {
  const state = JSON.parse(Buffer.from(fileOf('14-tfstate.tfstate')).toString());
  const other = base64(madeUpBlob(12));
  state.outputs = { sealed: { value: other, type: 'string' } };
  const found = scan(Buffer.from(JSON.stringify(state, null, 2)), 'terraform.tfstate');
  expect(found.blobs.map((one) => [base64(one.bytes) === other, one.notPutBack === undefined])).toEqual([
    [true, true],
    [false, false],
  ]);
  expect(found.blobs[1]?.notPutBack).toContain('Terraform keeps the plaintext');
  expect(found.plaintext.map(({ stays }) => stays)).toEqual([true]);
});

test('DEKs of one KEK: its key is named anew only where all of them move', () => {
  const registry = JSON.parse(Buffer.from(fileOf('11-confluent-dek.json')).toString());
  registry.deks.push({ ...registry.deks[0], version: 2, encryptedKeyMaterial: base64(madeUpBlob(32)) });
  const file = new Uint8Array(Buffer.from(JSON.stringify(registry, null, 2)));
  const found = scan(file, 'x.json');
  expect(found.blobs).toHaveLength(2);
  const all = found.blobs.map((one) => ({ found: one, next: nextBlob(madeUpBlob(32)) }));
  const keyIn = (some: typeof all): string =>
    JSON.parse(Buffer.from(rewrite(file, found, some)).toString()).kek.kmsKeyId;
  expect(keyIn(all)).toBe(NEW);
  expect(keyIn(all.slice(0, 1))).toContain(SOURCE);
});

test('ejson-kms, serverless-kms-secrets and kms_encrypted', () => {
  const secret = base64(madeUpBlob(32));
  const ejson = scan(
    Buffer.from(
      JSON.stringify({
        kms_key_id: ARN,
        encryption_context: { app: 'a' },
        secrets: [{ name: 'PASSWORD', ciphertext: `EJK1];${secret};cSkgdG8gdGhl` }],
      }),
    ),
    'secrets.json',
  );
  expect(ejson.blobs.map(({ declared }) => declared)).toMatchObject([
    { keyArn: ARN, encryptionContext: { app: 'a', Secret: 'PASSWORD' } },
  ]);
  const serverless = scan(
    Buffer.from(`secrets:\n  A: ${secret}\n  B: ${blob}\nkeyArn: '${ARN}'\n`),
    'kms-secrets.dev.yml',
  );
  expect(
    serverless.blobs.map(({ declared, linkedValues }) => [declared.keyArn, linkedValues[0]?.sharedBy]),
  ).toEqual([
    [ARN, 2],
    [ARN, 2],
  ]);
  const rails = scan(Buffer.from(`id,encrypted_kms_key\n7,v1:${secret}\n`), 'users.csv');
  expect(JSON.stringify(rails.blobs[0]?.findings)).toContain('model_name');
});

test('.sops.yaml: each rule with a key of KMS is reported with its line', () => {
  const found = scan(
    Buffer.from(`creation_rules:\n  - path_regex: a\n    kms: ${ARN}\n  # - kms: ${ARN}\n`),
    'x/.sops.yaml',
  );
  expect(found.findings.map(({ code, evidence }) => [code, evidence])).toEqual([
    ['sops-rule-names-key', ['Line 3.']],
  ]);
});

test('a SOPS file without keys of AWS is said to have none', () => {
  const text =
    'a: ENC[x]\nsops:\n  kms: null\n  gcp_kms:\n    - resource_id: p\n      enc: CiQAAAA\n  mac: ENC[y]\n  version: 3.8.1\n';
  const [one] = scan(Buffer.from(text), 'x.yaml').findings;
  expect(one?.title).toBe('The SOPS file opens with 1 Google Cloud KMS key.');
  expect(one?.evidence.join()).not.toContain('beside');
});

test('a blob inside a signed token is named, and not written', () => {
  const found = scan(fileOf('13-jwt-payload.json'), 'x.json');
  expect(found.blobs).toHaveLength(1);
  expect(found.blobs[0]?.notPutBack).toContain('signed token');
});

// What other shells, SDKs and messages print.
test.each([
  ['text of encrypt', `${blob}\tSYMMETRIC_DEFAULT\t${ARN}\n`],
  ['a query list in text', `${blob}\t${ARN}\n`],
  ['a query list in JSON', `[\n    "${blob}",\n    "${ARN}"\n]\n`],
  ['a query list in a transcript', `$ aws kms encrypt\n[\n    "${blob}",\n    "${ARN}"\n]\n$ exit\n`],
  ['Java', `EncryptResponse(CiphertextBlob=${blob}, KeyId=${ARN}, EncryptionAlgorithm=SYMMETRIC_DEFAULT)\n`],
  [
    'Ruby',
    `#<struct ciphertext_blob="${blob}", key_id="${ARN}", encryption_algorithm="SYMMETRIC_DEFAULT">\n`,
  ],
  ['PHP', `Array\n(\n    [CiphertextBlob] => ${blob}\n    [KeyId] => ${ARN}\n)\n`],
  [
    'Go, spew',
    `(struct) {\n CiphertextBlob: (string) (len=${blob.length}) "${blob}",\n KeyId: (*string)((len=${ARN.length}) "${ARN}")\n}\n`,
  ],
  ['a log', `2026-01-01 INFO wrapped {"CiphertextBlob":"${blob}","KeyId":"${ARN}"} in 12 ms\n`],
  ['JSON in JSON', JSON.stringify({ log: JSON.stringify({ CiphertextBlob: blob, KeyId: ARN }) })],
  [
    'an XML attribute',
    `<add key="x" value="{&quot;CiphertextBlob&quot;:&quot;${blob}&quot;,&quot;KeyId&quot;:&quot;${ARN}&quot;}" />\n`,
  ],
  [
    'a URL',
    `https://x.example/?q=${encodeURIComponent(JSON.stringify({ CiphertextBlob: blob, KeyId: ARN }))}\n`,
  ],
  ['a program', `const reply = "{\\"CiphertextBlob\\":\\"${blob}\\",\\"KeyId\\":\\"${ARN}\\"}";\n`],
])('%s: the name of the key follows', (_, text) => {
  const file = new Uint8Array(Buffer.from(text));
  const found = scan(file, 'x');
  expect(found.blobs).toHaveLength(1);
  const [one] = found.blobs;
  if (one === undefined) return;
  const written = Buffer.from(
    rewrite(file, found, [{ found: one, next: nextBlob(madeUpBlob(32)) }]),
  ).toString();
  const plain = written.replaceAll('%3A', ':').replaceAll('%2F', '/');
  expect(plain).not.toContain(SOURCE);
  expect(plain).toContain(NEW);
  const same = nextBlob(one.bytes.slice(), { keyArn: ARN });
  expect(Buffer.from(rewrite(file, found, [{ found: one, next: same }])).toString()).toBe(text);
});

test('HTTP: Content-Length is that of the new body', () => {
  const body = (key: string, made: string) => JSON.stringify({ CiphertextBlob: made, KeyId: key });
  const message = (text: string) =>
    `HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  const file = new Uint8Array(Buffer.from(message(body(ARN, blob))));
  const found = scan(file, 'reply.http');
  const [one] = found.blobs;
  const next = nextBlob(madeUpBlob(3));
  if (one === undefined) throw new Error('no blob');
  expect(Buffer.from(rewrite(file, found, [{ found: one, next }])).toString()).toBe(
    message(body(NEW, base64(next.bytes))),
  );
});

test('a key that is named beside a blob, and may be that of something else, stays and is reported', () => {
  const found = scan(Buffer.from(`See ${ARN} for the policy.\nThe blob is ${blob}.\n`), 'notes.md');
  expect(codes(found)).toEqual(['key-label-stays']);
});

// Strings in pieces, as programs have them; the first may be of 30 letters.
const pieces = (size: number): string[] => blob.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
test.each([
  ['C', (p: string[]) => `const char *b =\n${p.map((one) => `  "${one}"`).join('\n')};\n`],
  ['C#', (p: string[]) => `var b = ${p.map((one) => `"${one}"`).join(' +\n  ')};\n`],
  ['C# verbatim', (p: string[]) => `var b = ${p.map((one) => `@"${one}"`).join('\n  + ')};\n`],
  ['Go', (p: string[]) => `b := ${p.map((one) => `"${one}"`).join(' +\n\t')}\n`],
  ['Java on one line', (p: string[]) => `String b = ${p.map((one) => `"${one}"`).join(' + ')};\n`],
  ['JavaScript', (p: string[]) => `const b = ${p.map((one) => `'${one}'`).join('\n  + ')};\n`],
  ['PHP', (p: string[]) => `$b = ${p.map((one) => `'${one}'`).join('\n  . ')};\n`],
  ['PHP, appended', (p: string[]) => `$b = ${p.map((one) => `'${one}';`).join('\n$b .= ')}\n`],
  ['Python', (p: string[]) => `b = (${p.map((one) => `'${one}'`).join('\n     ')})\n`],
  ['Python, continued', (p: string[]) => `b = ${p.map((one) => `"${one}"`).join(' \\\n    ')}\n`],
  ['Ruby', (p: string[]) => `b = ${p.map((one) => `'${one}'`).join(' \\\n  ')}\n`],
  ['Rust', (p: string[]) => `let b = concat!(${p.map((one) => `"${one}"`).join(',\n  ')});\n`],
  ['Rust, continued', (p: string[]) => `let b = "${p.join('\\\n    ')}";\n`],
  ['VB', (p: string[]) => `b = ${p.map((one) => `"${one}"`).join(' & _\n    ')}\n`],
  ['PowerShell', (p: string[]) => `$b = ${p.map((one) => `'${one}'`).join(' +`\n  ')}\n`],
  ['shell', (p: string[]) => `B=${p.map((one) => `"${one}"`).join('\\\n')}\n`],
  ['batch files of Windows', (p: string[]) => `set B=${p.join('^\r\n')}\r\n`],
  ['Dart', (p: string[]) => `final b = ${p.map((one) => `'${one}'`).join('\n    ')};\n`],
  ['Lua', (p: string[]) => `local b = ${p.map((one) => `"${one}"`).join(' ..\n  ')}\n`],
  ['Elixir', (p: string[]) => `b = ${p.map((one) => `"${one}"`).join(' <>\n  ')}\n`],
  ['Zig', (p: string[]) => `const b = ${p.map((one) => `"${one}"`).join(' ++\n  ')};\n`],
  ['R', (p: string[]) => `b <- paste0(${p.map((one) => `"${one}"`).join(',\n  ')})\n`],
  ['OCaml', (p: string[]) => `let b = "${p.join('\\\n  ')}"\n`],
  ['Haskell', (p: string[]) => `b = "${p.join('\\\n    \\')}"\n`],
  ['Scala', (p: string[]) => `val b = """${p.join('\n  |')}""".stripMargin\n`],
  [
    'Kotlin, built',
    (p: string[]) => `val b = buildString {\n${p.map((one) => `  append("${one}")`).join('\n')}\n}\n`,
  ],
  ['MATLAB', (p: string[]) => `b = [${p.map((one) => `'${one}'`).join(' ...\n  ')}];\n`],
  ['an assembler', (p: string[]) => `b: ${p.map((one) => `.ascii "${one}"`).join('\n   ')}\n`],
  ['VBScript', (p: string[]) => `b = ${p.map((one) => `"${one}"`).join('\r\nb = b & ')}\r\n`],
  ['batch files, added', (p: string[]) => `set B=${p.join('\r\nset B=%B%')}\r\n`],
  ['HTML', (p: string[]) => `<p>${p.join('<br/>\n')}</p>\n`],
  ['appended to a builder', (p: string[]) => `sb${p.map((one) => `.append("${one}")`).join('\n  ')};\n`],
])('%s: a string in pieces is one blob, and is written in pieces again', (_, write) => {
  for (const size of [30, 64, 77]) {
    const text = write(pieces(size));
    const file = new Uint8Array(Buffer.from(text));
    const found = scan(file, 'x');
    expect(found.blobs.map(({ bytes }) => base64(bytes))).toEqual([blob]);
    const [one] = found.blobs;
    if (one === undefined) return;
    const next = nextBlob(madeUpBlob(32));
    const written = rewrite(file, found, [{ found: one, next }]);
    expect(scan(written, 'x').blobs.map(({ bytes }) => base64(bytes))).toEqual([base64(next.bytes)]);
    expect(Buffer.from(written).toString()).toBe(
      write(base64(next.bytes).match(new RegExp(`.{1,${size}}`, 'g')) ?? []),
    );
  }
});

test.each([
  ['VBScript', (a: string, b: string) => `a = "${a}"\r\nb = b & "${b}"\r\n`],
  ['a batch file', (a: string, b: string) => `set A=${a}\r\nset B=%B%${b}\r\n`],
  ['HTML', (a: string, b: string) => `<p>${a}<br>${b}</p>\n`],
  ['Kotlin', (a: string, b: string) => `append("${a}")\nappend("${b}")\n`],
  ['white space within a line', (a: string, b: string) => `${a} ${b}\n`],
])('%s: two whole blobs in a row are two', (_, write) => {
  const made = [33, 32].map((size) => base64(madeUpBlob(size)));
  const found = scan(Buffer.from(write(made[0] ?? '', made[1] ?? '')), 'x');
  expect(found.blobs.map(({ bytes }) => base64(bytes))).toEqual(made);
});

test.each([
  ['an assignment', (p: string) => `set B=${p}\r\nset C=%B%%D%\r\n`],
  ['a gap that does not end', (p: string) => `b = "${p}\\\n"\n`],
  ['a mask', (p: string) => `x = "${p}****"\n`],
])('%s: a piece is named, and not offered', (_, write) => {
  const found = scan(Buffer.from(write(blob.slice(0, 60))), 'x');
  expect(
    found.blobs.map(({ identification }) => [identification.kind, identification.reencryptable]),
  ).toEqual([['kms-like', false]]);
});

test('the first piece alone is not offered to KMS', () => {
  const found = scan(Buffer.from(`ciphertext: ${blob.slice(0, 120)}\n`), 'x.yaml');
  expect(found.blobs.map(({ identification }) => identification.reencryptable)).not.toContain(true);
});

test('a password of docker login is named as that of ECR, and not offered', () => {
  const text = `docker login -u AWS -p ${blob} https://111122223333.dkr.ecr.us-east-1.amazonaws.com\n`;
  const [one] = scan(Buffer.from(text), 'x.sh').blobs;
  expect([one?.container, one?.notPutBack?.includes('docker login')]).toEqual(['ecr-token', true]);
});

test.each([
  ['auth', JSON.stringify({ auths: { x: { auth: Buffer.from(`AWS:${blob}`).toString('base64') } } })],
  ['curl', `curl -u AWS:${blob} https://x.example/v2/\n`],
  ['a name and a password', JSON.stringify({ username: 'AWS', password: blob }, null, 2)],
])('a password of ECR as %s is not offered', (_, text) => {
  const found = scan(Buffer.from(text), 'config.json');
  expect(found.blobs.map((one) => [one.container, one.notPutBack?.includes('docker login')])).toEqual([
    ['ecr-token', true],
  ]);
});

test('blobs in a binary file, each behind its length, are no envelope', () => {
  const made = [33, 32].map((size) => Buffer.from(madeUpBlob(size)));
  const list = made.flatMap((one) => [Buffer.from([0, 0, 0, one.length]), one]);
  const found = scan(Buffer.concat(list), 'x.bin');
  expect(found.blobs.map(({ bytes, notPutBack }) => [base64(bytes), notPutBack === undefined])).toEqual(
    made.map((one) => [base64(one), false]),
  );
});

test('hex of the Windows registry', () => {
  const hex = [...Buffer.from(blob, 'base64')].map((byte) => byte.toString(16).padStart(2, '0'));
  const lines = Array.from({ length: Math.ceil(hex.length / 25) }, (_, i) =>
    hex.slice(25 * i, 25 * i + 25).join(','),
  );
  const text = `Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\X]\r\n"Blob"=hex:${lines.join(',\\\r\n  ')}\r\n`;
  const file = new Uint8Array(Buffer.from(text));
  const found = scan(file, 'x.reg');
  expect(found.blobs.map(({ bytes }) => base64(bytes))).toEqual([blob]);
  const [one] = found.blobs;
  if (one === undefined) return;
  const same = nextBlob(one.bytes.slice());
  expect(Buffer.from(rewrite(file, found, [{ found: one, next: same }])).toString()).toBe(text);
});

test('blobs without padding in one run of letters are read one by one', () => {
  const three = [1, 2, 3].map(() => base64(madeUpBlob(33)));
  const found = scan(Buffer.from(three.map((one) => one.replace(/=+$/, '')).join('')), 'x');
  expect(found.blobs.map(({ bytes }) => base64(bytes))).toEqual(three);
});

const SOPS = `a: ENC[x]\nsops:\n    kms:\n        - arn: ${ARN}\n          created_at: "2024-05-06T07:08:09Z"\n          enc: ${blob}\n    mac: ENC[y]\n    version: 3.8.1\n`;
test.each([
  ['a patch', SOPS.replaceAll(/^(?=.)/gm, '+')],
  ['a text of TOML in three quotes', `[a]\nx = '''\n${SOPS}'''\n`],
  ['comments of a script', `#!/bin/sh\n${SOPS.replaceAll(/^(?=.)/gm, '# ')}\necho\n`],
  ['a template string', `export const X = \`${SOPS}\`;\n`],
  [
    'user data',
    `#cloud-config\nwrite_files:\n  - content: |\n${SOPS.replaceAll(/^(?=.)/gm, '      ')}    path: /a\n`,
  ],
  ['a form', `curl -d 'reply=${encodeURIComponent(SOPS)}' https://x.example\n`],
])('SOPS in %s: its entry names the new key', (_, text) => {
  const file = new Uint8Array(Buffer.from(text));
  const found = scan(file, 'x');
  expect(found.blobs.map(({ container }) => container)).toEqual(['sops']);
  const written = rewrite(
    file,
    found,
    found.blobs.map((one) => ({ found: one, next: nextBlob(madeUpBlob(32)) })),
  );
  expect(decodeURIComponent(Buffer.from(written).toString())).toContain(`arn: ${NEW}\n`);
  expect(decodeURIComponent(Buffer.from(written).toString())).not.toContain(SOURCE);
});

test('a text with folded lines is read, and not written', () => {
  const found = scan(Buffer.from(`a: 1\nb: >\n${SOPS.replaceAll(/^(?=.)/gm, '  ')}`), 'x.yaml');
  expect(found.blobs.map(({ notPutBack }) => notPutBack?.includes('folded'))).toEqual([true]);
});
