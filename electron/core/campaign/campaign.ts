import { parse } from 'yaml';
import { z } from 'zod';
import { plural } from '#shared/format.ts';
import { CampaignSnapshot } from '#shared/model/audit.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { type Audit, isListed, matches, touchedBy } from '../audit/index.ts';
import { declaredDate, isKms } from '../key-material/index.ts';

const DAY = 86_400_000;

/** What a campaign file says. */
const Campaign = z.strictObject({
  version: z.literal(1),
  name: z.string().min(1).max(200),
  /** Where blobs must not be any more; a blob that any part speaks of is left to do. */
  target: z
    .strictObject({
      leaveKey: z.string().min(1).max(2048).optional(),
      leaveAccount: z
        .string()
        .regex(/^\d{12}$/, 'an account is twelve digits; quote it')
        .optional(),
      /** Fingerprint of a key material, or its first 8 digits at least. */
      leaveMaterial: z
        .string()
        .regex(/^[0-9a-f]{8,64}$/, 'a fingerprint is 8 to 64 hex digits; quote it')
        .optional(),
      /** By the date that the file declares. */
      maximumAgeDays: z.int().min(1).optional(),
    })
    .refine((target) => Object.keys(target).length > 0, 'name what to leave'),
  /** The last that matches a file says its owner; `*` stands for any run of characters. */
  owners: z
    .array(z.strictObject({ path: z.string().min(1).max(2048), owner: z.string().min(1).max(200) }))
    .default([]),
  deadline: z.iso.date(),
});
type Campaign = z.infer<typeof Campaign>;

/** Reads a campaign file, YAML or JSON. Throws FaultError `BadCampaign`. */
export function readCampaign(text: string): Campaign {
  let why: string;
  try {
    const parsed = Campaign.safeParse(parse(text, { maxAliasCount: 100 }));
    if (parsed.success) return parsed.data;
    why = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  } catch (error) {
    why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
  }
  throw new FaultError(
    fault(
      'BadCampaign',
      'The campaign file is not of the form that Rewrap reads.',
      why,
      'Correct it. A campaign file is YAML with version: 1, name, target, owners and deadline: see the page about audits.',
    ),
  );
}

const NO_OWNER = 'no owner';

/** How far a campaign is, by the list as it stands. Gives others turns. `now`: milliseconds. */
export async function campaignSnapshot(
  campaign: Campaign,
  audit: Audit,
  cover: { readonly read: number; readonly skipped: number },
  now: number,
  turn: () => Promise<void>,
): Promise<CampaignSnapshot> {
  const { columns } = audit.input.snapshot;
  const state = stateOf(campaign, audit, now);
  const ownerOf = owners(campaign);
  const byOwner = new Map<string, { remaining: number; unknown: number; blobs: number }>();
  const all = { remaining: 0, unknown: 0, blobs: 0 };
  for (let i = 0; i < columns.rows.length; i += 1) {
    if (i % 2000 === 1999) await turn();
    const row = columns.rows[i];
    if (row === undefined || !isKms(row)) continue;
    const owner = ownerOf(row.file);
    const of = byOwner.get(owner) ?? { remaining: 0, unknown: 0, blobs: 0 };
    byOwner.set(owner, of);
    const how = state(i);
    for (const counts of [all, of]) {
      counts.blobs += 1;
      if (how === 'remaining') counts.remaining += 1;
      if (how === 'unknown') counts.unknown += 1;
    }
  }
  return {
    at: new Date(now).toISOString(),
    campaign: campaign.name,
    ...all,
    owners: [...byOwner]
      .map(([owner, counts]) => ({ owner, ...counts }))
      .sort((a, b) => (a.owner < b.owner ? -1 : 1)),
    filesRead: cover.read,
    filesSkipped: cover.skipped,
  };
}

type State = 'remaining' | 'unknown' | 'done';

function stateOf({ target }: Campaign, audit: Audit, now: number): (index: number) => State {
  const { columns } = audit.input.snapshot;
  const touched = new Map(
    target.leaveKey === undefined
      ? []
      : touchedBy(audit, target.leaveKey).rows.map(({ index, under }) => [index, isListed(under)] as const),
  );
  const oldest = target.maximumAgeDays === undefined ? null : now - target.maximumAgeDays * DAY;
  return (index) => {
    const row = columns.rows[index];
    const found: State[] = [];
    const listed = touched.get(index);
    if (listed !== undefined) found.push(listed ? 'remaining' : 'unknown');
    if (target.leaveAccount !== undefined) {
      const account = audit.subjects[columns.cohort[index] ?? -1]?.account ?? null;
      found.push(account === null ? 'unknown' : account === target.leaveAccount ? 'remaining' : 'done');
    }
    const material = row?.identification.keyFingerprint ?? null;
    if (target.leaveMaterial !== undefined && material?.startsWith(target.leaveMaterial) === true)
      found.push('remaining');
    if (oldest !== null) {
      const date = declaredDate(row?.declared.createdAt ?? null);
      found.push(date === null ? 'unknown' : Date.parse(date) < oldest ? 'remaining' : 'done');
    }
    return found.includes('remaining') ? 'remaining' : found.includes('unknown') ? 'unknown' : 'done';
  };
}

