import { createHash } from 'node:crypto';
import { coverageWords } from '#shared/audit-words.ts';
import { EVIDENCE, EVIDENCE_WORDS, type EvidenceBy, weakest } from '#shared/evidence.ts';
import { count } from '#shared/format.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { subjectName } from '../findings/subjects.ts';
import type { Audit, KeySubject } from '../model.ts';
import { fileRanks, sortedInTurns } from './blob-lines.ts';
import {
  algorithmComponent,
  algorithmOf,
  type CycloneDxAlgorithm,
  keySizeBits,
  keyStateOf,
} from './cyclonedx-words.ts';
import { jsonLine, visible } from './escape.ts';
import type { Asked, ReportHeader } from './report.ts';

/** Rows and places that are gone through before others have a turn. */
const AT_ONCE = 1000;

/** A key material, or a key that no key material is known of, with the files of what is under it. */
interface KeyEntry {
  readonly id: string;
  subject: KeySubject;
  readonly algorithm: CycloneDxAlgorithm;
  readonly size: number | null;
  blobs: number;
  by: EvidenceBy;
  /** How the key of the blobs is known. */
  readonly known: Map<EvidenceBy, number>;
  readonly files: Map<number, number>;
}

/** Ciphertext of one kind, in one format of file, under one key. */
interface CiphertextEntry {
  readonly id: string;
  /** Null: not under a key of KMS. */
  readonly key: string | null;
  readonly algorithm: CycloneDxAlgorithm | null;
  readonly row: BlobRow;
  blobs: number;
  readonly files: Map<number, number>;
}

interface Inventory {
  readonly keys: readonly KeyEntry[];
  readonly ciphertexts: readonly CiphertextEntry[];
}

/** Kinds that are no ciphertext. */
const NO_CIPHERTEXT: ReadonlySet<string> = new Set(['certificate', 'private-key', 'tink-keyset', 'unknown']);

/**
 * A cryptographic bill of materials, CycloneDX 1.7: algorithms, key materials with their state in the words of NIST SP
 * 800-57, evidence and places, and ciphertext in groups. It holds no value, no date of its own and no name of this
 * machine: the same list and answers of KMS give the same bytes.
 */
export function* writeCycloneDx(
  audit: Audit,
  { coverage, gitHistory }: Asked,
  { version, connection }: ReportHeader,
): Generator<string | null> {
  const inventory = yield* gathered(audit);
  const hash = createHash('sha256');
  const put = (text: string): string => {
    hash.update(text);
    return text;
  };
  yield put(`${jsonLine(HEAD).slice(0, -1)},\n"metadata": `);
  yield put(
    jsonLine(
      metadata(
        audit,
        version,
        [
          ...coverageWords(coverage).map((words) => ['coverage', words] as const),
          ...(gitHistory == null ? [['coverage', 'Git history is not part of this list.'] as const] : []),
          ['connection', connection ?? 'not connected: what only KMS can say was not asked'],
        ],
        coverage.roots,
      ),
    ),
  );
  yield put(',\n"components": [');
  let first = true;
  for (const part of components(audit, inventory)) {
    if (part === null) yield null;
    else {
      yield put(`${first && part.begins ? '\n' : part.begins ? ',\n' : ''}${part.text}`);
      first = false;
    }
  }
  yield put('\n],\n"dependencies": [');
  first = true;
  for (const one of dependencies(inventory)) {
    yield put(`${first ? '\n' : ',\n'}${jsonLine(one)}`);
    first = false;
  }
  yield put('\n]');
  yield `,\n"serialNumber": "urn:uuid:${uuidOf(hash.digest('hex'))}"}\n`;
}

