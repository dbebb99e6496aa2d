import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, scan, withoutPlaintext } from '../index.ts';

const BLOB = base64(madeUpBlob(32));
const OTHER = base64(madeUpBlob(32));
const KEY = randomBytes(32).toString('base64');
const SHORT = 'correct horse';

const codes = (text: string, charset: BufferEncoding = 'utf8'): string[] =>
  scan(Buffer.from(text, charset), 'notes').findings.map(({ code }) => code);

describe('values that are headed or labelled as plaintext are critical, and left out of copies', () => {
  test.each([
    ['Markdown', `| Blob | Plaintext |\n|---|---|\n| ${BLOB} | ${KEY} |\n| ${OTHER} | ${SHORT} |\n`],
    ['Markdown without outer bars', `Blob | Plaintext\n---|---\n${BLOB} | ${KEY}\n${OTHER} | ${SHORT}\n`],
    [
      'with a key',
      `| KeyId | Plaintext | Blob |\n|---|---|---|\n| ${OLD} | ${KEY} | ${BLOB} |\n| ${OLD} | ${SHORT} | ${OTHER} |\n`,
    ],
    [
      'marks and quotes',
      `| Blob | **Plaintext** |\n|---|---|\n| \`${BLOB}\` | \`${KEY}\` |\n| ${OTHER} | ${SHORT} |\n`,
    ],
    [
      'reStructuredText',
      `+---+---+\n| Blob | Plaintext |\n+===+===+\n| ${BLOB} | ${KEY} |\n+---+---+\n| ${OTHER} | ${SHORT} |\n+---+---+\n`,
    ],
    [
      'the AWS CLI',
      `----\n|  GenerateDataKey  |\n+---+---+\n| CiphertextBlob | Plaintext |\n+---+---+\n| ${BLOB} | ${KEY} |\n| ${OTHER} | ${SHORT} |\n+---+---+\n`,
    ],
    ['tabs', `note\nBlob\tPlaintext\n${BLOB}\t${KEY}\n${OTHER}\t${SHORT}\n`],
    ['semicolons', `note\n\nBlob;Plaintext\n${BLOB};${KEY}\n${OTHER};${SHORT}\n`],
    ['commas', `note\n\nBlob,plaintext_key\n${BLOB},${KEY}\n${OTHER},${SHORT}\n`],
    ['columns apart', `Blob${' '.repeat(BLOB.length)}Plaintext\n${BLOB}    ${KEY}\n${OTHER}    ${SHORT}\n`],
    [
      'HTML',
      `<table><tr><th>Blob</th><th>Plaintext</th></tr>\n<tr><td>${BLOB}</td><td>${KEY}</td></tr>\n<tr><td>${OTHER}</td><td>${SHORT}</td></tr></table>`,
    ],
    [
      'INSERT of SQL',
      `INSERT INTO k (id, plaintext, blob) VALUES\n (1, '${KEY}', '${BLOB}'),\n (2, '${SHORT}', '${OTHER}');\n`,
    ],
    [
      'COPY of SQL',
      `COPY k (id, plaintext, blob) FROM stdin;\n1\t${KEY}\t${BLOB}\n2\t${SHORT}\t${OTHER}\n\\.\n`,
    ],
  ])('%s', (_, text) => {
    for (const charset of ['utf8', 'utf16le'] as const) {
      const file = new Uint8Array(Buffer.from(text, charset));
      const found = scan(file, 'notes');
      expect(found.findings.map(({ code }) => code)).toEqual([
        'plaintext-beside-blob',
        'plaintext-beside-blob',
      ]);
      const copy = Buffer.from(withoutPlaintext(file, found)).toString(charset);
      expect(copy).toBe(text.replace(KEY, '').replace(SHORT, ''));
    }
  });

  test.each([
    ['white space after the name', `CiphertextBlob  ${BLOB}\nPlaintext  ${KEY}\n`],
    ['bold', `**Plaintext:** ${KEY}\n\n**Blob:** ${BLOB}\n`],
    ['a list', `- **Plaintext**: \`${KEY}\`\n- **Blob**: \`${BLOB}\`\n`],
    [
      'a heading and a fence',
      `## Plaintext\n\n\`\`\`\n${KEY}\n\`\`\`\n\n## Blob\n\n\`\`\`\n${BLOB}\n\`\`\`\n`,
    ],
    ['XML', `<r><Blob>${BLOB}</Blob><Plaintext>${KEY}</Plaintext></r>`],
    ['Debug of Rust', `Output { blob: Some("${BLOB}"), plaintext: Some("${KEY}") }`],
    [
      'var_dump',
      `["Plaintext"]=>\n  string(44) "${KEY}"\n  ["Blob"]=>\n  string(${BLOB.length}) "${BLOB}"\n`,
    ],
    ['print_r', `    [Plaintext] => ${KEY}\n    [Blob] => ${BLOB}\n`],
  ])('%s', (_, text) => {
    const swapped = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
    for (const file of [Buffer.from(text), swapped]) {
      const found = scan(new Uint8Array(file), 'notes');
      expect(found.findings.map(({ code }) => code)).toEqual(['plaintext-beside-blob']);
    }
  });

  test('names and values below one another: the value behind the name', () => {
    const file = Buffer.from(`| Plaintext | ${SHORT} |\n|---|---|\n| CiphertextBlob | ${BLOB} |\n`);
    const copy = Buffer.from(withoutPlaintext(file, scan(file, 'a.md'))).toString();
    expect(copy).toBe(`| Plaintext |  |\n|---|---|\n| CiphertextBlob | ${BLOB} |\n`);
  });

  test('the label and the blob of a row change around it', () => {
    const text = `| KeyId | Plaintext | CiphertextBlob |\n|---|---|---|\n| ${OLD} | ${KEY} | ${BLOB} |\n`;
    const file = new Uint8Array(Buffer.from(text));
    const found = scan(file, 'a.md');
    const next = madeUpBlob(32);
    const [one] = found.blobs;
    if (one === undefined) throw new Error('no blob');
    const copy = rewrite(file, found, [{ found: one, next: nextBlob(next) }], { withoutPlaintext: true });
    const row = Buffer.from(copy).toString().split('\n')[2] ?? '';
    expect(row.split('|').map((cell) => cell.trim())).toEqual(['', NEW, '', base64(next), '']);
  });
});

