import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { madeUpBlob } from '../blob.test-help.ts';
import { base64, NEW, nextBlob, OLD } from '../formats/envelopes/envelope.test-help.ts';
import { rewrite, scan } from '../index.ts';

/** A text that holds a blob and what is said of it, and how its own reader sees both. */
interface Container {
  readonly name: string;
  readonly write: (blob: string) => string;
  readonly read: (text: string) => { blob: string; key: string };
}

const sops = (blob: string) => ({
  db: 'ENC[AES256_GCM,data:7IhxQshtp/gg,iv:6fNOvb5E,tag:T0a982wS,type:str]',
  sops: {
    kms: [{ arn: OLD, created_at: '2024-05-06T07:08:09Z', enc: blob, aws_profile: '' }],
    lastmodified: '2024-05-06T07:08:10Z',
    mac: 'ENC[AES256_GCM,data:cOTp0U5I,iv:1COb4R,tag:7sxAaE,type:str]',
    version: '3.8.1',
  },
});

const CONTAINERS: readonly Container[] = [
  {
    name: 'SOPS, YAML',
    write: (blob) =>
      `db: ENC[AES256_GCM,data:7IhxQshtp/gg,iv:6fNOvb5E,tag:T0a982wS,type:str]\nsops:\n    kms:\n        - arn: ${OLD}\n          created_at: "2024-05-06T07:08:09Z"\n          enc: ${blob}\n          aws_profile: ""\n    lastmodified: "2024-05-06T07:08:10Z"\n    mac: ENC[AES256_GCM,data:cOTp0U5I,iv:1COb4R,tag:7sxAaE,type:str]\n    version: 3.8.1\n`,
    read: (text) => {
      const [entry] = parse(text).sops.kms;
      return { blob: entry.enc, key: entry.arn };
    },
  },
  {
    name: 'SOPS, JSON',
    write: (blob) => `${JSON.stringify(sops(blob), null, 2)}\n`,
    read: (text) => {
      const [entry] = JSON.parse(text).sops.kms;
      return { blob: entry.enc, key: entry.arn };
    },
  },
  {
    name: 'AWS CLI',
    write: (blob) =>
      `${JSON.stringify({ CiphertextBlob: blob, KeyId: OLD, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, null, 4)}\n`,
    read: (text) => ({ blob: JSON.parse(text).CiphertextBlob, key: JSON.parse(text).KeyId }),
  },
  {
    name: 'Pulumi',
    write: (blob) => `secretsprovider: awskms:///${OLD}?region=eu-central-1\nencryptedkey: ${blob}\n`,
    read: (text) => {
      const stack = parse(text);
      return { blob: stack.encryptedkey, key: /awskms:\/\/\/([^?]+)/.exec(stack.secretsprovider)?.[1] ?? '' };
    },
  },
];

/** Something that holds a text: how it is written around it, and taken out of it. */
interface Carrier {
  readonly name: string;
  readonly wrap: (text: string) => string;
  readonly unwrap: (text: string) => string;
}

const indent = (text: string, by: string): string => text.replaceAll(/^(?=.)/gm, by);
const between = (text: string, from: string, to: string): string =>
  text.slice(text.indexOf(from) + from.length, text.lastIndexOf(to));

const CARRIERS: readonly Carrier[] = [
  {
    name: 'stringData of a Secret',
    wrap: (text) =>
      `apiVersion: v1\nkind: Secret\nstringData:\n  a: "1"\n  file.yaml: |\n${indent(text, '    ')}`,
    unwrap: (text) => parse(text).stringData['file.yaml'],
  },
  {
    name: 'data of a Secret',
    wrap: (text) => `apiVersion: v1\nkind: Secret\ndata:\n  file.yaml: ${base64(Buffer.from(text))}\n`,
    unwrap: (text) => Buffer.from(parse(text).data['file.yaml'], 'base64').toString(),
  },
  {
    name: 'JSON string',
    wrap: (text) => `${JSON.stringify({ name: 'x', SecretString: text, last: [1] }, null, 2)}\n`,
    unwrap: (text) => JSON.parse(text).SecretString,
  },
  {
    name: 'YAML in double quotes',
    wrap: (text) => `a: 1\nvalue: ${JSON.stringify(text)}\nb: 2\n`,
    unwrap: (text) => parse(text).value,
  },
  {
    name: 'fence',
    wrap: (text) => `# Title\n\nSome words.\n\n~~~~yaml\n${text}~~~~\n\nMore words.\n`,
    unwrap: (text) => between(text, '~~~~yaml\n', '~~~~'),
  },
  {
    name: 'heredoc',
    wrap: (text) => `#!/bin/sh\nset -e\ncat > out.yaml <<'ENDOFFILE'\n${text}ENDOFFILE\nchmod 600 out.yaml\n`,
    unwrap: (text) => between(text, "<<'ENDOFFILE'\n", 'ENDOFFILE\n'),
  },
  {
    name: 'quoted mail',
    wrap: (text) => `Hello,\n\n${indent(text, '> ')}\nBye\n`,
    unwrap: (text) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('> '))
        .map((line) => `${line.slice(2)}\n`)
        .join(''),
  },
];

