import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EncryptionContext } from '#shared/model/context.ts';
import { manyRuns } from '../../../../../tools/many-runs.ts';
import { assemble } from '../../../inspect/assemble.test-help.ts';
import { madeUpBlob } from '../../blob.test-help.ts';
import { type FoundBlob, type NewBlob, rewrite, type Scan, scan } from '../../index.ts';
import { type Kind, type KmsEntry, parseSops, writeSops } from './sops.test-help.ts';

const KEY = new Uint8Array(32).fill(7);
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const NEW_ARN = 'arn:aws:kms:us-west-2:444455556666:key/mrk-0987';
const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');
const KINDS: readonly Kind[] = ['yaml', 'json', 'env', 'ini', 'binary'];

const next = (members: Partial<NewBlob>): NewBlob => ({
  bytes: madeUpBlob(),
  keyArn: NEW_ARN,
  sourceKeyArn: ARN,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: null,
  at: '2026-11-24T08:00:00Z',
  ...members,
});

/** Nothing changed: the same blob, key, context and time. */
const same = (found: FoundBlob): NewBlob =>
  next({
    bytes: found.bytes.slice(),
    keyArn: found.declared.keyArn ?? NEW_ARN,
    context: found.declared.encryptionContext,
    at: found.declared.createdAt ?? '2026-11-24T08:00:00Z',
  });

const put = (file: Uint8Array, found: Scan, news: readonly NewBlob[]): string =>
  Buffer.from(
    rewrite(
      file,
      found,
      found.blobs.map((blob, i) => ({ found: blob, next: news[i] ?? next({}) })),
    ),
  ).toString();

const read = (text: string | Uint8Array, name = 'x'): Scan => scan(Buffer.from(text), name);

