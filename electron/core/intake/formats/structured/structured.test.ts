import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Document } from 'yaml';
import { manyRuns } from '../../../../../tools/many-runs.ts';
import { madeUpBlob } from '../../blob.test-help.ts';
import { type FoundBlob, type NewBlob, rewrite, type Scan, scan } from '../../index.ts';

const base64 = (blob: Uint8Array) => Buffer.from(blob).toString('base64');
const read = (text: string | Uint8Array, name = 'x'): Scan => scan(Buffer.from(text), name);
const places = (text: string, name?: string) =>
  read(text, name).blobs.map(({ place, container }) => [container, place]);
const ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const next = (bytes: Uint8Array, keyArn = `${ARN}1`): NewBlob => ({
  bytes,
  keyArn,
  sourceKeyArn: ARN,
  algorithm: 'SYMMETRIC_DEFAULT',
  sourceAlgorithm: 'SYMMETRIC_DEFAULT',
  keyMaterialId: null,
  sourceKeyMaterialId: null,
  context: null,
  at: '2026-11-24T08:00:00Z',
});
const put = (file: Uint8Array, found: Scan, change: (blob: FoundBlob, i: number) => NewBlob): string =>
  Buffer.from(
    rewrite(
      file,
      found,
      found.blobs.map((blob, i) => ({ found: blob, next: change(blob, i) })),
    ),
  ).toString('latin1');

/** Ways in which a blob is written as text. */
const WRITINGS: readonly ((blob: Uint8Array) => string)[] = [
  base64,
  (blob) => base64(blob).replaceAll('=', ''),
  (blob) => Buffer.from(blob).toString('base64url'),
  (blob) => Buffer.from(blob).toString('hex'),
  (blob) => Buffer.from(blob).toString('hex').toUpperCase(),
  (blob) => base64(Buffer.from(base64(blob))),
];
const wrapped = (text: string, width: number, between: string) =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(between);

const blobs = fc
  .tuple(fc.integer({ min: 1, max: 35 }), fc.constantFrom('v1' as const, 'v2' as const))
  .map(([n, layout]) => madeUpBlob(n, layout));

interface Written {
  readonly text: string;
  readonly name: string;
}

