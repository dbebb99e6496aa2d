import { type AuditFinding, type AuditSummary, FACETS, type Facet } from '#shared/model/audit.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { HistoryRecord } from '#shared/model/history.ts';
import { KEYS } from './keys.ts';

/** Value of a facet for a made-up row. */
function facetValue(facet: Facet, row: BlobRow, i: number): string {
  const key = KEYS[i % KEYS.length];
  switch (facet) {
    case 'key':
      return row.identification.keyFingerprint ?? '';
    case 'alias':
      return key?.aliases[0] ?? '';
    case 'account':
      return i % 9 === 0 ? '' : '111122223333';
    case 'region':
      return ['us-east-1', 'eu-west-1', ''][i % 3] ?? '';
    case 'kind':
      return row.identification.kind;
    case 'container':
      return row.container;
    case 'coverage':
      return ['kms', 'person', 'declared', 'grouped', 'unknown', 'foreign'][i % 6] ?? '';
    case 'state':
      return key?.state ?? '';
    case 'spec':
      return key?.spec ?? '';
    default:
      return '';
  }
}

export function makeSummary(
  rows: readonly BlobRow[],
  findings: readonly AuditFinding[],
  revision: number,
): AuditSummary {
  const of = (severity: string): number =>
    findings.filter((f) => f.severity === severity && f.suppressed === null).length;
  return {
    revision,
    coverage: {
      reading: false,
      roots: ['services'],
      files: { read: 1200, withBlobs: rows.length, withFindings: 2, withoutCiphertext: 1198, records: 0 },
      pasted: 0,
      skipped: [],
      removed: 0,
    },
    totals: {
      blobs: rows.length,
      files: rows.length,
      otherFiles: 2,
      repositories: 3,
      materials: 7,
      materialsNamed: 5,
      keys: 4,
      accounts: 2,
      regions: 2,
    },
    facets: FACETS.map((facet) => {
      const counts = new Map<string, number>();
      rows.forEach((row, i) => {
        const value = facetValue(facet, row, i);
        counts.set(value, (counts.get(value) ?? 0) + 1);
      });
      const bars = Array.from(counts, ([value, blobs]) => ({
        value,
        label: value === '' ? 'not known' : facet === 'key' ? `key material ${value.slice(0, 8)}` : value,
        blobs,
        fingerprint: facet === 'key' && value !== '' ? value : null,
      })).sort((a, b) => b.blobs - a.blobs);
      return { facet, bars, more: { values: 0, blobs: 0 } };
    }),
    findings: {
      critical: of('critical'),
      warning: of('warning'),
      info: of('info'),
      suppressed: findings.filter((f) => f.suppressed !== null).length,
    },
    severities: {
      critical: Math.floor(rows.length / 20),
      warning: Math.floor(rows.length / 5),
      info: Math.floor(rows.length / 4),
      none:
        rows.length -
        Math.floor(rows.length / 20) -
        Math.floor(rows.length / 5) -
        Math.floor(rows.length / 4),
    },
    violations: null,
    unjudged: [],
    keys: KEYS.slice(0, 3).map((key) => ({
      key: null,
      name: key.arn,
      label: key.arn,
      account: '111122223333',
      fingerprint: null,
      blobs: 3,
      by: 'declared' as const,
    })),
    asking: 0,
    weighed: { keys: 4, policies: 4, grants: 3, iamDecides: 4 },
    notAsked: {
      keys: rows.length > 1000 ? 43 : 0,
      blobs: rows.length > 1000 ? 120 : 0,
      names: KEYS.slice(0, 3).map(({ arn }, i) => ({ name: arn, blobs: 9 - i })),
      elsewhere: rows.length > 1000 ? [{ region: 'eu-west-1', keys: 2, blobs: 31 }] : [],
    },
    gaps: [],
    practice: null,
    caller: 'arn:aws:iam::111122223333:user/practice',
  };
}

export const facetRows = (rows: readonly BlobRow[], facet: Facet, value: string): string[] =>
  rows.filter((row, i) => facetValue(facet, row, i) === value).map(({ id }) => id);

export function makeFindings(rows: readonly BlobRow[]): AuditFinding[] {
  const some = rows.slice(0, 5).map(({ file, place }) => ({ file, place }));
  const base = {
    reason: 'Every blob under it can then never be opened again, by anyone, AWS included.',
    evidence: ['DescribeKey: KeyState PendingDeletion', 'DeletionDate 2026-12-01'],
    remedy: 'Cancel the deletion (CancelKeyDeletion, then EnableKey), re-encrypt these blobs to another key.',
    source: 'kms' as const,
    keyArn: KEYS[0]?.arn ?? null,
    blobs: rows.length,
    reencryptable: rows.length,
    files: rows.length,
    examples: some,
    violation: false,
    suppressed: null,
  };
  return [
    {
      ...base,
      id: 'f1',
      code: 'key-pending-deletion',
      severity: 'critical',
      title: 'alias/archive will be deleted in 7 days.',
    },
    {
      ...base,
      id: 'f2',
      code: 'key-not-rotated',
      severity: 'warning',
      title: 'alias/payments does not rotate.',
    },
    {
      ...base,
      id: 'f3',
      code: 'key-unused',
      severity: 'info',
      title: 'alias/old was not used for 200 days.',
    },
  ];
}

export const HISTORY_HEAD = { count: 2, hash: 'ab'.repeat(32) };

export function makeHistory(): HistoryRecord[] {
  const record = (seq: number, more: Partial<HistoryRecord>): HistoryRecord => ({
    seq,
    at: '2026-11-24T10:00:00.000Z',
    previous: '00'.repeat(32),
    hash: 'ab'.repeat(32),
    kind: 'connected',
    who: 'arn:aws:iam::111122223333:user/practice',
    connection: 'practice KMS · us-east-1 · 111122223333',
    runId: null,
    outcome: 'ready',
    detail: '',
    file: null,
    place: null,
    sha256Before: null,
    sha256After: null,
    sourceKey: null,
    destinationKey: null,
    sourceMaterial: null,
    destinationMaterial: null,
    sourceAlgorithm: null,
    destinationAlgorithm: null,
    sourceContext: null,
    destinationContext: null,
    requestIds: [],
    ...more,
  });
  return [
    record(2, {
      kind: 'blob',
      outcome: 'reencrypted',
      file: 'payments/api-token.bin',
      place: '',
      requestIds: ['3c0cb451-9932-41b3-9a49-405d810e7a6c'],
    }),
    record(1, {}),
  ];
}
