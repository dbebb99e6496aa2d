import type { AliasListEntry, KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
import type { KmsSituation } from '#shared/kms/errors.ts';
import { ENCRYPTION_ALGORITHMS } from '#shared/kms/facts.ts';
import type { Fault, FaultError } from '#shared/model/fault.ts';
import type { KeyInfo, KeyList } from '#shared/model/key.ts';
import { unfitAsDestination, unfitAsSource } from './fitness.ts';

/** DescribeKey calls at a time. The quota is 2,000 a second for the account; a polite fraction of it. */
const DESCRIBES_AT_ONCE = 8;

type Explain = (error: unknown, situation: KmsSituation) => FaultError;

/**
 * Every key this identity can see: ListKeys, ListAliases and DescribeKey, paged. A missing permission becomes a gap,
 * of the list or of the key; keys are then learned from whichever listing is allowed. Other errors are thrown.
 */
export async function listAll(kms: KMSClient, explain: Explain): Promise<KeyList> {
  const gaps: string[] = [];
  const [ids, aliases] = await Promise.all([
    orGap(gaps, explain, 'ListKeys', () => keyIds(kms)),
    orGap(gaps, explain, 'ListAliases', () => allAliases(kms)),
  ]);
  const named = aliasesByKey(aliases);
  const arns = new Map(ids.map((key) => [key.id, key.arn]));
  for (const [id, names] of named) if (!arns.has(id)) arns.set(id, names[0]?.keyArn ?? id);
  const keys = await eachOf([...arns], DESCRIBES_AT_ONCE, async ([id, arn]) => {
    const names = (named.get(id) ?? []).map((alias) => alias.name);
    try {
      return await fetchKey(kms, id, names);
    } catch (error) {
      const { fault } = explain(error, { operation: 'DescribeKey', destinationKeyId: arn });
      if (!isGap(fault)) throw error;
      return undescribed(id, arn, names, `DescribeKey: ${fault.message}`);
    }
  });
  keys.sort((a, b) => compare(a.aliases[0] ?? '~', b.aliases[0] ?? '~') || compare(a.keyId, b.keyId));
  return { keys, gaps };
}

/** One key by id, ARN, alias name or alias ARN, with the aliases that may be listed for it. Throws SDK errors. */
export async function describeOne(kms: KMSClient, keyId: string): Promise<KeyInfo> {
  const info = await fetchKey(kms, keyId, []);
  const aliases = await allAliases(kms, info.keyId).catch(() => null);
  if (aliases === null)
    return { ...info, gaps: [...info.gaps, 'The aliases of this key could not be listed.'] };
  return { ...info, aliases: aliases.map((alias) => alias.AliasName ?? '').filter((name) => name !== '') };
}

async function fetchKey(kms: KMSClient, keyId: string, aliases: string[]): Promise<KeyInfo> {
  const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
  if (key?.KeyId === undefined) throw new Error('The endpoint answered DescribeKey without KeyMetadata.');
  return keyInfo(key, key.KeyId, aliases);
}

function keyInfo(key: KeyMetadata, keyId: string, aliases: string[]): KeyInfo {
  const said = key.EncryptionAlgorithms ?? [];
  const known = {
    keyId,
    arn: key.Arn ?? keyId,
    aliases: [...aliases].sort(compare),
    description: key.Description ?? '',
    spec: key.KeySpec ?? null,
    usage: key.KeyUsage ?? null,
    state: key.KeyState ?? null,
    manager: key.KeyManager ?? null,
    origin: key.Origin ?? null,
    multiRegion: key.MultiRegion ?? null,
    createdAt: key.CreationDate?.toISOString() ?? null,
    deletionDate: key.DeletionDate?.toISOString() ?? null,
    algorithms: ENCRYPTION_ALGORITHMS.filter((algorithm) => said.some((name) => name === algorithm)),
    currentKeyMaterialId: key.CurrentKeyMaterialId ?? null,
  };
  return {
    ...known,
    unfitAsDestination: unfitAsDestination(known),
    unfitAsSource: unfitAsSource(known),
    gaps: [],
  };
}

function undescribed(keyId: string, arn: string, aliases: string[], gap: string): KeyInfo {
  return {
    keyId,
    arn,
    aliases: [...aliases].sort(compare),
    description: '',
    spec: null,
    usage: null,
    state: null,
    manager: null,
    origin: null,
    multiRegion: null,
    createdAt: null,
    deletionDate: null,
    algorithms: [],
    currentKeyMaterialId: null,
    // Nothing is known against it: KMS is the judge.
    unfitAsDestination: null,
    unfitAsSource: null,
    gaps: [gap],
  };
}

async function keyIds(kms: KMSClient): Promise<{ id: string; arn: string }[]> {
  const { paginateListKeys } = await import('@aws-sdk/client-kms');
  const found: { id: string; arn: string }[] = [];
  for await (const page of paginateListKeys({ client: kms, pageSize: 1000 }, {}))
    for (const key of page.Keys ?? [])
      if (key.KeyId !== undefined) found.push({ id: key.KeyId, arn: key.KeyArn ?? key.KeyId });
  return found;
}

async function allAliases(kms: KMSClient, ofKey?: string): Promise<AliasListEntry[]> {
  const { paginateListAliases } = await import('@aws-sdk/client-kms');
  const found: AliasListEntry[] = [];
  const query = ofKey === undefined ? {} : { KeyId: ofKey };
  for await (const page of paginateListAliases({ client: kms, pageSize: 100 }, query))
    found.push(...(page.Aliases ?? []));
  return found;
}

/** Aliases by the key they point at, with that key's ARN (the alias ARN carries partition, Region and account). */
function aliasesByKey(aliases: readonly AliasListEntry[]): Map<string, { name: string; keyArn: string }[]> {
  const byKey = new Map<string, { name: string; keyArn: string }[]>();
  for (const { AliasName: name, AliasArn: arn, TargetKeyId: target } of aliases) {
    // Predefined AWS aliases have no target until the service makes the key.
    if (name === undefined || target === undefined) continue;
    const keyArn = arn?.replace(/:alias\/.*$/, `:key/${target}`) ?? target;
    byKey.set(target, [...(byKey.get(target) ?? []), { name, keyArn }]);
  }
  return byKey;
}

async function orGap<T>(
  gaps: string[],
  explain: Explain,
  operation: string,
  list: () => Promise<T[]>,
): Promise<T[]> {
  try {
    return await list();
  } catch (error) {
    const { fault } = explain(error, { operation });
    if (!isGap(fault)) throw error;
    gaps.push(`${operation}: ${fault.message}`);
    return [];
  }
}

/** A permission that is missing, an operation an emulator lacks, or a key that went away meanwhile. */
function isGap(fault: Fault): boolean {
  return ['AccessDeniedException', 'UnknownOperationException', 'NotFoundException'].includes(fault.code);
}

/** Maps with at most `limit` calls at a time; after the first rejection no more are started. */
async function eachOf<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
