import { HistoryEvent, type HistoryHead, type HistoryVerdict } from '#shared/model/history.ts';
import { canonical, sha256 } from '../../core/storage/hash.ts';

/** What the first record follows. */
export const GENESIS = '0'.repeat(64);

/** A record as it stands in the database. */
export interface Link {
  readonly seq: number;
  readonly at: string;
  /** Canonical JSON of the event. */
  readonly body: string;
  readonly previous: string;
  readonly hash: string;
}

/** Hash of a record: its time, its event and the hash before it. Its number is not in it: place is what `previous` says. */
export function linkHash(at: string, body: string, previous: string): string {
  return sha256(`{"at":${JSON.stringify(at)},"event":${body},"previous":"${previous}"}`);
}

export const bodyOf = (event: HistoryEvent): string => canonical(HistoryEvent.parse(event));

const PROVES =
  'Each record holds the hash of the one before, so a record that was changed, removed or moved shows here. ' +
  'A chain alone cannot show that its newest records were cut off, nor that a program with access to this folder made ' +
  'the whole chain anew: compare count and latest hash with those that an earlier report states.';

/**
 * Walks a chain, oldest first, and names the first link that does not hold. `kept`: heads that were kept elsewhere
 * (beside the database, in a report): the chain must have gone through each.
 */
export async function verifyChain(
  links: AsyncIterable<Link>,
  kept: readonly { readonly head: HistoryHead; readonly where: string }[],
  findHash: (hash: string) => Promise<number | null>,
): Promise<HistoryVerdict> {
  let previous = GENESIS;
  let count = 0;
  let broken: HistoryVerdict['broken'] = null;
  const wanted = new Map(kept.map(({ head, where }) => [head.count, { head, where }]));
  for await (const link of links) {
    broken = await checkLink(link, count + 1, previous, findHash);
    if (broken !== null) break;
    count += 1;
    previous = link.hash;
    const at = wanted.get(count);
    if (at !== undefined && at.head.hash !== link.hash) {
      broken = {
        kind: 'changed',
        seq: count,
        message: `Record ${count} is not the one that ${at.where} states: the chain was made anew up to there.`,
      };
      break;
    }
  }
  if (broken === null) {
    const cut = kept.filter(({ head }) => head.count > count).sort((a, b) => b.head.count - a.head.count)[0];
    if (cut !== undefined)
      broken = {
        kind: 'truncated',
        seq: count + 1,
        message: `The chain ends at record ${count}, but ${cut.where} states ${cut.head.count}: the newest ${cut.head.count - count} were cut off.`,
      };
  }
  return { ok: broken === null, head: { count, hash: previous }, broken, proves: PROVES };
}

async function checkLink(
  link: Link,
  place: number,
  previous: string,
  findHash: (hash: string) => Promise<number | null>,
): Promise<HistoryVerdict['broken']> {
  const { seq } = link;
  if (linkHash(link.at, link.body, link.previous) !== link.hash)
    return {
      kind: 'changed',
      seq,
      message: `Record ${seq} does not have the content that it was hashed with: it was changed.`,
    };
  if (link.previous === previous && seq === place) return null;
  if (link.previous === previous)
    return {
      kind: 'reordered',
      seq,
      message: `Record ${seq} follows record ${place - 1}: it was given another number.`,
    };
  const named = link.previous === GENESIS ? 0 : await findHash(link.previous);
  if (named !== null)
    return {
      kind: 'reordered',
      seq,
      message:
        named === 0
          ? `The record at place ${seq} was written as the first one: records were moved.`
          : `The record at place ${seq} was written after the one that now stands at place ${named}, not after place ${place - 1}: records were moved.`,
    };
  const gap = seq > place;
  return {
    kind: 'removed',
    seq: place,
    message: gap
      ? `${seq - place === 1 ? `Record ${place} is` : `Records ${place} to ${seq - 1} are`} missing: removed.`
      : `What record ${seq} was written after is not here: a record before it was removed, or replaced and hashed anew.`,
  };
}
