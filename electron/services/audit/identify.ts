import { createHash } from 'node:crypto';
import type { BlobRow } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { FoundBlob } from '../../core/intake/index.ts';
import { findKey, type KeyMaterialStore, type KeySearchResult } from '../../core/key-material/index.ts';
import type { Connection } from '../connection/index.ts';
import type { HistoryRecorder } from '../history/index.ts';

/** Most dry runs of one question: a minute or two at the rate that KMS allows by itself. */
export const MOST_DRY_RUNS = 5000;

/** A blob that speaks for its key group. */
export interface GroupSample {
  readonly fingerprint: string;
  readonly blob: FoundBlob;
  readonly context: EncryptionContext | null;
  readonly file: string;
  readonly place: BlobRow['place'];
}

interface Identified {
  readonly dryRuns: number;
  /** Key that KMS did not call wrong, though the encryption context did not fit; by fingerprint. */
  readonly likely: ReadonlyMap<string, string>;
  /** Key groups left when the dry runs were used up, or the question was given up. */
  readonly left: number;
}

export interface IdentifyParts {
  readonly connection: Connection;
  readonly learned: Pick<KeyMaterialStore, 'learn'>;
  readonly recorder: Pick<HistoryRecorder, 'note'>;
  /** What was learned changes the list. */
  readonly changed: () => void;
}

/**
 * Asks KMS under which key each group is, by one dry run per group and candidate: the keys in question first, then the
 * others of the account. What KMS proves is learned. Keys that KMS does not describe are no candidates.
 */
export async function identifyGroups(
  { connection, learned, recorder, changed }: IdentifyParts,
  groups: readonly GroupSample[],
  keys: readonly string[],
  isClosed: () => boolean,
): Promise<Identified> {
  const likely = new Map<string, string>();
  if (groups.length === 0 || connection.state.status !== 'ready') return { dryRuns: 0, likely, left: 0 };
  const kms = connection.kms();
  const candidates = await candidatesOf(connection, keys);
  let dryRuns = 0;
  let done = 0;
  let any = false;
  for (const { fingerprint, blob, context, file, place } of groups) {
    if (isClosed() || dryRuns >= MOST_DRY_RUNS) break;
    done += 1;
    const {
      asked,
      found,
      likely: perhaps,
    } = await findKey(kms, {
      blob: blob.bytes,
      identification: blob.identification,
      context,
      candidates,
      destination: null,
    });
    if (asked.length === 0) continue;
    dryRuns += asked.length;
    noteSearch(recorder, { asked, found }, { blob, context, file, place });
    if (perhaps !== null) likely.set(fingerprint, perhaps.arn);
    if (found === null) continue;
    any = true;
    learned.learn([
      {
        fingerprint,
        keyArn: found,
        by: 'kms',
        evidence: `DryRun of ReEncrypt, request ${asked.at(-1)?.requestId ?? 'unknown'}`,
        keyMaterialId: null,
        at: new Date().toISOString(),
      },
    ]);
  }
  if (any) changed();
  return { dryRuns, likely, left: groups.length - done };
}

/** Records what KMS was asked about one blob. */
export function noteSearch(
  recorder: IdentifyParts['recorder'],
  { asked, found }: Pick<KeySearchResult, 'asked' | 'found'>,
  { blob, context, file, place }: Omit<GroupSample, 'fingerprint'>,
): void {
  recorder.note('key-search', {
    outcome: found === null ? 'not found' : 'found',
    detail: asked.map(({ keyId, algorithm, answer }) => `${keyId} ${algorithm} ${answer}`).join('; '),
    file,
    place,
    sha256Before: createHash('sha256').update(blob.bytes).digest('hex'),
    sourceKey: found,
    sourceContext: context,
    requestIds: asked.flatMap(({ requestId }) => requestId ?? []),
  });
}

/** Keys as KMS describes them, each once. One that it does not describe cannot be asked about: its blobs stay unidentified. */
export async function describedKeys(connection: Connection, keys: readonly string[]): Promise<KeyInfo[]> {
  const kms = connection.kms();
  const described = new Map<string, KeyInfo>();
  for (const key of keys)
    try {
      const info = await kms.describeKey(key);
      described.set(info.arn, info);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
    }
  return [...described.values()];
}

async function candidatesOf(connection: Connection, keys: readonly string[]): Promise<KeyInfo[]> {
  const first = await describedKeys(connection, keys);
  const arns = new Set(first.map(({ arn }) => arn));
  const others = await connection.keys(false).then(
    (list) => list.keys,
    () => [],
  );
  return [...first, ...others.filter((key) => key.unfitAsSource === null && !arns.has(key.arn))];
}