const contexts: fc.Arbitrary<EncryptionContext | undefined> = fc.option(
  fc.dictionary(
    fc.stringMatching(/^[a-z][a-z:/ .-]{0,8}[a-z]$/),
    fc
      .oneof(
        fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\\`"\r\n]/g, '')),
        fc.constantFrom('true', '12', '1.5', 'null', 'a: b', ' #x', 'é', '2020-01-01'),
      )
      .map((text) => text.trim() || 'x'),
    { minKeys: 1, maxKeys: 4 },
  ),
  { nil: undefined },
);

const entries: fc.Arbitrary<KmsEntry[]> = fc.array(
  fc.record({ context: contexts, role: fc.boolean() }).map(
    ({ context, role }): KmsEntry => ({
      arn: ARN,
      enc: base64(madeUpBlob()),
      created_at: '2020-01-02T03:04:05Z',
      ...(context === undefined ? {} : { context }),
      ...(role ? { role: 'arn:aws:iam::111122223333:role/r' } : {}),
    }),
  ),
  { minLength: 1, maxLength: 3 },
);

/** Ways in which a file may differ from what SOPS writes, and still be read by it. */
const DRESSES: readonly ((text: string, kind: Kind) => string)[] = [
  (text) => text,
  (text, kind) => (kind === 'env' ? text : `\ufeff${text}`),
  (text, kind) => (kind === 'env' ? text : text.replaceAll('\n', '\r\n')),
  (text) => text.trimEnd(),
  (text, kind) => (kind === 'yaml' ? text.replaceAll(/^( *)(- )?enc:/gm, '$1# odd\n$&') : text),
  (text, kind) => (kind === 'json' || kind === 'binary' ? JSON.stringify(JSON.parse(text)) : text),
  (text, kind) => (kind === 'json' || kind === 'binary' ? JSON.stringify(JSON.parse(text), null, 2) : text),
  (text, kind) =>
    kind === 'yaml' ? text.replaceAll(/^(?: {4})+/gm, (indent) => indent.slice(indent.length / 2)) : text,
];

const tree = (kind: Kind) => (kind === 'ini' ? { s: { a: 'b' } } : { data: 'b' });

describe('round trips', () => {
  test('the same blob with the same labels: byte for byte the same file', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), entries, fc.constantFrom(...DRESSES), (kind, list, dress) => {
        const file = Buffer.from(dress(writeSops(kind, tree(kind), KEY, list), kind));
        const found = read(file);
        expect(found.blobs.map(({ place }) => place)).toEqual(list.map((_, i) => `sops.kms[${i}].enc`));
        expect(found.blobs.map(({ declared }) => declared)).toEqual(
          list.map(({ context }) => ({
            keyArn: ARN,
            encryptionContext: context ?? null,
            createdAt: '2020-01-02T03:04:05Z',
            algorithm: null,
          })),
        );
        expect(put(file, found, found.blobs.map(same))).toBe(file.toString());
      }),
      { numRuns: manyRuns(300) },
    );
  });

  test('another blob, key and context: the file says so, and nothing else is changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS),
        entries,
        fc.constantFrom(...DRESSES),
        fc.array(contexts, { minLength: 3, maxLength: 3 }),
        (kind, list, dress, targets) => {
          const file = Buffer.from(dress(writeSops(kind, tree(kind), KEY, list), kind));
          const found = read(file);
          const news = list.map((_, i) => next({ bytes: madeUpBlob(i + 1), context: targets[i] ?? null }));
          const after = put(file, found, news);
          const [was, is] = [parseSops(kind, file.toString()), parseSops(kind, after)];
          expect(is).toEqual({
            ...was,
            sops: {
              ...was.sops,
              kms: list.map(({ context: _, ...entry }, i) => ({
                aws_profile: '',
                ...entry,
                arn: NEW_ARN,
                enc: base64(news[i]?.bytes ?? KEY),
                created_at: '2026-11-24T08:00:00Z',
                ...(targets[i] === undefined ? {} : { context: targets[i] }),
              })),
            },
          });
          // Rewrap reads the same again, and moving back gives the old file.
          const again = read(after);
          expect(again.blobs.map(({ declared }) => declared.encryptionContext)).toEqual(
            list.map((_, i) => targets[i] ?? null),
          );
          const back = put(
            Buffer.from(after),
            again,
            list.map(({ context }, i) => ({
              ...same(found.blobs[i] ?? (again.blobs[0] as FoundBlob)),
              context: context ?? null,
            })),
          );
          expect(parseSops(kind, back)).toEqual(was);
          // Without a change of context, no byte but those of the values.
          const kept = put(
            file,
            found,
            news.map((one, i) => ({ ...one, context: list[i]?.context ?? null })),
          );
          let expected = file
            .toString()
            .replaceAll(ARN, NEW_ARN)
            .replaceAll('2020-01-02T03:04:05Z', '2026-11-24T08:00:00Z');
          for (const [i, { enc }] of list.entries())
            expected = expected.replace(enc, base64(news[i]?.bytes ?? KEY));
          expect(kept).toBe(expected);
        },
      ),
      { numRuns: manyRuns(300) },
    );
  });
});

test('damaged files: never an error, and what is found still goes back to the byte', () => {
  const cuts = fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(12),
      text: fc.constantFrom(
        '',
        '"',
        '\n',
        ' ',
        ':',
        '{',
        '}',
        '[',
        '- ',
        '=',
        '#',
        'sops:',
        '__map_',
        'null',
        '|\n',
      ),
    }),
    { minLength: 1, maxLength: 4 },
  );
  let seen = 0;
  const runs = manyRuns(1000);
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), entries, cuts, (kind, list, edits) => {
      let text = writeSops(kind, tree(kind), KEY, list);
      for (const { at, length, text: written } of edits) {
        const from = Math.floor(at * text.length);
        text = text.slice(0, from) + written + text.slice(from + length);
      }
      const file = Buffer.from(text);
      const found = read(file);
      seen += found.blobs.length;
      expect(put(file, found, found.blobs.map(same))).toBe(file.toString());
      // A blob that may not be put back stays: a whole one in its place would be read as something else.
      const other = found.blobs.map((blob) =>
        blob.notPutBack === undefined ? next({ context: { a: 'b' } }) : same(blob),
      );
      const after = read(put(file, found, other));
      // Each new blob is read again; where it stands in a damaged file may have another name then.
      const now = after.blobs.map((blob) => base64(blob.bytes));
      for (const [i, { notPutBack }] of found.blobs.entries())
        if (notPutBack === undefined) expect(now, text).toContain(base64(other[i]?.bytes ?? KEY));
    }),
    { numRuns: runs },
  );
  expect(seen).toBeGreaterThan(runs / 2);
});

describe('files as they were once written', () => {
  const blob = base64(madeUpBlob());
  const mac = 'ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]';

  test('JSON of 2015: enc before arn, created_at as seconds', () => {
    const text = `{"a": "b", "sops": {"kms": [{"created_at": 1441570389.775376, "enc": "${blob}", "arn": "${ARN}"}], "mac": "${mac}", "version": 0.9}}`;
    const found = read(text);
    expect(found.blobs[0]?.declared).toMatchObject({ keyArn: ARN, createdAt: '2015-09-06T20:13:09Z' });
    expect(put(Buffer.from(text), found, found.blobs.map(same))).toBe(text);
    const one = next({ context: { a: 'b', c: '"' } });
    expect(put(Buffer.from(text), found, [one])).toBe(
      `{"a": "b", "sops": {"kms": [{"created_at": ${Date.parse(one.at) / 1000}.0, "enc": "${base64(one.bytes)}", "arn": "${NEW_ARN}", "context": {"a": "b", "c": "\\""}}], "mac": "${mac}", "version": 0.9}}`,
    );
  });

  test('a flow map, comments, an empty context, arn+role, folded enc', () => {
    const role = '+arn:aws:iam::111122223333:role/r';
    const text = [
      'a: b # c',
      'sops:',
      `  mac: ${mac}`,
      '  kms:',
      `  - {arn: "${ARN}${role}", created_at: '2020-01-02T03:04:05Z', enc: ${blob}, context: {}} # one`,
      '  -',
      `    context: # two`,
      '      # three',
      '      b: "c" # four',
      '    enc: >-',
      `        ${blob.slice(0, 100)}`,
      `        ${blob.slice(100, 200)}`,
      `        ${blob.slice(200)}`,
      `    arn: ${ARN} # five`,
      '',
    ].join('\n');
    const found = read(text);
    expect(found.blobs.map(({ declared }) => [declared.keyArn, declared.encryptionContext])).toEqual([
      [ARN, null],
      [ARN, { b: 'c' }],
    ]);
    expect(put(Buffer.from(text), found, found.blobs.map(same))).toBe(text);
    const [one, two] = [next({ context: { k: 'v' } }), next({ context: { b: 'd', e: 'f' } })];
    const after = put(Buffer.from(text), found, [one, two]);
    const written = base64(two.bytes);
    expect(after).toBe(
      [
        'a: b # c',
        'sops:',
        `  mac: ${mac}`,
        '  kms:',
        `  - {arn: "${NEW_ARN}${role}", created_at: '2026-11-24T08:00:00Z', enc: ${base64(one.bytes)}, context: {"k": "v"}} # one`,
        '  -',
        `    context: # two`,
        '      # three',
        '      b: "d" # four',
        '      e: f',
        '    enc: >-',
        `        ${written.slice(0, 100)}`,
        `        ${written.slice(100, 200)}`,
        `        ${written.slice(200)}`,
        `    arn: ${NEW_ARN} # five`,
        '',
      ].join('\n'),
    );
    const gone = put(Buffer.from(text), found, [next({}), next({})]);
    expect(parseSops('yaml', gone).sops.kms).toMatchObject([{ context: {} }, { arn: NEW_ARN }]);
    expect(gone).not.toContain('three');
    expect(gone).toContain('  -\n    enc:');
  });

  test('several documents, each with its metadata', () => {
    const part = `a: b\nsops:\n    kms:\n        - arn: ${ARN}\n          enc: ${blob}\n    mac: ${mac}\n`;
    const found = read(`${part}---\n${part}`);
    expect(found.blobs.map(({ place }) => place)).toEqual([
      'document 1: sops.kms[0].enc',
      'document 2: sops.kms[0].enc',
    ]);
  });

  test('other ways in are reported, and their enc are no blobs', () => {
    const text = `a: b\nsops:\n    kms:\n        - arn: ${ARN}\n          enc: ${blob}\n          aws_profile: ops\n    age:\n        - recipient: age1x\n          enc: |\n            -----BEGIN AGE ENCRYPTED FILE-----\n            YWdl\n            -----END AGE ENCRYPTED FILE-----\n    azure_kv:\n        - enc: ${base64(Buffer.alloc(256, 0xa7).map((_, i) => (i * 37) & 255))}\n    mac: ${mac}\n`;
    const found = read(text);
    expect(found.blobs).toHaveLength(1);
    expect(found.findings.map(({ code, title }) => [code, title])).toEqual([
      ['sops-other-keys', 'The SOPS file also opens with 1 age recipient, 1 Azure Key Vault key.'],
    ]);
    expect(found.blobs[0]?.findings.map(({ code }) => code)).toEqual([
      'sops-access-path',
      'no-encryption-context',
    ]);
  });

  test('a KMS blob among the values is not put back: the MAC covers it', () => {
    const text = `token_unencrypted: ${base64(madeUpBlob(9))}\nsops:\n    kms:\n        - arn: ${ARN}\n          enc: ${blob}\n    mac: ${mac}\n`;
    const found = read(text);
    expect(found.blobs.map(({ place, notPutBack }) => [place, notPutBack === undefined])).toEqual([
      ['token_unencrypted', false],
      ['sops.kms[0].enc', true],
    ]);
  });

  test('a context that is no map of texts is not guessed at', () => {
    for (const context of ['[1]', '{a: {b: c}}', '"a:b"', '{a: null}']) {
      const found = read(
        `sops:\n  kms:\n  - arn: ${ARN}\n    enc: ${blob}\n    context: ${context}\n  mac: ${mac}\n`,
      );
      expect(found.blobs[0]?.declared.encryptionContext, context).toBeNull();
      expect(found.blobs[0]?.notPutBack, context).toContain('context');
    }
  });

  test('a context that the flat formats cannot write is refused', () => {
    const list: KmsEntry[] = [{ arn: ARN, enc: blob, created_at: '2020-01-02T03:04:05Z' }];
    for (const kind of ['env', 'ini'] as const) {
      const file = Buffer.from(writeSops(kind, tree(kind), KEY, list));
      const bad: EncryptionContext[] = [{ 'a\nb': 'c' }, { a__map_b: 'c' }, { a: 'b\\nc' }];
      if (kind === 'env') bad.push({ 'a=b': 'c' });
      for (const context of bad)
        expect(() => put(file, read(file), [next({ context })]), JSON.stringify(context)).toThrow(
          'cannot be written',
        );
      const fine = next({ context: { a: 'two\nlines' } });
      expect(parseSops(kind, put(file, read(file), [fine])).sops.kms).toMatchObject([
        { context: { a: 'two\nlines' } },
      ]);
    }
  });

  test('a masked or cut enc is reported', () => {
    const found = read(`sops:\n  kms:\n  - arn: ${ARN}\n    enc: AQICAHh...\n  mac: ${mac}\n`);
    expect(found.blobs).toEqual([]);
    expect(found.findings.map(({ code }) => code)).toEqual(['undecodable-blob']);
  });
});

describe('key groups', () => {
  const wrapped = base64(assemble({ layout: 'v2', fingerprint: Buffer.alloc(32, 1) }));
  const yaml = (threshold: string) =>
    `a: x\nsops:\n${threshold}    key_groups:\n        - kms:\n            - arn: ${ARN}\n              enc: ${wrapped}\n        - age:\n            - recipient: age1\n              enc: x\n        - pgp: []\n    mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\n    version: 3.8.0\n`;
  const env = (threshold: string) =>
    `a=x\nsops_key_groups__list_0__map_kms__list_0__map_arn=${ARN}\nsops_key_groups__list_0__map_kms__list_0__map_enc=${wrapped}\nsops_key_groups__list_1__map_age__list_0__map_recipient=age1\n${threshold}sops_key_groups__list_2__map_kms__list_0__map_arn=${ARN}\nsops_mac=ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]\nsops_version=3.8.0\n`;

  test.each([
    ['yaml', yaml('    shamir_threshold: 2\n'), 2],
    ['yaml', yaml(''), 3],
    ['env', env('sops_shamir_threshold=2\n'), 2],
    ['env', env(''), 3],
  ])('say how many of them are needed, and which open without AWS KMS: %s', (kind, text, needed) => {
    expect(read(text, `a.${kind}`).blobs.map(({ keyGroup }) => keyGroup)).toEqual([
      { group: 0, needed, others: [1] },
    ]);
  });
});

const samples = process.env.REWRAP_SAMPLES ?? join(import.meta.dirname, '../../../../../../shared/samples');

test.skipIf(!existsSync(join(samples, 'sops')))('public samples (REWRAP_SAMPLES)', () => {
  const seen: Record<string, number> = {};
  for (const name of readdirSync(join(samples, 'sops'))) {
    const file = readFileSync(join(samples, 'sops', name));
    const found = scan(file, name);
    expect(put(file, found, found.blobs.map(same)), name).toBe(file.toString());
    for (const blob of found.blobs)
      expect(blob).toMatchObject({ container: 'sops', identification: { kind: 'kms-symmetric' } });
    expect(found.blobs.length + found.findings.length, name).toBeGreaterThan(0);
    seen[name] = found.blobs.length;
  }
  expect(Object.values(seen).reduce((a, b) => a + b)).toBeGreaterThanOrEqual(3);
});