/** Files of every syntax around the same values, in odd dress. */
const FILES: Record<string, (values: readonly string[], salt: number) => Written> = {
  json: (values, salt) => ({
    name: 'a',
    text: JSON.stringify(
      { ü: values.map((v, i) => (i % 2 ? { deep: [v, 1] } : v)), n: null },
      null,
      salt % 5,
    ),
  }),
  'json-lines': (values) => ({
    name: 'a.log',
    text: [...values, ''].map((v, i) => JSON.stringify({ i, v, t: 'ü' })).join('\r\n'),
  }),
  yaml: (values, salt) => ({
    name: salt % 2 ? 'a.yml' : 'a',
    text: `# é\n${new Document({
      a: { list: values, map: Object.fromEntries(values.map((v, i) => [`k${i}`, v])) },
    }).toString({
      indent: 1 + (salt % 6),
      lineWidth: 0,
      defaultStringType:
        (['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const)[salt % 5] ??
        'PLAIN',
      defaultKeyType: 'PLAIN',
      collectionStyle: salt % 3 === 0 ? 'flow' : 'any',
    })}`,
  }),
  dotenv: (values, salt) => ({
    name: '.env',
    text: `# ü\n${values.map((v, i) => `${salt % 2 ? 'export ' : ''}A${i}=${['', '"', "'"][salt % 3]}${v}${['', '"', "'"][salt % 3]}${salt % 5 ? '' : ' # c'}`).join(salt % 7 ? '\n' : '\r\n')}`,
  }),
  ini: (values, salt) => ({
    name: 'a',
    text: `; ü\n${values.map((v, i) => `[s${i}]\n  key${salt % 2 ? ' = ' : '='}${v}\n`).join('\n')}`,
  }),
  csv: (values, salt) => ({
    name: 'a',
    text: `id${salt % 2 ? ';' : ','}blob\r\n${values.map((v, i) => `${i}${salt % 2 ? ';' : ','}${salt % 3 ? v : `"${v}"`}`).join('\r\n')}\r\n`,
  }),
  toml: (values, salt) => ({
    name: 'a.toml',
    text: values
      .map(
        (v, i) =>
          `[t.n${i}]\nv = ${['"', "'", '"""', "'''"][salt % 4]}${v}${['"', "'", '"""', "'''"][salt % 4]}\nl = [ "${v}", ]\n`,
      )
      .join('# ü\n'),
  }),
  hcl: (values, salt) => ({
    name: 'a',
    text: values
      .map(
        (v, i) =>
          `resource "x" "n${i}" {\n  v = "${v}" // ü\n  h = <<-EOT\n    ${salt % 2 ? v : wrapped(v, 64, '\n    ')}\n  EOT\n}\n`,
      )
      .join('\n'),
  }),
  text: (values, salt) => ({
    name: 'notes.md',
    text: values
      .map((v, i) => `${'ü '.repeat(i)}see ${salt % 2 ? `\`${v}\`` : `<${v}>`}, please.`)
      .join('\n\n'),
  }),
};

const files = fc
  .record({
    kind: fc.constantFrom(...Object.keys(FILES)),
    values: fc.array(fc.tuple(blobs, fc.integer({ min: 0, max: WRITINGS.length - 1 })), {
      minLength: 1,
      maxLength: 4,
    }),
    salt: fc.nat(1000),
    mark: fc.boolean(),
  })
  .map(({ kind, values, salt, mark }) => {
    const texts = values.map(([blob, how]) => WRITINGS[how]?.(blob) ?? '');
    const { text, name } = FILES[kind]?.(texts, salt) ?? { text: '', name: '' };
    return {
      kind,
      name,
      texts,
      values: values.map(([blob]) => blob),
      file: Buffer.from((mark ? '\ufeff' : '') + text),
    };
  });

describe('round trips', () => {
  test('every value is found in its syntax; the same blob gives the same file', () => {
    fc.assert(
      fc.property(files, ({ kind, name, file, values }) => {
        const found = read(file, name);
        const all = new Set(found.blobs.map(({ bytes }) => base64(bytes)));
        expect([...all].sort(), file.toString()).toEqual([...new Set(values.map(base64))].sort());
        expect(new Set(found.blobs.map(({ container }) => container))).toEqual(new Set([kind]));
        expect(new Set(found.blobs.map(({ place }) => place)).size).toBe(found.blobs.length);
        expect(put(file, found, ({ bytes }) => next(bytes.slice()))).toBe(file.toString('latin1'));
      }),
      { numRuns: manyRuns(500) },
    );
  });

  test('another blob: only its own bytes differ, and it is read at the same place', () => {
    fc.assert(
      fc.property(files, blobs, ({ name, file }, blob) => {
        const found = read(file, name);
        const after = put(file, found, () => next(blob));
        const again = read(Buffer.from(after, 'latin1'), name);
        expect(again.blobs.map(({ place, bytes }) => [place, base64(bytes)])).toEqual(
          found.blobs.map(({ place }) => [place, base64(blob)]),
        );
        // What stands between the ranges is what stood there.
        const between = (bytes: Buffer, ranges: readonly FoundBlob[]) =>
          [...ranges.map(({ range }) => range), { start: bytes.length, end: 0 }].map(({ start }, i) =>
            bytes.toString('latin1', i === 0 ? 0 : (ranges[i - 1]?.range.end ?? 0), start),
          );
        expect(between(Buffer.from(after, 'latin1'), again.blobs)).toEqual(between(file, found.blobs));
      }),
      { numRuns: manyRuns(500) },
    );
  });
});

describe('places', () => {
  const blob = base64(madeUpBlob());

  test.each([
    [`{"a": [{"b": "${blob}"}]}`, 'json', 'a[0].b'],
    [`{"a":1}\n{"b":"${blob}"}`, 'json-lines', 'line 2: b'],
    [`a:\n- x\n- >-\n  ${blob}\n`, 'yaml', 'a[1]'],
    [`A=1\nB='${blob}'\n`, 'dotenv', 'B'],
    [`[a]\nb = ${blob}\n`, 'ini', 'a.b'],
    [`id,blob\n1,${blob}\n`, 'csv', 'line 2, column "blob"'],
    [`[a]\nb = "${blob}"\n`, 'toml', 'a.b'],
    [`a "b" {\n  c = "${blob}"\n}\n`, 'hcl', 'a.b.c'],
    [`First line.\nü see ${blob}, here.\n`, 'text', 'line 2, column 7'],
    [`{"a": "prefix:${blob}!"}`, 'json', 'a, character 8'],
    [`a: b # ${blob}\n`, 'yaml', 'line 1, column 8'],
    [`curl -d "$(echo ${wrapped(blob, 64, '\n')} | x)"\n`, 'text', 'line 1, column 17'],
  ])('%s', (text, container, place) => {
    expect(places(text)).toEqual([[container, place]]);
  });

  test('UTF-16', () => {
    const file = Buffer.from(`\ufeffDSN=ü\r\nKEY=${blob}\r\n`, 'utf16le');
    const found = read(file);
    expect(found.blobs.map(({ place, container }) => [place, container])).toEqual([['KEY', 'dotenv']]);
    const other = madeUpBlob(3);
    expect(
      Buffer.from(
        put(file, found, () => next(other)),
        'latin1',
      ).toString('utf16le'),
    ).toBe(`\ufeffDSN=ü\r\nKEY=${base64(other)}\r\n`);
  });

  test('names that stand twice are kept apart', () => {
    const n = 20_000;
    const text = `a {\n${`  x = "${blob}"\n`.repeat(n)}}\n`;
    const found = read(text);
    expect(new Set(found.blobs.map(({ place }) => place)).size).toBe(n);
    expect(found.blobs[2]?.place).toBe('a.x (3)');
  });
});