test('without a blob, the key must be named around it: a program that encrypts holds what it sends', () => {
  const reply = JSON.stringify({ KeyId: OLD, Plaintext: KEY }, null, 2);
  expect(codes(`$ aws kms decrypt\n${reply}\n`)).toEqual(['plaintext-in-file']);
  const program = `const key = '${OLD}';\n${'// more\n'.repeat(9)}encrypt({ KeyId: key, Plaintext: '${KEY}' });\n`;
  expect(codes(program)).toEqual([]);
});

describe('what only speaks of plaintext is none', () => {
  test.each([
    ['prose with commas', `plaintext, ciphertext\nare used, here and there\n\nand ${BLOB}\n`],
    ['prose with several spaces', `plaintext  ciphertext\nsome  words\n\nand ${BLOB}\n`],
    ['placeholders', `| Blob | Plaintext |\n|---|---|\n| ${BLOB} | <redacted> |\n| ${OTHER} | - |\n`],
    ['NULL', `INSERT INTO k (plaintext, blob) VALUES (NULL, '${BLOB}');\n`],
    [
      'a program that is indented by tabs',
      `f({\n\t\tKeyId: "${OLD}",\n\t\tPlaintext\n\t});\n\tg({\n\t\tdata: "${BLOB}"\n\t});\n`,
    ],
    ['a program in columns', `\tPlaintext,\n\tCiphertextBlob: x,\n\n${BLOB}\n`],
    ['another column', `| Plaintext size | Blob |\n|---|---|\n| 32 | ${BLOB} |\n`],
  ])('%s', (_, text) => {
    expect(codes(text)).toEqual([]);
  });
});

describe('large tables', () => {
  const blob = base64(madeUpBlob(32));
  const secret = (i: number): string => Buffer.from(`secret-${i}`.padEnd(24, '.')).toString('base64');
  const found = (text: string) => scan(Buffer.from(text), 'a').plaintext;

  test('every row of a column is seen, whatever their number', () => {
    const row = (i: number) => `${i},${secret(i)},${i % 100 === 0 ? blob : ''}\n`;
    const rows = Array.from({ length: 100_100 }, (_, i) => row(i)).join('');
    expect(found(`id,plaintext,blob\n${rows}`)).toHaveLength(100_100);
  });

  test('every row of an INSERT on one line is seen, however long it is and whatever stands before it', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `(${i}, '${secret(i)}', '${blob}')`).join(', ');
    const other = `INSERT INTO a (id, note) VALUES (1, 'no plaintext here');`;
    const text = `${'-- a comment '.repeat(6000)}\n${other} INSERT INTO t (id, plaintext, blob) VALUES ${rows};\n`;
    expect(found(text)).toHaveLength(5000);
    expect(found(text.replace('(id, plaintext, blob)', '(\n  id,\n  plaintext,\n  blob\n)'))).toHaveLength(
      5000,
    );
  });
});
