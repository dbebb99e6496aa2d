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
