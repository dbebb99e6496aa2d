import type { AuditKey } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Coverage } from '#shared/model/coverage.ts';
import { EvidenceModel } from '../key-material/index.ts';
import { makeSnapshot } from './list/audit-snapshot.ts';
import type { Audit, CountInput, SnapshotInput } from './model.ts';
import { auditReport } from './report/audit-report.ts';
import type { PlaceLookup } from './report/audit-results.ts';
import { deletionReport } from './report/deletion-report.ts';
import type { Report } from './report/report.ts';
import { writeReport } from './report/write-report.ts';

export const NOW = Date.parse('2026-11-24T12:00:00Z');
export const CALLER = {
  arn: 'arn:aws:iam::111122223333:user/auditor',
  account: '111122223333',
  region: 'us-east-1',
  connection: 'AWS prod · us-east-1 · 111122223333',
  practice: false,
};
export const arnOf = (id: string, account = '111122223333', region = 'us-east-1'): string =>
  `arn:aws:kms:${region}:${account}:key/${id}`;
export const STATED = {
  at: '2026-11-24T12:00:00.000Z',
  version: '1.0.0',
  history: { count: 3, hash: 'ab'.repeat(32) },
  connection: 'practice KMS · us-east-1 · 111122223333',
  paths: ['/srv/vault'],
};

export const COVERAGE: Coverage = {
  reading: false,
  roots: ['vault'],
  files: {
    read: 12,
    withBlobs: 7,
    withFindings: 1,
    withoutCiphertext: 3,
    records: 1,
    archives: 0,
    inArchives: 0,
  },
  pasted: 0,
  skipped: [
    {
      code: 'symlink',
      what: 'Links, not followed',
      count: 2,
      examples: ['vault/<b>link', 'vault/=link'],
    },
    { code: 'too-large', what: 'Larger than Rewrap reads (64 MiB)', count: 1, examples: ['vault/huge.iso'] },
  ],
  removed: 0,
};

let next = 1;

/** A symmetric KMS blob of the list. */
export function row(more: {
  file: string;
  repository?: string;
  place?: string;
  material?: string | null;
  keyArn?: string | null;
  context?: Record<string, string> | null;
  createdAt?: string;
  kind?: BlobRow['identification']['kind'];
  algorithm?: string;
}): BlobRow {
  const kind = more.kind ?? 'kms-symmetric';
  return {
    id: `b${next++}`,
    sourceId: more.file,
    file: more.file,
    repository: more.repository ?? null,
    place: more.place ?? '',
    container: 'raw',
    encoding: 'binary',
    sizeBytes: 200,
    sha256: `${next}`.padStart(64, '0'),
    declared: {
      keyArn: more.keyArn ?? null,
      encryptionContext: more.context ?? null,
      createdAt: more.createdAt ?? null,
      algorithm: more.algorithm ?? null,
    },
    identification: {
      kind,
      label: kind === 'kms-symmetric' ? 'KMS symmetric, v2' : kind,
      layout: null,
      keyFingerprint: more.material === undefined ? 'aa'.repeat(32) : more.material,
      plaintextBytes: 32,
      gcmNonce: null,
      producedBy: null,
      reencryptable: kind === 'kms-symmetric',
      reason: null,
    },
    worst: null,
    findings: [],
  };
}

export function key(id: string, more: Partial<AuditKey> = {}): AuditKey {
  return {
    arn: arnOf(id),
    keyId: id,
    aliases: [`alias/${id}`],
    account: '111122223333',
    region: 'us-east-1',
    state: 'Enabled',
    spec: 'SYMMETRIC_DEFAULT',
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    multiRegion: false,
    otherRegions: [],
    createdAt: '2024-01-01T00:00:00.000Z',
    deletionDate: null,
    rotation: { enabled: true, periodDays: 365, lastAt: null },
    lastUse: {
      operation: 'Decrypt',
      at: '2026-11-20T00:00:00.000Z',
      trackedSince: '2026-01-01T00:00:00.000Z',
    },
    currentKeyMaterialId: null,
    materials: null,
    policyNames: [],
    deletionGuarded: true,
    usage: 'ENCRYPT_DECRYPT',
    onDemandRotations: 0,
    openTo: [],
    iamDecides: true,
    grantedTo: [],
    gaps: [],
    ...more,
  };
}