describe('a container inside other texts', () => {
  const chain = fc
    .array(fc.constantFrom(...CARRIERS), { minLength: 1, maxLength: 4 })
    // The same mark cannot be recognised inside itself.
    .filter((carriers) =>
      ['fence', 'heredoc'].every((name) => carriers.filter((one) => one.name === name).length < 2),
    );

  test('changes with all that is said of it, at any depth; every other byte stays', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CONTAINERS),
        chain,
        fc.integer({ min: 1, max: 35 }),
        (container, carriers, size) => {
          const about = `${container.name} in ${carriers.map((one) => one.name).join(' in ')}`;
          const old = base64(madeUpBlob(32));
          const made = base64(madeUpBlob(size));
          const wrapped = carriers.reduce((text, carrier) => carrier.wrap(text), container.write(old));
          const file = new Uint8Array(Buffer.from(wrapped));
          const found = scan(file, 'file');
          const blob = found.blobs.find((one) => base64(one.bytes) === old);
          expect(blob?.notPutBack, about).toBeUndefined();
          expect(found.blobs, about).toHaveLength(1);
          if (blob === undefined) return;
          const next = nextBlob(new Uint8Array(Buffer.from(made, 'base64')), { at: '2024-05-06T07:08:09Z' });
          const same = { ...next, bytes: blob.bytes.slice(), keyArn: OLD };
          expect(Buffer.from(rewrite(file, found, [{ found: blob, next: same }])).toString(), about).toBe(
            wrapped,
          );
          const written = Buffer.from(rewrite(file, found, [{ found: blob, next }])).toString();
          const inner = carriers.reduceRight((text, carrier) => carrier.unwrap(text), written);
          expect(container.read(inner), about).toEqual({ blob: made, key: NEW });
          // What is written anew with the old values is the old file, byte for byte.
          const again = scan(new Uint8Array(Buffer.from(written)), 'file');
          expect(
            again.blobs.map(({ place }) => place),
            about,
          ).toEqual(found.blobs.map(({ place }) => place));
          const [back] = again.blobs;
          if (back === undefined) return;
          if (container.name !== 'Pulumi')
            expect(
              Buffer.from(rewrite(Buffer.from(written), again, [{ found: back, next: same }])).toString(),
              about,
            ).toBe(wrapped);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('noise of random letters around does no harm', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 60 }),
        fc.constantFrom(...CONTAINERS),
        fc.constantFrom(...CARRIERS),
        fc.nat(400),
        (noise, container, carrier, cut) => {
          const text = carrier.wrap(container.write(base64(madeUpBlob(8))));
          for (const one of [noise + text, text + noise, text.slice(0, cut) + noise + text.slice(cut)]) {
            const file = new Uint8Array(Buffer.from(one));
            const found = scan(file, 'x');
            for (const blob of found.blobs)
              if (blob.notPutBack === undefined)
                rewrite(file, found, [{ found: blob, next: nextBlob(madeUpBlob(20)) }]);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('texts that are not read', () => {
  const held = (found: ReturnType<typeof scan>) =>
    found.findings.filter(({ code }) => code === 'nested-not-read').map(({ title }) => title);
  const wrap = (times: number, by: (text: string) => string) => {
    let text = JSON.stringify({ CiphertextBlob: base64(madeUpBlob(32)), KeyId: OLD });
    for (let i = 0; i < times; i++) text = by(text);
    return Buffer.from(text);
  };

  test.each([
    ['JSON', (text: string) => JSON.stringify({ kms: text })],
    ['base64', (text: string) => Buffer.from(`kms: ${text}\n`).toString('base64')],
  ])('%s: six deep is read; what lies deeper is said', (_, by) => {
    const shallow = scan(wrap(6, by), 'x');
    expect(shallow.blobs.map(({ declared }) => declared.keyArn)).toEqual([OLD]);
    expect(held(shallow)).toEqual([]);
    expect(held(scan(wrap(9, by), 'x'))).toEqual([expect.stringContaining('more than 6 deep')]);
  });
});

test('each line of a long log is read as the text in it is, and nothing is left unread', () => {
  const blob = base64(madeUpBlob());
  const line = (i: number): string => `INFO ${i} decrypt {"CiphertextBlob":"${blob}","KeyId":"${OLD}"}`;
  const { blobs, findings } = scan(
    Buffer.from(Array.from({ length: 2000 }, (_, i) => line(i)).join('\n')),
    'app.log',
  );
  expect(findings).toEqual([]);
  expect(blobs).toHaveLength(2000);
  expect(blobs.filter(({ declared }) => declared.keyArn !== OLD)).toEqual([]);
});