/** A name-based UUID (RFC 9562, version 8) of a hash. */
function uuidOf(hash: string): string {
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

const HEAD = {
  $schema: 'http://cyclonedx.org/schema/bom-1.7.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.7',
  version: 1,
} as const;

type Properties = readonly (readonly [string, string])[];
/** Names of our own have our own prefix, as the taxonomy of CycloneDX properties asks. */
const properties = (list: Properties) =>
  list.map(([name, value]) => ({ name: `rewrap:${name}`, value: visible(value) }));

const metadata = ({ summary }: Audit, version: string, list: Properties, roots: readonly string[]) => ({
  lifecycles: [{ phase: 'discovery' }],
  tools: { components: [{ type: 'application', name: 'rewrap', version }] },
  component: {
    type: 'data',
    'bom-ref': 'scope',
    name: visible(roots.join(', ')) || 'pasted text',
    description: `${count(summary.totals.blobs)} blobs in ${count(summary.totals.files)} files`,
  },
  properties: properties(list),
});

/** One pass over the blobs. */
function* gathered({ input, subjects }: Audit): Generator<null, Inventory> {
  const { columns } = input.snapshot;
  const keys = new Map<string, KeyEntry>();
  const ciphertexts = new Map<string, CiphertextEntry>();
  const ofCohort = columns.cohorts.map(({ row, kms }, cohort) => {
    const subject = subjects[cohort];
    if (subject === undefined || (!kms && NO_CIPHERTEXT.has(row.identification.kind))) return null;
    const algorithm = kms ? algorithmOf(row, subject.key?.spec ?? null) : null;
    const key = kms && algorithm !== null ? keyOf(keys, row, subject, algorithm) : null;
    const at = `${key?.id ?? ''}\0${row.identification.kind}\0${row.identification.label}\0${row.container}`;
    let ciphertext = ciphertexts.get(at);
    if (ciphertext === undefined) {
      ciphertext = {
        id: `ciphertext:${shortHash(at)}`,
        key: key?.id ?? null,
        algorithm,
        row,
        blobs: 0,
        files: new Map(),
      };
      ciphertexts.set(at, ciphertext);
    }
    return { key, ciphertext, by: subject.by };
  });
  for (let i = 0; i < columns.rows.length; i += 1) {
    if (i % AT_ONCE === 0) yield null;
    const of = ofCohort[columns.cohort[i] ?? -1];
    if (of == null) continue;
    const file = columns.file[i] ?? 0;
    of.ciphertext.blobs += 1;
    of.ciphertext.files.set(file, (of.ciphertext.files.get(file) ?? 0) + 1);
    if (of.key === null) continue;
    of.key.blobs += 1;
    of.key.files.set(file, (of.key.files.get(file) ?? 0) + 1);
    of.key.known.set(of.by, (of.key.known.get(of.by) ?? 0) + 1);
  }
  const byId = <T extends { readonly id: string }>(a: T, b: T): number =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  return {
    keys: yield* sortedInTurns([...keys.values()], byId),
    ciphertexts: yield* sortedInTurns([...ciphertexts.values()], byId),
  };
}

function keyOf(
  keys: Map<string, KeyEntry>,
  row: BlobRow,
  subject: KeySubject,
  algorithm: CycloneDxAlgorithm,
): KeyEntry {
  const { keyFingerprint } = row.identification;
  const id = `key:${shortHash(keyFingerprint === null ? `${subject.id}\0${row.sizeBytes}` : keyFingerprint)}`;
  const known = keys.get(id);
  if (known === undefined) {
    const made: KeyEntry = {
      id,
      subject,
      algorithm,
      size: keySizeBits(row, algorithm),
      blobs: 0,
      by: subject.by,
      known: new Map(),
      files: new Map(),
    };
    keys.set(id, made);
    return made;
  }
  // The best name of a key material is the one that is known best; what holds for all of its blobs is the weakest.
  if (EVIDENCE.indexOf(subject.by) < EVIDENCE.indexOf(known.subject.by)) known.subject = subject;
  known.by = weakest(known.by, subject.by);
  return known;
}

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** `begins`: a component, as against more of one. */
interface Part {
  readonly text: string;
  readonly begins: boolean;
}

function* components(audit: Audit, { keys, ciphertexts }: Inventory): Generator<Part | null> {
  const { columns } = audit.input.snapshot;
  const rank = yield* fileRanks(columns);
  const used = new Set([...keys, ...ciphertexts].flatMap(({ algorithm }) => algorithm ?? []));
  for (const algorithm of [...used].sort())
    yield { text: jsonLine(algorithmComponent(algorithm)), begins: true };
  for (const key of keys) yield* withPlaces(keyComponent(key), key.files, columns.files, rank);
  // Blobs of KMS have their places with their key.
  for (const one of ciphertexts)
    yield* withPlaces(
      ciphertextComponent(one),
      one.key === null ? one.files : new Map(),
      columns.files,
      rank,
    );
}

/** A component with the files it stands in; there may be 100,000. */
function* withPlaces(
  component: object,
  files: ReadonlyMap<number, number>,
  names: readonly string[],
  rank: Int32Array,
): Generator<Part | null> {
  const text = jsonLine(component);
  if (files.size === 0) {
    yield { text, begins: true };
    return;
  }
  yield { text: `${text.slice(0, -1)},"evidence":{"occurrences":[`, begins: true };
  const order = yield* sortedInTurns(
    [...files],
    (a, b) => (rank[a[0]] ?? 0) - (rank[b[0]] ?? 0) || a[0] - b[0],
  );
  for (const [i, [file, blobs]] of order.entries()) {
    if (i % AT_ONCE === 0) yield null;
    const place = {
      location: visible(names[file] ?? ''),
      ...(blobs === 1 ? {} : { additionalContext: `${count(blobs)} blobs` }),
    };
    yield { text: `${i === 0 ? '\n  ' : ',\n  '}${jsonLine(place)}`, begins: false };
  }
  yield { text: ']}}', begins: false };
}

function keyComponent({ id, subject, algorithm, size, blobs, by, known, files }: KeyEntry): object {
  const { key, label, alias, account, region, fingerprint, materialId, gone } = subject;
  const state = keyStateOf(subject);
  const list: [string, string | null][] = [
    ['key', key?.arn ?? label],
    ['alias', key?.aliases[0] ?? alias],
    ['account', account],
    ['region', region],
    ['keyMaterialId', materialId],
    ['keyMaterialFingerprint', fingerprint],
    ['keySpec', key?.spec ?? null],
    ['keyState', gone ? 'KMS knows no key of this name' : (key?.state ?? null)],
    ['origin', key?.origin ?? null],
    ['manager', key?.manager ?? null],
    ['evidence', EVIDENCE_WORDS[by]],
    ...EVIDENCE.flatMap((how): [string, string][] => {
      const n = known.get(how);
      return n === undefined ? [] : [['blobs', `${n} ${EVIDENCE_WORDS[how]}`]];
    }),
    ['blobs:total', String(blobs)],
    ['files', String(files.size)],
  ];
  return {
    type: 'cryptographic-asset',
    'bom-ref': id,
    name: visible(subjectName(subject)),
    cryptoProperties: {
      assetType: 'related-crypto-material',
      relatedCryptoMaterialProperties: {
        type: algorithm === 'AES-256-GCM' ? 'secret-key' : 'private-key',
        id: visible(materialId ?? key?.keyId ?? fingerprint ?? label ?? id),
        ...(state === null ? {} : { state }),
        ...(key?.createdAt == null || key.materials !== 1 ? {} : { creationDate: key.createdAt }),
        ...(size === null ? {} : { size }),
        ...(key?.origin === 'AWS_KMS' || key?.origin === 'AWS_CLOUDHSM'
          ? { securedBy: { mechanism: 'HSM' } }
          : {}),
        relatedCryptographicAssets: [{ type: 'algorithm', ref: algorithmRef(algorithm) }],
      },
    },
    properties: properties(list.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))),
  };
}

