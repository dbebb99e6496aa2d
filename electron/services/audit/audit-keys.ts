import type { AuditKey } from '#shared/model/audit.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import {
  guardsDeletion,
  type KmsCaller,
  leavesToIam,
  outsideGrantees,
  outsidePrincipals,
} from '../../core/audit/index.ts';
import { isKeyName, readKeyName } from '../../core/key-material/index.ts';
import type { KmsConnection } from '../../core/kms/index.ts';

/** KMS's answer about one name; 'gone': it knows no such key. */
export type Answer = AuditKey | 'gone';

/** A key of the list, before anything more was asked of it. */
export const listedKey = (key: KeyInfo): AuditKey => asAuditKey(key, NOT_KNOWN, []);

/** Whether a label can be sent to KMS on this connection: another Region's ARN cannot. */
export function canAsk(label: string, caller: KmsCaller): boolean {
  const { region } = readKeyName(label);
  return region === null ? isKeyName(label) : region === caller.region;
}

/**
 * Asks KMS of one key: description, rotation, last use, and its policy and grants where it is ours. Null with the gap where KMS
 * did not answer. Never throws for what KMS refuses; throws what is no FaultError.
 */
export async function askKey(
  kms: KmsConnection,
  label: string,
  caller: KmsCaller,
): Promise<{ answer: Answer | null; gap: string | null }> {
  try {
    const detail = await kms.keyDetail(readKeyName(label).plain);
    const { access, gaps } = await askAccess(kms, detail, caller);
    return { answer: asAuditKey(detail, access, gaps), gap: null };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    if (error.fault.code !== 'NotFoundException')
      return { answer: null, gap: `${label}: ${error.fault.message}` };
    const { account, alias } = readKeyName(label);
    // A name without an account may be of another one, and the practice KMS knows no real key's alias.
    const proves = account === caller.account && !(alias && caller.practice);
    if (proves) return { answer: 'gone', gap: null };
    return {
      answer: null,
      gap: `${label}: not found on ${caller.connection}, which says nothing of other accounts and Regions`,
    };
  }
}

/** Who may open what is under a key, as far as KMS says. */
type Access = Pick<AuditKey, 'openTo' | 'policyNames' | 'iamDecides' | 'grantedTo' | 'deletionGuarded'>;
const NOT_KNOWN: Access = {
  openTo: null,
  policyNames: null,
  iamDecides: null,
  grantedTo: null,
  deletionGuarded: null,
};

/** Policy and grants of a key of ours: what is not permitted is a gap, not a failure. */
async function askAccess(
  kms: KmsConnection,
  key: KeyInfo,
  caller: KmsCaller,
): Promise<{ access: Access; gaps: string[] }> {
  const { account } = readKeyName(key.arn);
  if (account !== caller.account || key.manager === 'AWS') return { access: NOT_KNOWN, gaps: [] };
  const gaps: string[] = [];
  const answered = async <T>(operation: string, work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      gaps.push(`${operation}: ${error.fault.message}`);
      return null;
    }
  };
  const policy = await answered('GetKeyPolicy', kms.keyPolicy(key.arn));
  const outside = policy === null ? null : outsidePrincipals(policy, account);
  const grants = await answered('ListGrants', kms.keyGrants(key.arn));
  return {
    access: {
      openTo: outside?.open.slice() ?? null,
      policyNames: outside?.named.slice() ?? null,
      iamDecides: policy === null ? null : leavesToIam(policy, account),
      deletionGuarded: policy === null ? null : guardsDeletion(policy),
      grantedTo: grants === null ? null : outsideGrantees(grants, account),
    },
    gaps,
  };
}

function asAuditKey(key: KeyInfo, access: Access, gaps: readonly string[]): AuditKey {
  const { account, region } = readKeyName(key.arn);
  const { multiRegionKey: many, rotation } = key;
  const places = many === null ? [] : [...(many.primary === null ? [] : [many.primary]), ...many.replicas];
  const dates = (rotation?.past ?? []).flatMap(({ at }) => (at === null ? [] : [at])).sort();
  return {
    arn: key.arn,
    keyId: key.keyId,
    aliases: key.aliases,
    account,
    region,
    state: key.state,
    spec: key.spec,
    usage: key.usage,
    origin: key.origin,
    manager: key.manager,
    multiRegion: key.multiRegion,
    otherRegions: [...new Set(places.map((place) => place.region))].filter((name) => name !== region).sort(),
    createdAt: key.createdAt,
    deletionDate: key.deletionDate,
    rotation:
      rotation === null
        ? null
        : { enabled: rotation.enabled, periodDays: rotation.periodDays, lastAt: dates.at(-1) ?? null },
    lastUse: key.lastUse,
    currentKeyMaterialId: key.currentKeyMaterialId,
    materials: materialsOf(key),
    onDemandRotations:
      rotation?.past == null ? null : rotation.past.filter(({ type }) => type === 'ON_DEMAND').length,
    ...access,
    gaps: [...key.gaps, ...gaps],
  };
}

/** How many key materials KMS says that a key has had. A replica shares those of its primary, which is not asked here. */
function materialsOf({ origin, rotation, multiRegionKey }: KeyInfo): number | null {
  const past = rotation?.past ?? null;
  if (rotation === null || past === null || origin !== 'AWS_KMS' || multiRegionKey?.role === 'REPLICA')
    return null;
  const rotations = past.filter(({ at }) => at !== null).length;
  return Math.max(past.length, rotations + 1) + (rotation.onDemandSince === null ? 0 : 1);
}
