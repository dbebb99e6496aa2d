import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlobDetail, type Field } from '#shared/model/blob.ts';
import { manyRuns } from '../../../tools/many-runs.ts';
import { assemble } from './assemble.test-help.ts';
import { decode, identify } from './index.ts';
import { LOOK_ALIKES } from './look-alikes.test-help.ts';

const LAYOUTS = ['v0', 'v1', 'v2'] as const;

/** The fields cover `[from, to)` in order without gap or overlap, and so do children where they reach. */
function expectTiles(fields: readonly Field[], from: number, to: number): void {
  let at = from;
  for (const one of fields) {
    expect(one.offset).toBe(at);
    expect(one.length).toBeGreaterThan(0);
    at += one.length;
    let inner = one.offset;
    for (const child of one.children) {
      expect(child.offset).toBeGreaterThanOrEqual(inner);
      inner = child.offset + child.length;
      expect(inner).toBeLessThanOrEqual(one.offset + one.length);
      expectTiles([child], child.offset, inner);
    }
  }
  expect(at).toBe(to);
}

function check(bytes: Uint8Array): void {
  const decoded = decode(bytes);
  expect(decoded.identification).toEqual(identify(bytes));
  expectTiles(decoded.fields, 0, bytes.length);
  BlobDetail.shape.fields.parse(decoded.fields);
  BlobDetail.shape.findings.parse(decoded.findings);
  BlobDetail.shape.summary.parse(decoded.summary);
  for (const finding of decoded.findings)
    if (finding.range !== null) expect(finding.range.end).toBeLessThanOrEqual(bytes.length);
  expect(decoded.summary.length).toBeGreaterThan(0);
}

function find(fields: readonly Field[], name: string): Field | undefined {
  for (const one of fields) {
    const hit = one.name === name ? one : find(one.children, name);
    if (hit !== undefined) return hit;
  }
  return undefined;
}

describe('decode', () => {
  test('v2, down to each ASN.1 field', () => {
    const blob = assemble({ layout: 'v2', plaintextBytes: 32 });
    const { fields, identification, summary, findings } = decode(blob);
    expect(fields.map((one) => [one.name, one.offset, one.length])).toEqual([
      ['blob version', 0, 1],
      ['layout', 1, 1],
      ['operation', 2, 1],
      ['algorithm', 3, 2],
      ['key material fingerprint', 5, 32],
      ['derivation', 37, 1],
      ['salt', 38, 16],
      ['CMS length', 54, 4],
      ['ContentInfo', 58, 126],
    ]);
    expect(find(fields, 'CMS length')?.value).toBe('126');
    expect(find(fields, 'algorithm')?.evidence).toBe('observed');
    const nonce = find(fields, 'aes-nonce');
    expect(nonce).toMatchObject({ value: identification.gcmNonce, evidence: 'documented' });
    expect(find(fields, 'aes-ICVlen')?.value).toBe('16');
    expect(find(fields, 'contentEncryptionAlgorithm')?.children.at(1)?.value).toContain('aes256-GCM');
    expect(find(fields, 'encryptedContent')).toMatchObject({ offset: 123, length: 61, evidence: 'observed' });
    expect(summary.some((line) => line.source === 'bytes' && line.text.includes('exactly 32 bytes'))).toBe(
      true,
    );
    expect(findings).toEqual([]);
    const concluded = summary.filter((line) => line.source === 'conclusion').map((line) => line.text);
    expect(concluded.join(' ')).toContain('does not say whether it has an encryption context');
    expect(concluded.join(' ')).toContain('AWS does not document this layout');
  });

  test('v0 shows the wrapper and the wrapped blob', () => {
    const blob = assemble({ layout: 'v0' });
    const { fields } = decode(blob);
    expect(fields.map((one) => one.name)).toEqual([
      'wrapper field 1',
      'key material fingerprint',
      'wrapper field 2',
      'wrapped blob',
    ]);
    expect(find(fields, 'encryptedContent')?.length).toBe(61);
  });

  test('the place of damage is pointed at', () => {
    const cut = decode(assemble({ layout: 'v2' }).subarray(0, -12));
    expect(cut.findings[0]).toMatchObject({ code: 'truncated', severity: 'warning' });
    expect(cut.findings[0]?.evidence[0]).toContain('ends 12 bytes early, inside encryptedContent');
    const blob = assemble({ layout: 'v2' });
    const longer = decode(Buffer.concat([blob, Buffer.from([0x0a])]));
    expect(longer.findings[0]).toMatchObject({ code: 'trailing-bytes', range: { start: 184, end: 185 } });
    expect(longer.fields.at(-1)).toMatchObject({ name: 'trailing bytes', length: 1 });
    expect(find(longer.fields, 'aes-nonce')).toBeDefined();
  });

  test('no age and no context is ever claimed', () => {
    for (const layout of LAYOUTS) {
      const { summary } = decode(assemble({ layout }));
      expect(JSON.stringify(summary)).not.toMatch(/\b(old|new|20\d\d|created)\b/i);
      expect(JSON.stringify(summary)).toContain('encryption context and age are not in the bytes');
    }
  });

  test('arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), check), { numRuns: manyRuns(2000) });
  });

  test('arbitrary bytes after each known beginning', () => {
    const start = fc.constantFrom(
      [1, 1],
      [1, 2],
      [1, 1, 2, 0, 0x78],
      [1, 2, 2, 0, 0x78],
      [0x0a, 0x20],
      [1, 0x80, 3, 0x78],
      [1, 0x80, 0, 0x14],
      [2, 5, 0x78],
      [0x30, 0x82],
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 600 }), (head, rest) =>
        check(Uint8Array.from([...head, ...rest])),
      ),
      { numRuns: manyRuns(3000) },
    );
  });

  test('valid blobs with bytes changed, cut out or put in', () => {
    const edit = fc.record({ at: fc.nat(260), drop: fc.nat(4), put: fc.uint8Array({ maxLength: 4 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...LAYOUTS),
        fc.integer({ min: 1, max: 120 }),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (layout, plaintextBytes, edits) => {
          let blob = Buffer.from(assemble({ layout, plaintextBytes }));
          for (const { at, drop, put } of edits)
            blob = Buffer.concat([blob.subarray(0, at), put, blob.subarray(at + drop)]);
          check(blob);
        },
      ),
      { numRuns: manyRuns(2000) },
    );
  });

  test('look-alikes with bytes changed, cut out or put in', () => {
    const made = LOOK_ALIKES().map((one) => one.bytes);
    const edit = fc.record({ at: fc.nat(400), drop: fc.nat(6), put: fc.uint8Array({ maxLength: 6 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...made),
        fc.array(edit, { minLength: 0, maxLength: 4 }),
        fc.nat(2000),
        (bytes, edits, keep) => {
          let changed = Buffer.from(bytes);
          for (const { at, drop, put } of edits)
            changed = Buffer.concat([changed.subarray(0, at), put, changed.subarray(at + drop)]);
          check(changed.subarray(0, keep < 1500 ? changed.length : keep - 1500));
        },
      ),
      { numRuns: manyRuns(4000) },
    );
  });

  test.each(LAYOUTS)('%s cut at every offset', (layout) => {
    const blob = assemble({ layout });
    for (let length = 0; length <= blob.length; length++) check(blob.subarray(0, length));
  });

  test('deep and wide ASN.1 in the CMS part', () => {
    for (const filler of [0x30, 0x00, 0xa0]) {
      const blob = Buffer.alloc(6100, filler);
      blob.set([1, 1, 2, 0, 0x78]);
      blob.writeUInt32BE(6100 - 41, 37);
      check(blob);
    }
  });
});
