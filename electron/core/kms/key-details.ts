import type { KMSClient } from '@aws-sdk/client-kms';
import type { KeyInfo, KeyRotationEntry } from '#shared/model/key.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { type Explain, isGap, stoppable } from './key-facts.ts';
import type { KeyDetailKind } from './types.ts';

/**
 * Requests a second for each operation, well under the quota of the account and Region, which others use too.
 * Source of the quotas: developer guide, "Request quotas": GetKeyRotationStatus 1,000, ListResourceTags 2,000,
 * ListKeyRotations 100, GetKeyLastUsage 5.
 */
const A_SECOND = { rotation: 250, tags: 250, lastUse: 4 } as const;
const ROTATIONS_A_SECOND = 50;
const AT_ONCE = 8;
/** After so many refusals in a row, and nothing but refusals, an operation is not asked of the remaining keys. */
const REFUSALS = 25;

const OPERATION = {
  rotation: 'GetKeyRotationStatus',
  tags: 'ListResourceTags',
  lastUse: 'GetKeyLastUsage',
} as const satisfies Record<KeyDetailKind, string>;

type Detail = Pick<KeyInfo, 'rotation'> | Pick<KeyInfo, 'tags'> | Pick<KeyInfo, 'lastUse'>;

/**
 * Asks for details of each key, kind by kind (the slow one last), and hands each grown key to `put`. Returns gaps of
 * the whole list; a refusal for one key is that key's gap. Throws SDK errors that are no gap.
 */
export async function addDetails(
  kms: KMSClient,
  explain: Explain,
  kinds: readonly KeyDetailKind[],
  keys: readonly KeyInfo[],
  signal: AbortSignal,
  put: (key: KeyInfo) => void,
): Promise<string[]> {
  const gaps: string[] = [];
  const grown = new Map(keys.map((key) => [key.keyId, key]));
  const order = (['rotation', 'tags', 'lastUse'] as const).filter((kind) => kinds.includes(kind));
  for (const kind of order) {
    const rateLimiter = new RateLimiter(A_SECOND[kind]);
    const applicable = [...grown.values()].filter((key) => applies(kind, key));
    const queue = applicable.values();
    let refused = 0;
    let granted = 0;
    let asked = 0;
    const worker = async (): Promise<void> => {
      for (const key of queue) {
        if (granted === 0 && refused >= REFUSALS) return;
        asked++;
        const next = await addOne(kms, explain, kind, key, rateLimiter, signal);
        if (next.gaps.length > key.gaps.length) refused++;
        else granted++;
        grown.set(next.keyId, next);
        put(next);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, applicable.length) }, worker));
    if (asked < applicable.length)
      gaps.push(
        `${OPERATION[kind]}: refused for each of the first ${asked} keys, and not asked for the other ${applicable.length - asked}.`,
      );
  }
  return gaps;
}

/** Everything of one key: all details and its past rotations. Throws SDK errors that are no gap. */
export async function allDetails(kms: KMSClient, explain: Explain, key: KeyInfo): Promise<KeyInfo> {
  let grown = key;
  for (const kind of ['rotation', 'tags', 'lastUse'] as const)
    if (applies(kind, grown)) grown = await addOne(kms, explain, kind, grown, lookups[kind], undefined);
  if (grown.rotation === null) return grown;
  try {
    await lookups.rotations.turn();
    return { ...grown, rotation: { ...grown.rotation, past: await pastRotations(kms, key.arn) } };
  } catch (error) {
    return withGap(grown, 'ListKeyRotations', error, explain);
  }
}

/** Shared by all single lookups, however many windows or keys ask. */
const lookups = {
  rotation: new RateLimiter(A_SECOND.rotation),
  tags: new RateLimiter(A_SECOND.tags),
  lastUse: new RateLimiter(A_SECOND.lastUse),
  rotations: new RateLimiter(ROTATIONS_A_SECOND),
} as const;

