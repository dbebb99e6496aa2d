import { describe, expect, it } from 'vitest';
import { assemble } from '../../../inspect/assemble.test-help.ts';
import { databaseHead, sdkMessage } from '../../../inspect/look-alikes.test-help.ts';
import { scan } from '../../scan.ts';

const KEYS = ['1', '2'].map(
  (n) => `arn:aws:kms:us-east-1:111122223333:key/${n.repeat(8)}-1111-4111-8111-111111111111`,
);
const blob = () => assemble({ layout: 'v2' });
const message = (version: 1 | 2) =>
  sdkMessage(
    version,
    KEYS.map((arn) => ['aws-kms', arn, blob()]),
  );

/** A file of each carrier that holds the message in its own way. */
const carriers = (text: string, hex: string): Record<string, string> => ({
  'a.json': JSON.stringify({ secret: text }),
  'a.yaml': `a:\n  secret: ${text}\n`,
  'quoted.yaml': `secret: "${text}"\n`,
  'a.env': `SECRET=${text}\n`,
  'a.py': `SECRET = "${text}"\n`,
  'bytes.py': `SECRET = b'${text}'\n`,
  'a.tf': `variable "x" {\n  default = "${text}"\n}\n`,
  'a.ts': `export const secret = '${text}';\n`,
  'a.go': `package x\n\nvar Secret = "${text}"\n`,
  'a.rb': `SECRET = '${text}'.freeze\n`,
  'a.sql': `INSERT INTO secrets VALUES (1, '${text}');\n`,
  'hex.sql': `INSERT INTO secrets VALUES (1, '\\x${hex}');\n`,
  'a.csv': `id,secret\n1,${text}\n`,
  'a.toml': `secret = "${text}"\n`,
  'a.ini': `[x]\nsecret=${text}\n`,
  'a.md': `# Notes\n\n    ${text}\n`,
  'a.log': `2026-01-01 INFO got ${text} and went on\n`,
  'a.xml': `<secret>${text}</secret>\n`,
  'plain.txt': text,
  'wrapped.txt': text.replaceAll(/(.{64})/g, '$1\n'),
  'wrapped.ts': `const secret = \`\n${text.replaceAll(/(.{64})/g, '$1\n')}\`;\n`,
});

describe('data keys of a message of the Encryption SDK', () => {
  it.each([1, 2] as const)('are listed in every carrier, format %d', (version) => {
    const bytes = message(version);
    const missed = Object.entries(carriers(bytes.toString('base64'), bytes.toString('hex'))).filter(
      ([name, text]) => {
        const { blobs } = scan(Buffer.from(text), name);
        const keys = blobs.map(({ declared }) => declared.keyArn).filter((key) => key !== null);
        return keys.join() !== KEYS.join() || blobs.length !== 3;
      },
    );
    expect(missed.map(([name]) => name)).toEqual([]);
  });

  it('are those of each of many messages in one program', () => {
    const all = Array.from({ length: 50 }, () => message(1));
    const text = `export const vectors = [\n${all.map((each) => `  '${each.toString('base64')}',\n`).join('')}];\n`;
    const { blobs } = scan(Buffer.from(text), 'vectors.ts');
    expect(
      blobs.filter(({ identification }) => identification.kind === 'encryption-sdk-message'),
    ).toHaveLength(50);
    expect(blobs.filter(({ declared }) => declared.keyArn !== null)).toHaveLength(100);
  });

  it('say where a key of another keyring opens the message too', () => {
    const bytes = sdkMessage(2, [
      ['aws-kms', KEYS[0] ?? '', blob()],
      ['mine', 'raw key', Buffer.alloc(48, 7)],
    ]);
    const { blobs } = scan(bytes, 'message.bin');
    expect(blobs.map(({ alsoOpens }) => alsoOpens)).toEqual([undefined, 'other']);
  });
});

describe('data keys of an item of the Database Encryption SDK', () => {
  it('are listed, in a file of its own and in an item', () => {
    const head = databaseHead(blob());
    const item = { id: { S: 'x' }, aws_dbe_head: { B: head.toString('base64') } };
    for (const [name, bytes] of [
      ['head.bin', head],
      ['item.json', Buffer.from(JSON.stringify(item))],
      ['items.json', Buffer.from(JSON.stringify({ Items: [item] }))],
    ] as const) {
      const { blobs } = scan(bytes, name);
      expect([name, blobs.map(({ identification: { kind } }) => kind)]).toEqual([
        name,
        ['database-encryption-sdk', 'kms-symmetric'],
      ]);
      expect(blobs[1]?.declared.keyArn).toMatch(/^arn:/);
      expect(blobs[1]?.notPutBack).toContain('authenticates');
    }
  });
});
