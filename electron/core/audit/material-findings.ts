import { finding } from '#shared/finding.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyGroup } from '#shared/model/key-group.ts';
import { readKeyName } from '../key-material/index.ts';
import { type Caller, draftOf, type FindingDraft, withConnection } from './key-findings.ts';
import type { Subject } from './subjects.ts';

/**
 * Findings that need a blob's key material or label beside what KMS told of its key: an earlier key material after a
 * rotation, and one Region named where the key has replicas.
 */
export function materialFindings(
  keyGroups: readonly KeyGroup[],
  caller: Caller | null,
): (row: BlobRow, subject: Subject) => readonly FindingDraft[] {
  const materialIds = new Map(
    keyGroups.map((keyGroup) => [
      keyGroup.fingerprint,
      keyGroup.keys.find((key) => key.by === 'kms' && key.keyMaterialId !== null)?.keyMaterialId ?? null,
    ]),
  );
  const old = new Map<Subject, FindingDraft>();
  const single = new Map<Subject, FindingDraft>();
  return (row, subject) => {
    const told: FindingDraft[] = [];
    const { key } = subject;
    if (key === null) return told;
    const materialId = materialIds.get(row.identification.keyFingerprint ?? '') ?? null;
    if (materialId !== null && key.currentKeyMaterialId !== null && materialId !== key.currentKeyMaterialId)
      told.push(once(old, subject, caller, () => earlier(subject, materialId)));
    if (key.otherRegions.length > 0 && namesOneRegion(row))
      told.push(once(single, subject, caller, () => oneRegion(subject)));
    return told;
  };
}

function once(
  known: Map<Subject, FindingDraft>,
  subject: Subject,
  caller: Caller | null,
  make: () => FindingDraft,
): FindingDraft {
  const told = known.get(subject) ?? withConnection(make(), caller);
  known.set(subject, told);
  return told;
}

function namesOneRegion({ declared: { keyArn } }: BlobRow): boolean {
  return keyArn !== null && readKeyName(keyArn).region !== null;
}

function earlier({ key, label }: Subject, materialId: string): FindingDraft {
  return draftOf(
    finding('material-not-current', {
      evidence: [
        `ReEncrypt: key material ${materialId.slice(0, 16)}…`,
        `DescribeKey: current key material ${key?.currentKeyMaterialId?.slice(0, 16)}…`,
      ],
      values: { key: key?.aliases[0] ?? label ?? '' },
    }),
  );
}

function oneRegion({ key, label, region }: Subject): FindingDraft {
  return draftOf(
    finding('key-one-region', {
      evidence: [`DescribeKey: replicas in ${(key?.otherRegions ?? []).join(', ')}`],
      values: { key: key?.aliases[0] ?? label ?? '', region: region ?? 'one Region' },
    }),
  );
}
