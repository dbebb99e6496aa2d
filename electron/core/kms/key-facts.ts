import type { AliasListEntry, KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
import type { KmsSituation } from '#shared/kms/errors.ts';
import { ENCRYPTION_ALGORITHMS } from '#shared/kms/facts.ts';
import type { Fault, FaultError } from '#shared/model/fault.ts';
import type { KeyInfo, MultiRegionKey } from '#shared/model/key.ts';
import { unfitAsDestination, unfitAsSource } from './fitness.ts';

export type Explain = (error: unknown, situation: KmsSituation) => FaultError;

/** What is known of a key before anything beyond DescribeKey was asked. */
const NOT_ASKED = { multiRegionKey: null, rotation: null, lastUse: null, tags: null } as const;

/** One key by id, ARN, alias name or alias ARN, with the aliases that may be listed for it. Throws SDK errors. */
export async function describeOne(kms: KMSClient, keyId: string): Promise<KeyInfo> {
  const info = await fetchKey(kms, keyId, []);
  const aliases: string[] = [];
  try {
    for await (const page of aliasPages(kms, info.keyId))
      for (const { AliasName: name } of page) if (name !== undefined) aliases.push(name);
  } catch {
    return { ...info, gaps: [...info.gaps, 'The aliases of this key could not be listed.'] };
  }
  return { ...info, aliases };
}

/** DescribeKey. Throws SDK errors. */
export async function fetchKey(
  kms: KMSClient,
  keyId: string,
  aliases: readonly string[],
  signal?: AbortSignal,
): Promise<KeyInfo> {
  const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }), stoppable(signal));
  return keyInfo(key, aliases);
}

/** What DescribeKey says of a key. Throws an Error where it says nothing. */
export function keyInfo(key: KeyMetadata | undefined, aliases: readonly string[]): KeyInfo {
  if (key?.KeyId === undefined) throw new Error('The endpoint answered DescribeKey without KeyMetadata.');
  return keyDetail(key, key.KeyId, aliases);
}

function keyDetail(key: KeyMetadata, keyId: string, aliases: readonly string[]): KeyInfo {
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
    ...NOT_ASKED,
    multiRegionKey: multiRegionKey(key),
    unfitAsDestination: unfitAsDestination(known),
    unfitAsSource: unfitAsSource(known),
    gaps: [],
  };
}

function multiRegionKey({ MultiRegionConfiguration: said }: KeyMetadata): MultiRegionKey | null {
  const role = said?.MultiRegionKeyType;
  if (said === undefined || role === undefined) return null;
  const place = (key: { Arn?: string | undefined; Region?: string | undefined } | undefined) =>
    key?.Arn === undefined || key.Region === undefined ? null : { arn: key.Arn, region: key.Region };
  return {
    role,
    primary: place(said.PrimaryKey),
    replicas: (said.ReplicaKeys ?? []).map(place).filter((key) => key !== null),
  };
}

/** A key of which only id and ARN are known. */
export function undescribed(keyId: string, arn: string, aliases: readonly string[], gap: string): KeyInfo {
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
    ...NOT_ASKED,
    // Nothing is known against it: KMS is the judge.
    unfitAsDestination: null,
    unfitAsSource: null,
    gaps: [gap],
  };
}

/** ListKeys, by pages of up to 1,000. */
export async function* keyPages(
  kms: KMSClient,
  signal?: AbortSignal,
): AsyncGenerator<{ id: string; arn: string }[]> {
  const { paginateListKeys } = await import('@aws-sdk/client-kms');
  for await (const page of paginateListKeys({ client: kms, pageSize: 1000 }, {}, stoppable(signal))) {
    const found: { id: string; arn: string }[] = [];
    for (const { KeyId: id, KeyArn: arn } of page.Keys ?? [])
      if (id !== undefined) found.push({ id, arn: arn ?? id });
    yield found;
  }
}

/** ListAliases, by pages of up to 100; of one key where it is given. */
export async function* aliasPages(
  kms: KMSClient,
  ofKey?: string,
  signal?: AbortSignal,
): AsyncGenerator<AliasListEntry[]> {
  const { paginateListAliases } = await import('@aws-sdk/client-kms');
  const query = ofKey === undefined ? {} : { KeyId: ofKey };
  for await (const page of paginateListAliases({ client: kms, pageSize: 100 }, query, stoppable(signal)))
    yield page.Aliases ?? [];
}

/** A permission that is missing, an operation an emulator lacks, or a key that went away meanwhile. */
export function isGap(fault: Fault): boolean {
  return ['AccessDeniedException', 'UnknownOperationException', 'NotFoundException'].includes(fault.code);
}

export const stoppable = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
