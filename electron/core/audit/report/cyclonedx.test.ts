import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { AuditKey } from '#shared/model/audit.ts';
import { arnOf, HOSTILE, input, key, reportText, row, STATED } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';

/** The official schemas of CycloneDX 1.7, from github.com/CycloneDX/specification. */
function bomSchema(): ValidateFunction {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`./fixtures/cyclonedx-1.7-${name}.json`, import.meta.url), 'utf8'));
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  addFormats.default(ajv, { mode: 'full' });
  // Names of countries and mail in other scripts, which a bill of materials of ours has none of.
  ajv.addFormat('idn-email', true).addFormat('iri-reference', true);
  for (const name of ['spdx', 'jsf', 'cryptography']) ajv.addSchema(read(name));
  return ajv.compile(read('bom'));
}

const valid = bomSchema();
interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly cryptoProperties: {
    readonly assetType: string;
    readonly relatedCryptoMaterialProperties?: Record<string, unknown>;
  };
  readonly evidence?: { readonly occurrences: { location: string; additionalContext?: string }[] };
  readonly properties?: { name: string; value: string }[];
}
interface Bom {
  readonly serialNumber: string;
  readonly components: readonly Component[];
  readonly dependencies: readonly { ref: string; dependsOn?: string[] }[];
}

type Made = ReturnType<typeof makeAudit>;
const textOf = (audit: Made, header = STATED): string => reportText(audit, 'cyclonedx', { header });
function bomOf(audit: Made): Bom {
  const bom = JSON.parse(textOf(audit));
  expect(valid(bom), JSON.stringify(valid.errors?.slice(0, 3))).toBe(true);
  return bom;
}
const keysOf = ({ components }: Bom): Component[] =>
  components.filter((one) => one['bom-ref'].startsWith('key:'));
const M = (n: number): string => String(n).repeat(64);

describe('a CycloneDX 1.7 bill of materials', () => {
  it('is valid by the official schema, with hostile names, and refers to what is there', () => {
    const rows = HOSTILE.map((name, i) =>
      row({ file: name, place: name, keyArn: arnOf('k'), material: M(i % 3), context: { [name]: name } }),
    );
    const bom = bomOf(makeAudit(input(rows, [key('k', { aliases: ['alias/<img src=x>'] })])));
    const refs = ['scope', ...bom.components.map((one) => one['bom-ref'])];
    expect(new Set(refs).size).toBe(refs.length);
    for (const { ref, dependsOn = [] } of bom.dependencies)
      for (const each of [ref, ...dependsOn]) expect(refs).toContain(each);
    expect(keysOf(bom)).toHaveLength(3);
    const places = keysOf(bom).flatMap(({ evidence }) => evidence?.occurrences ?? []);
    expect(places).toHaveLength(HOSTILE.length);
  });

  it('groups ciphertext, counts it, and holds no value of it', () => {
    const rows = [
      row({ file: 'a', material: M(1), keyArn: arnOf('k') }),
      row({ file: 'a', material: M(1) }),
      row({ file: 'b', material: M(1) }),
    ];
    const audit = makeAudit(input(rows, []));
    const bom = bomOf(audit);
    const [material] = keysOf(bom);
    expect(material?.evidence?.occurrences).toEqual([
      { location: 'a', additionalContext: '2 blobs' },
      { location: 'b' },
    ]);
    expect(material?.properties).toContainEqual({
      name: 'rewrap:evidence',
      value: expect.stringMatching('inferred'),
    });
    const ciphertexts = bom.components.filter((one) => one['bom-ref'].startsWith('ciphertext:'));
    expect(ciphertexts).toHaveLength(1);
    expect(ciphertexts[0]?.cryptoProperties.relatedCryptoMaterialProperties).toEqual({
      type: 'ciphertext',
      relatedCryptographicAssets: [
        { type: 'key', ref: material?.['bom-ref'] },
        { type: 'algorithm', ref: 'algorithm:AES-256-GCM' },
      ],
    });
    expect(ciphertexts[0]?.properties).toContainEqual({ name: 'rewrap:blobs:total', value: '3' });
    const text = textOf(audit);
    for (const { sha256 } of rows) expect(text).not.toContain(sha256);
    expect(text).not.toContain('"value":""');
    expect(JSON.stringify(bom.components)).not.toMatch(/"relatedCryptoMaterialProperties":\{[^}]*"value"/);
  });

  it.each<[Partial<AuditKey>, string | undefined]>([
    [{ state: 'Enabled', materials: 1 }, 'active'],
    [{ state: 'Enabled', materials: 2, currentKeyMaterialId: M(9) }, undefined],
    [{ state: 'Disabled' }, 'suspended'],
    [{ state: 'PendingImport' }, 'suspended'],
    [{ state: 'Creating' }, 'pre-activation'],
    [{ state: 'PendingDeletion' }, 'deactivated'],
    [{ state: null }, undefined],
  ])('says the state in the words of SP 800-57: %j is %s', (over, state) => {
    const bom = bomOf(
      makeAudit(input([row({ file: 'a', keyArn: arnOf('k'), material: M(1) })], [key('k', over)])),
    );
    const [material] = keysOf(bom);
    expect(material?.cryptoProperties.relatedCryptoMaterialProperties?.state).toBe(state);
  });

  it('is the same bytes for the same input, whatever the day', () => {
    const audit = () =>
      makeAudit(
        input([row({ file: 'a', keyArn: arnOf('k') }), row({ file: 'z', material: M(4) })], [key('k')]),
      );
    const later = { ...STATED, at: '2031-01-01T00:00:00.000Z', history: { count: 9, hash: 'f'.repeat(64) } };
    expect(textOf(audit(), later)).toBe(textOf(audit()));
    const other = makeAudit(input([row({ file: 'other', keyArn: arnOf('k') })], [key('k')]));
    expect(bomOf(other).serialNumber).not.toBe(bomOf(audit()).serialNumber);
    expect(bomOf(other).serialNumber).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });
});