describe('what is not taken', () => {
  const random = base64(randomBytes(256));

  test('random base64 of an RSA size, unless its name says ciphertext', () => {
    expect(places(JSON.stringify({ signature: random, x: [random] }))).toEqual([]);
    expect(places(JSON.stringify({ encrypted_password: random, x: { kmsBlobs: [random] } }))).toEqual([
      ['json', 'encrypted_password'],
      ['json', 'x.kmsBlobs[0]'],
    ]);
    expect(places(`see ${random}\n`)).toEqual([]);
  });

  test('a blob within a longer run of letters belongs to something else', () => {
    const blob = base64(madeUpBlob());
    for (const text of [`see A${blob}`, `see x/${blob}`]) expect(places(text), text).toEqual([]);
    const [followed] = read(`see ${blob.replace(/=+$/, '')}AAAA`).blobs;
    expect(followed?.notPutBack).toContain('other letters behind it');
  });

  test('plain files cost nothing and give nothing', () => {
    for (const text of ['hello', 'a: b\n', '{"kms": "x"}', 'blob,kms\n1,2\n', ''])
      expect(read(text)).toMatchObject({ blobs: [], findings: [] });
  });
});

describe('the key beside a blob', () => {
  const blob = base64(madeUpBlob());

  test('is declared and follows, when it is exactly a key ARN beside one blob', () => {
    for (const text of [
      JSON.stringify({ ciphertext: blob, key_arn: ARN, arn: 'x' }),
      `secret: ${blob}\nkmsKeyId: '${ARN}' # c\n`,
    ]) {
      const found = read(text);
      expect(found.blobs[0]?.declared.keyArn).toBe(ARN);
      const other = madeUpBlob(3);
      expect(put(Buffer.from(text), found, () => next(other, `${ARN}9`))).toBe(
        text.replace(blob, base64(other)).replace(ARN, `${ARN}9`),
      );
      expect(put(Buffer.from(text), found, ({ bytes }) => next(bytes, ARN))).toBe(text);
    }
  });

  test('is left alone otherwise', () => {
    for (const json of [
      { a: blob, keyArn: 'arn:aws:iam::111122223333:role/x' },
      { a: blob, b: base64(madeUpBlob()), keyArn: ARN },
      { a: blob, keyArn: ARN, kms_key_id: ARN },
      { a: { blob }, keyArn: ARN },
      { a: blob, note: ARN },
    ])
      expect(read(JSON.stringify(json)).blobs.map(({ linkedValues }) => linkedValues)).toEqual(
        read(JSON.stringify(json)).blobs.map(() => []),
      );
  });
});

describe('speed', () => {
  const timed = (file: Buffer, name: string): [number, Scan] => {
    const before = performance.now();
    const found = scan(file, name);
    return [performance.now() - before, found];
  };

  test('thousands of blobs in any syntax', () => {
    const blobs = manyRuns(5000, 1000);
    const values = Array.from({ length: blobs }, (_, i) => base64(madeUpBlob(1 + (i % 35))));
    for (const [kind, write] of Object.entries(FILES)) {
      const { text, name } = write(values, 2);
      const [ms, found] = timed(Buffer.from(text), name);
      expect(new Set(found.blobs.map(({ bytes }) => base64(bytes))).size, kind).toBe(blobs);
      if (process.env.REWRAP_FIGURES)
        console.log(kind, `${(text.length / 1e6).toFixed(1)} MB`, `${ms.toFixed(0)} ms`);
    }
  });

  test('more blobs than are listed: said', () => {
    const blob = base64(madeUpBlob(1));
    const found = read(`${`x ${blob}\n`.repeat(200_050)}`);
    expect(found.blobs).toHaveLength(200_000);
    expect(found.findings.map(({ code }) => code)).toEqual(['too-many-blobs']);
    expect(
      createHash('sha256')
        .update(found.blobs.at(-1)?.bytes ?? Buffer.of())
        .digest(),
    ).toHaveLength(32);
  });
});

test('a map named as a context that holds ciphertext itself is no context: each blob is put back on its own', () => {
  const inner = madeUpBlob();
  const outer = madeUpBlob();
  for (const value of [base64(inner), `token ${base64(inner)}`]) {
    const file = Buffer.from(JSON.stringify({ data: base64(outer), context: { token: value } }));
    const found = read(file);
    expect(found.blobs.map(({ place }) => place.split(',')[0])).toEqual(['data', 'context.token']);
    const written = put(file, found, ({ bytes }) => ({
      ...next(Buffer.concat([bytes, bytes])),
      context: { a: 'b' },
    }));
    expect(JSON.parse(written)).toMatchObject({ context: { token: expect.any(String) } });
  }
});
