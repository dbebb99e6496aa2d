import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, scan } from '../index.ts';

const BLOB = base64(madeUpBlob(32));
const OTHER = base64(madeUpBlob(32));

/** The old key beside a blob, in every format of names and values: it changes with the blob, or a finding says that it does not. */
describe('a key that is named beside a blob', () => {
  test.each([
    ['INI, in a section', 'a.ini', `[s]\nkms_key_id = ${OLD}\nvalue = ${BLOB}\n`],
    ['TOML', 'a.toml', `[s]\nkms_key = "${OLD}"\nciphertext = "${BLOB}"\n`],
    ['HCL', 'a.tf', `resource "x" "y" {\n  kms_key_id = "${OLD}"\n  ciphertext_blob = "${BLOB}"\n}\n`],
    ['CSV', 'a.csv', `name,key_id,ciphertext\nx,${OLD},${BLOB}\n`],
    ['TSV', 'a.tsv', `name\tkey_id\tciphertext\nx\t${OLD}\t${BLOB}\n`],
    ['YAML', 'a.yaml', `kms_key_id: ${OLD}\nvalue: ${BLOB}\n`],
    ['JSON', 'a.json', JSON.stringify({ kmsKeyId: OLD, value: BLOB })],
  ])('%s: changes with it', (_, name, text) => {
    const file = new Uint8Array(Buffer.from(text));
    const found = scan(file, name);
    expect(found.blobs.map(({ declared }) => declared.keyArn)).toEqual([OLD]);
    const next = madeUpBlob(40);
    const [one] = found.blobs;
    if (one === undefined) throw new Error('no blob');
    const written = Buffer.from(rewrite(file, found, [{ found: one, next: nextBlob(next) }])).toString();
    expect(written).toBe(text.replace(OLD, NEW).replace(BLOB, base64(next)));
  });

  test.each([
    ['dotenv', '.env', `KMS_KEY_ID=${OLD}\nSECRET=${BLOB}\n`, 1],
    ['dotenv, before two blobs', '.env', `KMS_KEY_ID=${OLD}\nA=${BLOB}\nB=${OTHER}\n`, 2],
    ['properties', 'a.properties', `kms.key.arn=${OLD}\npassword=${BLOB}\n`, 1],
    ['INI, before two blobs', 'a.ini', `[s]\nkms_key_id=${OLD}\na=${BLOB}\nb=${OTHER}\n`, 2],
    ['CSV without a head', 'a.csv', `alias/payments,${BLOB}\n`, 1],
    ['an id in CSV', 'a.csv', `id,kms_key_id,blob\n1,11111111-1111-4111-8111-111111111111,${BLOB}\n`, 1],
    ['an alias in TOML', 'a.toml', `kms_key = "alias/payments"\nblob = "${BLOB}"\n`, 1],
    ['a row with two blobs', 'a.csv', `key_id,a,b\n${OLD},${BLOB},${OTHER}\n`, 2],
    ['SQL', 'a.sql', `INSERT INTO t (key_id, data) VALUES ('${OLD}', '${BLOB}');\n`, 1],
  ])('%s: stays, and each blob says so', (_, name, text, count) => {
    const { blobs } = scan(Buffer.from(text), name);
    expect(blobs.map(({ findings }) => findings.map(({ code }) => code))).toEqual(
      Array.from({ length: count }, () => ['key-label-stays']),
    );
  });
});

describe('what is printed of a key follows the blob', () => {
  test.each([
    [
      'var_dump of PHP, with lengths',
      `array(2) {\n  ["CiphertextBlob"]=>\n  string(${BLOB.length}) "${BLOB}"\n  ["KeyId"]=>\n  string(${OLD.length}) "${OLD}"\n}\n`,
    ],
    ['Debug of Rust', `EncryptOutput { ciphertext_blob: Some("${BLOB}"), key_id: Some("${OLD}") }\n`],
    [
      'pretty Debug of Rust',
      `EncryptOutput {\n    ciphertext_blob: Some(\n        "${BLOB}",\n    ),\n    key_id: Some(\n        "${OLD}",\n    ),\n}\n`,
    ],
    ['logfmt', `time=2026-01-01T00:00:00Z level=info key_id=${OLD} blob=${BLOB}\n`],
  ])('%s', (_, text) => {
    const file = new Uint8Array(Buffer.from(text));
    const found = scan(file, 'out.txt');
    const [one] = found.blobs;
    if (one === undefined) throw new Error('no blob');
    const next = madeUpBlob(40);
    const written = Buffer.from(rewrite(file, found, [{ found: one, next: nextBlob(next) }])).toString();
    const wanted = text
      .replace(`string(${BLOB.length})`, `string(${base64(next).length})`)
      .replace(`string(${OLD.length})`, `string(${NEW.length})`)
      .replace(OLD, NEW)
      .replace(BLOB, base64(next));
    expect(written).toBe(wanted);
  });
});

describe('a key that is named where no reader looks is said of the blob', () => {
  const inBase64 = base64(Buffer.from(OLD));
  test.each([
    ['names say nothing', JSON.stringify({ alpha: OLD, beta: BLOB }), [1]],
    ['far above', `KMS_KEY_ID=${OLD}\n${'A=1\n'.repeat(200)}SECRET=${BLOB}\n`, [1]],
    ['far below', `SECRET=${BLOB}\n${'A=1\n'.repeat(200)}KMS_KEY_ID=${OLD}\n`, [202]],
    ['the same key by a second name', JSON.stringify({ keyArn: OLD, other: OLD, beta: BLOB }), [1]],
    ['slashes escaped', `{"alpha":"${OLD.replaceAll('/', '\\/')}","beta":"${BLOB}"}`, [1]],
    ['in a URL', `https://x/?key=${encodeURIComponent(OLD)}&blob=${encodeURIComponent(BLOB)}\n`, [1]],
    ['in base64', `data:\n  a: ${inBase64}\n  b: ${base64(Buffer.from(BLOB))}\n`, [2]],
    ['a multi-Region key by itself', `a: mrk-0123456789abcdef0123456789abcdef\nb: ${BLOB}\n`, [1]],
    ['before a text in base64', `a: ${OLD}\nb: ${base64(Buffer.from(`x: 1\ny: ${BLOB}\n`))}\n`, [1]],
    [
      'before thirty blobs',
      `KMS_KEY_ID=${OLD}\n${`S=${BLOB}\n`.repeat(30)}`,
      Array.from({ length: 30 }, () => 1),
    ],
    [
      'two keys far from the blob: the nearer',
      `A=${OLD}\nB=${OLD.replace('1234abcd', 'aaaaaaaa')}\n${'C=1\n'.repeat(50)}S=${BLOB}\n`,
      [2],
    ],
  ])('%s', (_, text, lines) => {
    const { blobs } = scan(Buffer.from(text), 'a');
    const said = blobs.flatMap(({ findings }) =>
      findings.flatMap(({ code, evidence }) => (code === 'key-label-stays' ? evidence : [])),
    );
    expect(said.map((one) => Number(/^Line (\d+) names /.exec(one)?.[1]))).toEqual(lines);
  });

  test('the id of something that is no key is not', () => {
    const { blobs } = scan(Buffer.from(`id: 11111111-1111-4111-8111-111111111111\nb: ${BLOB}\n`), 'a');
    expect(blobs.map(({ findings }) => findings)).toEqual([[]]);
  });
});