/** What an audit counts over rows, with some keys as KMS describes them. */
export function input(
  rows: readonly BlobRow[],
  keys: readonly AuditKey[],
  {
    findings = () => [],
    alsoOpens = () => ({}),
    bareFiles = [],
    ...more
  }: Partial<CountInput & SnapshotInput> = {},
): CountInput {
  const book = new Map(
    keys.flatMap((each) => [each.arn, each.keyId, ...each.aliases].map((name) => [name, each])),
  );
  return {
    snapshot: makeSnapshot({ rows, findings, alsoOpens, bareFiles }),
    evidence: new EvidenceModel(rows, () => [], keys),
    references: () => [],
    book: (name) => book.get(name) ?? null,
    caller: CALLER,
    rules: null,
    brokenRules: null,
    now: NOW,
    revision: 1,
    ...more,
  };
}

/** Fields of a CSV text as a reader gives them (RFC 4180), written apart from what writes it. */
export function parseCsv(text: string): string[][] {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const rows: string[][] = [];
  let fields: string[] = [];
  let at = 0;
  while (at < body.length) {
    let field = '';
    if (body[at] === '"') {
      for (at += 1; ; at += 1) {
        if (body[at] === '"' && body[at + 1] === '"') at += 1;
        else if (body[at] === '"') break;
        else if (at >= body.length) throw new Error('a quote is not closed');
        field += body[at];
      }
      at += 1;
    } else while (at < body.length && !',\r\n'.includes(body[at] ?? '')) field += body[at++];
    fields.push(field);
    if (body[at] === ',') at += 1;
    else {
      if (body[at] === '\r') at += 1;
      if (body[at] === '\n') at += 1;
      rows.push(fields);
      fields = [];
    }
  }
  return rows;
}

/** Names that an attacker may choose. */
export const HOSTILE = [
  '=cmd|"/c calc"!A1',
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1+1',
  '\r=1+1',
  ' =1+1',
  '＝1+1',
  "'quoted",
  'a"b,c;d',
  'two\nlines\r\n',
  'evil\u202etxt.exe',
  '\u2066isolated\u2069',
  'zero\u200bwidth\ufeff',
  '\u001b[31mred\u0007',
  'lone\ud800surrogate',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '[click](javascript:alert(1))',
  '![x](http://example.com/x.png)',
  '{0} {{placeholder}}',
  'back\\slash\\u{202e}',
  '&amp; &lt;',
  '../../etc/passwd',
  'C:\\secrets\\a.bin',
  '\u{e0041}tag',
] as const;

const NOWHERE: PlaceLookup = { placeOf: () => ({ bytes: null, text: null }), findingsOf: () => [] };
type Format = Parameters<typeof writeReport>[1];

/** A whole report as text. */
export const written = (report: Report, format: Format, header = STATED): string =>
  [...writeReport(report, format, header)].join('');

interface ReportOptions {
  readonly header?: typeof STATED;
  readonly gaps?: readonly string[];
  readonly places?: Partial<PlaceLookup>;
  /** Key of which the deletion is asked in the audit; `only`: the deletion by itself. */
  readonly ifDeleted?: string;
  readonly only?: string;
}

/** The audit, or what a deletion breaks, as a report of one format, in its pieces. */
export function reportPieces(audit: Audit, format: Format, more: ReportOptions = {}): Generator<string> {
  const { header = STATED, gaps = [], places = {}, ifDeleted = null, only } = more;
  const asked = {
    gaps: [...gaps],
    notAsked: { keys: 0, blobs: 0, names: [], elsewhere: [] },
    coverage: COVERAGE,
  };
  const at = { ...NOWHERE, ...places };
  const report =
    only === undefined
      ? auditReport(audit, asked, at, ifDeleted)
      : deletionReport(audit, only, asked, at.placeOf);
  return writeReport(report, format, header);
}

export const reportText = (audit: Audit, format: Format, more: ReportOptions = {}): string =>
  [...reportPieces(audit, format, more)].join('');