function ciphertextComponent({ id, key, algorithm, row, blobs, files }: CiphertextEntry): object {
  const { kind, label } = row.identification;
  const related = [
    ...(key === null ? [] : [{ type: 'key', ref: key }]),
    ...(algorithm === null ? [] : [{ type: 'algorithm', ref: algorithmRef(algorithm) }]),
  ];
  return {
    type: 'cryptographic-asset',
    'bom-ref': id,
    name: `${label} in ${row.container}`,
    cryptoProperties: {
      assetType: 'related-crypto-material',
      relatedCryptoMaterialProperties: {
        type: 'ciphertext',
        ...(related.length === 0 ? {} : { relatedCryptographicAssets: related }),
      },
    },
    properties: properties([
      ['kind', kind],
      ['container', row.container],
      ['blobs:total', String(blobs)],
      ['files', String(files.size)],
    ]),
  };
}

const algorithmRef = (algorithm: CycloneDxAlgorithm): string => `algorithm:${algorithm}`;

function* dependencies({ keys, ciphertexts }: Inventory): Generator<object> {
  yield { ref: 'scope', dependsOn: ciphertexts.map(({ id }) => id) };
  for (const { id, algorithm } of keys) yield { ref: id, dependsOn: [algorithmRef(algorithm)] };
  for (const { id, key, algorithm } of ciphertexts) {
    const on = key ?? (algorithm === null ? null : algorithmRef(algorithm));
    yield { ref: id, ...(on === null ? {} : { dependsOn: [on] }) };
  }
}
