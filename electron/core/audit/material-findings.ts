import { finding } from '#shared/finding.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Cluster } from '#shared/model/key-group.ts';
import { readKeyName } from '../key-material/index.ts';
import { type Caller, type Told, toldOf, withConnection } from './key-findings.ts';
import type { Subject } from './subjects.ts';

/**
 * Findings that need a blob's key material or label beside what KMS told of its key: an earlier key material after a
 * rotation, and one Region named where the key has replicas.
 */
export function materialFindings(
  clusters: readonly Cluster[],
  caller: Caller | null,
): (row: BlobRow, subject: Subject) => readonly Told[] {
  const materialIds = new Map(
    clusters.map((cluster) => [
      cluster.fingerprint,
      cluster.keys.find((key) => key.by === 'kms' && key.keyMaterialId !== null)?.keyMaterialId ?? null,
    ]),
  );
  const old = new Map<Subject, Told>();
  const single = new Map<Subject, Told>();
  return (row, subject) => {
    const told: Told[] = [];
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

function once(known: Map<Subject, Told>, subject: Subject, caller: Caller | null, make: () => Told): Told {
  const told = known.get(subject) ?? withConnection(make(), caller);
  known.set(subject, told);
  return told;
}

function namesOneRegion({ declared: { keyArn } }: BlobRow): boolean {
  return keyArn !== null && readKeyName(keyArn).region !== null;
}

function earlier({ key, label }: Subject, materialId: string): Told {
  return toldOf(
    finding('material-not-current', {
      evidence: [
        `ReEncrypt: key material ${materialId.slice(0, 16)}…`,
        `DescribeKey: current key material ${key?.currentKeyMaterialId?.slice(0, 16)}…`,
      ],
      values: { key: key?.aliases[0] ?? label ?? '' },
    }),
  );
}

function oneRegion({ key, label, region }: Subject): Told {
  return toldOf(
    finding('key-one-region', {
      evidence: [`DescribeKey: replicas in ${(key?.otherRegions ?? []).join(', ')}`],
      values: { key: key?.aliases[0] ?? label ?? '', region: region ?? 'one Region' },
    }),
  );
}