/** By the name of a file, with and without the folder that was named. */
function owners({ owners: list }: Campaign): (file: string) => string {
  const known = new Map<string, string>();
  return (file) => {
    const before = known.get(file);
    if (before !== undefined) return before;
    const below = file.replace(/^[^\\/]*[\\/]/, '').replaceAll('\\', '/');
    const owner = list.findLast(({ path }) => matches(path, below) || matches(path, file))?.owner ?? NO_OWNER;
    known.set(file, owner);
    return owner;
  };
}

/** Reads a file of snapshots. Throws FaultError `BadSnapshots` that names the line. */
export function readSnapshots(text: string): CampaignSnapshot[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [CampaignSnapshot.parse(JSON.parse(line))];
    } catch {
      throw new FaultError(
        fault(
          'BadSnapshots',
          `Line ${i + 1} of the file of snapshots is none.`,
          'It was changed, or cut off while it was written.',
          'Take the line out, or take the file from its repository again.',
        ),
      );
    }
  });
}

/** `late`: the day has passed with blobs left; `unanswered`: it has passed, and it is not known that none are. */
interface CampaignStatus {
  readonly verdict: 'done' | 'going' | 'late' | 'unanswered';
  /** ISO date by which nothing is left at the rate so far; null: nothing is left, or nothing moved. */
  readonly expected: string | null;
  readonly lines: readonly string[];
}

/** The burn-down by owner. `failAfter`: ISO date, by the end of which (UTC) nothing may be left. */
export function campaignStatus(
  { name, deadline }: Campaign,
  snapshots: readonly CampaignSnapshot[],
  failAfter: string,
  now: number,
): CampaignStatus {
  const first = snapshots[0];
  const last = snapshots.at(-1);
  const isLate = now >= Date.parse(failAfter) + DAY;
  const head = `${name}: deadline ${deadline}, ${plural(snapshots.length, 'snapshot')}.`;
  if (first === undefined || last === undefined)
    return {
      verdict: isLate ? 'unanswered' : 'going',
      expected: null,
      lines: [head, 'No snapshot yet: rewrap campaign snapshot makes one.'],
    };
  const isSure = last.unknown === 0 && last.filesSkipped === 0 && last.filesRead > 0;
  const verdict =
    last.remaining > 0 ? (isLate ? 'late' : 'going') : isSure ? 'done' : isLate ? 'unanswered' : 'going';
  const before = new Map(first.owners.map((one) => [one.owner, one.remaining]));
  const expected = expectedEnd(snapshots);
  return {
    verdict,
    expected,
    lines: [
      head,
      `${last.at.slice(0, 10)}: ${plural(last.remaining, 'blob')} left of ${last.blobs}, ${last.unknown} not known; ${plural(last.filesRead, 'file')} read, ${last.filesSkipped} files, folders or links not read.`,
      ...(expected === null ? [] : [`At the rate so far, nothing is left by ${expected}.`]),
      ...last.owners.map(
        ({ owner, remaining, unknown, blobs }) =>
          `  ${owner}: ${remaining} left of ${blobs}${unknown > 0 ? `, ${unknown} not known` : ''} (${before.get(owner) ?? 0} on ${first.at.slice(0, 10)})`,
      ),
      ...snapshots.slice(-10).map((one) => `  ${one.at.slice(0, 10)}  ${one.remaining}`),
    ],
  };
}

/** The furthest day that a date can name here: what would take longer is not foretold. */
const FURTHEST = Date.parse('2200-01-01');

function expectedEnd(snapshots: readonly CampaignSnapshot[]): string | null {
  const [first] = snapshots;
  const last = snapshots.at(-1);
  if (first === undefined || last === undefined) return null;
  const days = Math.max(1, (Date.parse(last.at) - Date.parse(first.at)) / DAY);
  const rate = (first.remaining - last.remaining) / days;
  if (last.remaining === 0 || !(rate > 0)) return null;
  const end = Date.parse(last.at) + (last.remaining / rate) * DAY;
  return end < FURTHEST ? new Date(end).toISOString().slice(0, 10) : null;
}