/** Only symmetric encryption keys rotate; a key that could not be described is not asked further. */
function applies(kind: KeyDetailKind, key: KeyInfo): boolean {
  if (key.spec === null) return false;
  return kind !== 'rotation' || key.spec === 'SYMMETRIC_DEFAULT';
}

async function addOne(
  kms: KMSClient,
  explain: Explain,
  kind: KeyDetailKind,
  key: KeyInfo,
  rateLimiter: RateLimiter,
  signal: AbortSignal | undefined,
): Promise<KeyInfo> {
  for (let attempt = 1; ; attempt++) {
    await rateLimiter.turn(signal);
    try {
      return { ...key, ...(await ask(kms, kind, key.arn, signal)) };
    } catch (error) {
      const { fault } = explain(error, { operation: OPERATION[kind], destinationKeyId: key.arn });
      if (fault.code !== 'ThrottlingException' || attempt === 5)
        return withGap(key, OPERATION[kind], error, explain);
      rateLimiter.slowDown();
    }
  }
}

/** The key with its gap, where the error is one; otherwise throws it. Throttling that lasts is a gap, too. */
function withGap(key: KeyInfo, operation: string, error: unknown, explain: Explain): KeyInfo {
  const { fault } = explain(error, { operation, destinationKeyId: key.arn });
  const other = [
    'UnsupportedOperationException',
    'KMSInvalidStateException',
    'ThrottlingException',
    'ValidationException',
  ];
  if (!isGap(fault) && !other.includes(fault.code)) throw error;
  return { ...key, gaps: [...key.gaps, `${operation}: ${fault.message}`] };
}

async function ask(
  kms: KMSClient,
  kind: KeyDetailKind,
  keyId: string,
  signal: AbortSignal | undefined,
): Promise<Detail> {
  const { GetKeyLastUsageCommand, GetKeyRotationStatusCommand } = await import('@aws-sdk/client-kms');
  const query = { KeyId: keyId };
  switch (kind) {
    case 'rotation': {
      const said = await kms.send(new GetKeyRotationStatusCommand(query), stoppable(signal));
      return {
        rotation: {
          enabled: said.KeyRotationEnabled ?? false,
          periodDays: said.RotationPeriodInDays ?? null,
          nextAt: said.NextRotationDate?.toISOString() ?? null,
          onDemandSince: said.OnDemandRotationStartDate?.toISOString() ?? null,
          past: null,
        },
      };
    }
    case 'tags':
      return { tags: await tagsOf(kms, keyId, signal) };
    case 'lastUse': {
      const said = await kms.send(new GetKeyLastUsageCommand(query), stoppable(signal));
      return {
        lastUse: {
          operation: said.KeyLastUsage?.Operation ?? null,
          at: said.KeyLastUsage?.Timestamp?.toISOString() ?? null,
          trackedSince: said.TrackingStartDate?.toISOString() ?? null,
        },
      };
    }
  }
}

async function tagsOf(kms: KMSClient, keyId: string, signal: AbortSignal | undefined) {
  const { paginateListResourceTags } = await import('@aws-sdk/client-kms');
  const tags: { key: string; value: string }[] = [];
  for await (const page of paginateListResourceTags({ client: kms }, { KeyId: keyId }, stoppable(signal)))
    for (const { TagKey: key, TagValue: value } of page.Tags ?? [])
      if (key !== undefined) tags.push({ key, value: value ?? '' });
  return tags;
}

async function pastRotations(kms: KMSClient, keyId: string): Promise<KeyRotationEntry[]> {
  const { paginateListKeyRotations } = await import('@aws-sdk/client-kms');
  const entries: KeyRotationEntry[] = [];
  const query = { KeyId: keyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' as const };
  for await (const page of paginateListKeyRotations({ client: kms, pageSize: 1000 }, query))
    for (const said of page.Rotations ?? [])
      entries.push({
        at: said.RotationDate?.toISOString() ?? null,
        type: said.RotationType ?? null,
        keyMaterialId: said.KeyMaterialId ?? null,
        state: said.KeyMaterialState ?? null,
      });
  return entries;
}
