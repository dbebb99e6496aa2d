import type { BlobRow } from '#shared/model/blob.ts';
import type { LearnedKey } from '#shared/model/key-group.ts';
import { declaredDate } from './dates.ts';

const STRENGTH = { kms: 0, person: 1, declared: 2 } as const;
/** Files named as evidence. */
const NAMED_FILES = 3;

/** What of a blob speaks of its key. */
export type EvidenceRow = Pick<BlobRow, 'identification' | 'declared' | 'sourceId' | 'file'>;

/** Blobs that share key material, and what files declare of them. */
export interface MaterialGroup {
  blobs: number;
  files: number;
  /** Of the last blob: those of one file stand beside each other. */
  sourceId: string | null;
  readonly declared: Map<string, { files: string[]; blobs: number }>;
  /** ISO 8601. */
  first: string | null;
  last: string | null;
}

/** Key groups by fingerprint, and every label, those of blobs without a fingerprint too. */
export function groupsOf(rows: readonly EvidenceRow[]): {
  readonly groups: ReadonlyMap<string, MaterialGroup>;
  readonly labels: Set<string>;
} {
  const groups = new Map<string, MaterialGroup>();
  const labels = new Set<string>();
  for (const row of rows) {
    const { keyFingerprint } = row.identification;
    if (keyFingerprint === null) {
      if (row.declared.keyArn !== null && row.declared.keyArn !== '') labels.add(row.declared.keyArn);
      continue;
    }
    let group = groups.get(keyFingerprint);
    if (group === undefined) {
      group = { blobs: 0, files: 0, sourceId: null, declared: new Map(), first: null, last: null };
      groups.set(keyFingerprint, group);
    }
    add(group, row);
  }
  return { groups, labels };
}

function add(group: MaterialGroup, row: EvidenceRow): void {
  group.blobs += 1;
  if (row.sourceId !== group.sourceId) group.files += 1;
  group.sourceId = row.sourceId;
  const { keyArn, createdAt } = row.declared;
  if (keyArn !== null && keyArn !== '') {
    const label = group.declared.get(keyArn) ?? { files: [], blobs: 0 };
    label.blobs++;
    if (label.files.length <= NAMED_FILES && label.files.at(-1) !== row.file) label.files.push(row.file);
    group.declared.set(keyArn, label);
  }
  const date = declaredDate(createdAt);
  if (date === null) return;
  if (group.first === null || date < group.first) group.first = date;
  if (group.last === null || date > group.last) group.last = date;
}

/** What KMS, persons and files say of a group's key, strongest first. */
export function statementsOf(group: MaterialGroup, learned: readonly LearnedKey[]): LearnedKey[] {
  const declared = [...group.declared].map(
    ([keyArn, { files, blobs }]): LearnedKey => ({
      keyArn,
      by: 'declared',
      evidence: `declared in ${files.slice(0, NAMED_FILES).join(', ')}${files.length > NAMED_FILES ? ', …' : ''}`,
      keyMaterialId: null,
      at: null,
      blobs,
    }),
  );
  return [...learned, ...declared].sort(
    (a, b) => STRENGTH[a.by] - STRENGTH[b.by] || b.blobs - a.blobs || (a.keyArn < b.keyArn ? -1 : 1),
  );
}
