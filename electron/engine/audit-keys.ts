import type { AuditKey } from '#shared/model/audit.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import { type Caller, openPrincipals } from '../audit/index.ts';
import { readKeyName } from '../clusters/index.ts';
import type { KmsConnection } from '../kms/index.ts';

/** What KMS said of one name; 'gone': it knows no such key. */
export type Answer = AuditKey | 'gone';

/** A key of the list, before anything more was asked of it. */
export const listedKey = (key: KeyInfo): AuditKey => asAuditKey(key, null, []);

/** Whether a label can be sent to KMS on this connection: another Region's ARN cannot. */
export function canAsk(label: string, caller: Caller): boolean {
  const name = readKeyName(label);
  if (name.region !== null) return name.region === caller.region;
  return name.alias || /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.test(label);
}

/**
 * Asks KMS of one key: description, rotation, last use, and its policy where it is ours. Null with the gap where KMS
 * would not tell. Never throws for what KMS refuses; throws what is no FaultError.
 */
export async function askKey(
  kms: KmsConnection,
  label: string,
  caller: Caller,
): Promise<{ answer: Answer | null; gap: string | null }> {
  try {
    const detail = await kms.keyDetail(label);
    const { openTo, gap } = await askPolicy(kms, detail, caller);
    return { answer: asAuditKey(detail, openTo, gap === null ? [] : [gap]), gap: null };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    const { account } = readKeyName(label);
    const ours = account === null || account === caller.account;
    if (error.fault.code === 'NotFoundException' && ours) return { answer: 'gone', gap: null };
    return { answer: null, gap: `${label}: ${error.fault.message}` };
  }
}

async function askPolicy(
  kms: KmsConnection,
  key: KeyInfo,
  caller: Caller,
): Promise<{ openTo: string[] | null; gap: string | null }> {
  const { account } = readKeyName(key.arn);
  if (account !== caller.account || key.manager === 'AWS') return { openTo: null, gap: null };
  try {
    return { openTo: openPrincipals(await kms.keyPolicy(key.arn), account), gap: null };
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return { openTo: null, gap: `GetKeyPolicy: ${error.fault.message}` };
  }
}

function asAuditKey(key: KeyInfo, openTo: string[] | null, gaps: readonly string[]): AuditKey {
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
    openTo,
    gaps: [...key.gaps, ...gaps],
  };
}
