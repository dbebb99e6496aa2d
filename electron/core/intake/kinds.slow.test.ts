import { expect, test } from 'vitest';
import { assemble } from '../inspect/assemble.test-help.ts';
import { expectLinear } from '../inspect/linear.test-help.ts';
import { keyReferences, scan } from './index.ts';

const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const model = assemble({ layout: 'v2' });

/** A blob that no other number has. */
function blob(number: number): string {
  const bytes = Buffer.from(model);
  for (const at of [38, 108, 140]) bytes.writeUInt32BE(number, at);
  return bytes.toString('base64');
}

const lines = (count: number, line: (i: number) => string, between = '\n'): string =>
  Array.from({ length: count }, (_, i) => line(i)).join(between);

/** Files that hold as many blobs as there are, by the names they have. */
const KINDS: readonly (readonly [name: string, text: (blobs: number) => string])[] = [
  [
    'a.json',
    (n) => `[${lines(n, (i) => `{"id":${i},"CiphertextBlob":"${blob(i)}","KeyId":"${ARN}"}`, ',')}]`,
  ],
  ['map.json', (n) => `{${lines(n, (i) => `"secret_${i}":"${blob(i)}"`, ',\n')}}`],
  ['a.jsonl', (n) => lines(n, (i) => `{"id":${i},"secret":"${blob(i)}","keyArn":"${ARN}"}`)],
  [
    'inner.jsonl',
    (n) => lines(n, (i) => JSON.stringify({ m: JSON.stringify({ kms: blob(i), keyId: ARN }) })),
  ],
  ['a.yaml', (n) => lines(n, (i) => `- name: s${i}\n  blob: ${blob(i)}\n  keyArn: ${ARN}`)],
  ['documents.yaml', (n) => lines(n, (i) => `kind: Secret\ndata:\n  a: ${blob(i)}`, '\n---\n')],
  ['comments.yaml', (n) => lines(n, (i) => `# before: ${blob(i)}\nname${i}: 1`)],
  ['a.env', (n) => lines(n, (i) => `SECRET_${i}=${blob(i)}`)],
  ['a.ini', (n) => lines(n, (i) => `[s${i}]\nsecret = ${blob(i)}`)],
  ['a.toml', (n) => lines(n, (i) => `[s${i}]\nsecret = "${blob(i)}"`)],
  [
    'a.tf',
    (n) =>
      lines(n, (i) => `data "aws_kms_secrets" "s${i}" {\n  secret {\n    payload = "${blob(i)}"\n  }\n}`),
  ],
  ['a.csv', (n) => `id,secret,key\n${lines(n, (i) => `${i},${blob(i)},${ARN}`)}`],
  ['line.txt', (n) => lines(n, blob, ' ')],
  ['lines.txt', (n) => lines(n, blob)],
  ['a.md', (n) => lines(n, (i) => `## ${i}\n\nKey ${ARN}.\n\n\`\`\`yaml\nsecret: ${blob(i)}\n\`\`\`\n`)],
  ['a.diff', (n) => `--- a/x\n+++ b/x\n@@ -0,0 +1,${n} @@\n${lines(n, (i) => `+SECRET_${i}=${blob(i)}`)}\n`],
  ['a.sql', (n) => lines(n, (i) => `INSERT INTO secrets VALUES (${i}, '${blob(i)}');`)],
  ['line.sql', (n) => `INSERT INTO secrets VALUES ${lines(n, (i) => `(${i},'${blob(i)}')`, ',')};`],
  ['a.xml', (n) => `<r>${lines(n, (i) => `<s id="${i}"><blob>${blob(i)}</blob><key>${ARN}</key></s>`)}</r>`],
  ['a.log', (n) => lines(n, (i) => `INFO decrypt {"CiphertextBlob":"${blob(i)}","KeyId":"${ARN}"}`)],
  ['a.ts', (n) => lines(n, (i) => `export const s${i} = '${blob(i)}';`)],
  ['a.sh', (n) => lines(n, (i) => `cat <<EOF\n{"kms":"${blob(i)}","KeyId":"${ARN}"}\nEOF`)],
  ['unended.txt', (n) => lines(n, (i) => `{"CiphertextBlob":"${blob(i)}","KeyId":"alias/x",`)],
];

test.each(KINDS)('twice the blobs in %s take twice the time', (name, text) => {
  const few = Buffer.from(text(20));
  expect(scan(few, name).blobs).toHaveLength(20);
  expectLinear(
    (blobs) => {
      const bytes = Buffer.from(text(blobs));
      return () => keyReferences(bytes, name, scan(bytes, name).blobs);
    },
    5000,
    name,
  );
});

test('letters of a blob that spell a name are none: lines of a file are no texts of their own', () => {
  const text = lines(4000, (i) => `SECRET_${i}=${blob(i)}`);
  const spelt = text.replaceAll(/(?<==.{150}).{4}/g, 'kms/');
  expect(scan(Buffer.from(spelt), 'a.env').findings).toEqual([]);
});
