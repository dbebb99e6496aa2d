import { NOT_KNOWN } from '#shared/audit-words.ts';
import { EVIDENCE, EVIDENCE_WORDS } from '#shared/evidence.ts';
import { type AuditBar, type AuditFacet, FACETS, type Facet } from '#shared/model/audit.ts';
import { oldLimit } from '../key-material/index.ts';
import { subjectName } from './findings/subjects.ts';
import type { Cohort, Columns, DateCode } from './list/columns.ts';
import type { KeySubject } from './model.ts';

const DAY = 86_400_000;
/** Bars of one facet; the rest is summed up. */
const MOST_BARS = 40;

/** Value and words of a facet for one blob. The value is empty where it is not known. */
interface Valued {
  readonly value: string;
  readonly label: string;
  readonly fingerprint: string | null;
}

const NO_VALUE: Valued = { value: '', label: NOT_KNOWN, fingerprint: null };
const plain = (value: string | null | undefined, label?: string): Valued =>
  value === null || value === undefined || value === ''
    ? NO_VALUE
    : { value, label: label ?? value, fingerprint: null };

const STATE_WORDS: Record<string, string> = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingDeletion: 'pending deletion',
  PendingReplicaDeletion: 'pending replica deletion',
  PendingImport: 'pending import',
  Unavailable: 'unavailable',
};

/** Facets that depend on the subject alone: valued once for each, not for each blob. */
function ofSubject(facet: Facet, subject: KeySubject, now: number): Valued | null {
  const { key, by } = subject;
  switch (facet) {
    case 'key':
      return { value: subject.id, label: subjectName(subject), fingerprint: subject.fingerprint };
    case 'alias':
      return key === null
        ? aliasOf(subject)
        : plain(key.aliases[0] ?? null, key.aliases[0]) === NO_VALUE
          ? { value: '-', label: 'no alias', fingerprint: null }
          : plain(key.aliases[0]);
    case 'account':
      return plain(subject.account);
    case 'region':
      return plain(subject.region);
    case 'state':
      return subject.gone
        ? plain('gone', 'no such key')
        : plain(key?.state, STATE_WORDS[key?.state ?? ''] ?? key?.state ?? undefined);
    case 'spec':
      return plain(key?.spec);
    case 'origin':
      return plain(key?.origin, originWords(key?.origin ?? null));
    case 'manager':
      return plain(key?.manager, key?.manager === 'AWS' ? 'AWS managed' : 'customer managed');
    case 'rotation':
      return rotation(subject);
    case 'lastUse':
      return lastUse(subject, now);
    case 'coverage':
      return { value: by, label: EVIDENCE_WORDS[by], fingerprint: null };
    default:
      return null;
  }
}

function aliasOf({ label, alias }: KeySubject): Valued {
  if (alias !== null) return plain(alias);
  const name = label === null ? null : /(?:^|:)(alias\/.+)$/.exec(label)?.[1];
  return plain(name);
}

function originWords(origin: string | null): string {
  switch (origin) {
    case 'AWS_KMS':
      return 'AWS KMS';
    case 'EXTERNAL':
      return 'imported';
    case 'AWS_CLOUDHSM':
      return 'CloudHSM key store';
    case 'EXTERNAL_KEY_STORE':
      return 'external key store';
    default:
      return origin ?? '';
  }
}

function rotation({ key }: KeySubject): Valued {
  if (key === null || key.spec === null) return NO_VALUE;
  if (key.spec !== 'SYMMETRIC_DEFAULT') return plain('n/a', 'does not rotate');
  if (key.rotation === null) return NO_VALUE;
  if (key.rotation.enabled) return plain('on', 'automatic');
  return key.rotation.lastAt === null ? plain('off', 'never rotated') : plain('by-hand', 'by hand');
}

function lastUse({ key }: KeySubject, now: number): Valued {
  const use = key?.lastUse ?? null;
  if (use === null) return NO_VALUE;
  if (use.at === null) return plain('never', 'no use on record');
  return plain(...agedWords(Date.parse(use.at), now));
}

/** More than 24 months ago for blobs, as finding `old-blob` has it. */
const OLD: [string, string] = ['old', 'over 2 years ago'];

function agedWords(at: number, now: number): [string, string] {
  const days = (now - at) / DAY;
  if (days <= 30) return ['30', 'within 30 days'];
  if (days <= 90) return ['90', '31 to 90 days ago'];
  if (days <= 365) return ['365', '91 to 365 days ago'];
  if (days <= 730) return ['730', '1 to 2 years ago'];
  return OLD;
}

function ofDate({ at }: DateCode, now: number): Valued {
  return at === null
    ? { value: '', label: 'no date declared', fingerprint: null }
    : plain(...(at < oldLimit(now) ? OLD : agedWords(Math.max(at, now - 730 * DAY), now)));
}

const ofRepository = ({ name }: Columns['repositories'][number]): Valued =>
  name === null ? { value: '', label: 'in no repository', fingerprint: null } : plain(name);

/** Facets that a blob's own file or date decides: their values, and which of them each row has. */
function ofRows(
  columns: Columns,
  facet: Facet,
  now: number,
): { readonly codes: Int32Array; readonly values: readonly { value: Valued; size: number }[] } | null {
  if (facet === 'age')
    return {
      codes: columns.date,
      values: columns.dates.map((date) => ({ value: ofDate(date, now), size: date.size })),
    };
  if (facet === 'repository')
    return {
      codes: columns.repository,
      values: columns.repositories.map((one) => ({ value: ofRepository(one), size: one.size })),
    };
  return null;
}

/** Value of any other facet for the blobs of a cohort. */
function ofCohort(facet: Facet, { row }: Cohort, subject: KeySubject, now: number): Valued {
  switch (facet) {
    case 'kind':
      return plain(row.identification.kind);
    case 'container':
      return plain(row.container);
    default:
      return ofSubject(facet, subject, now) ?? NO_VALUE;
  }
}

/** Every facet of all blobs. `subjects[i]` is that of cohort `i`. */
export function countFacets(columns: Columns, subjects: readonly KeySubject[], now: number): AuditFacet[] {
  return FACETS.map((facet) => {
    const bars = new Map<string, AuditBar>();
    const own = ofRows(columns, facet, now);
    if (own !== null) for (const { value, size } of own.values) add(bars, value, size);
    else
      columns.cohorts.forEach((cohort, i) => {
        const subject = subjects[i];
        if (subject !== undefined) add(bars, ofCohort(facet, cohort, subject, now), cohort.size);
      });
    return facetOf(facet, bars);
  });
}

/** Rows behind a bar, in the order of the list. */
export function facetRows(
  columns: Columns,
  subjects: readonly KeySubject[],
  now: number,
  facet: Facet,
  value: string,
): ArrayLike<number> {
  const own = ofRows(columns, facet, now);
  if (own !== null) {
    const wanted = own.values.map((one) => one.value.value === value);
    const rows: number[] = [];
    for (let i = 0; i < own.codes.length; i += 1) if (wanted[own.codes[i] ?? -1] === true) rows.push(i);
    return rows;
  }
  return columns.rowsOf(
    columns.cohorts.flatMap((cohort, i) => {
      const subject = subjects[i];
      return subject !== undefined && ofCohort(facet, cohort, subject, now).value === value ? [i] : [];
    }),
  );
}

function add(bars: Map<string, AuditBar>, { value, label, fingerprint }: Valued, blobs: number): void {
  const bar = bars.get(value);
  if (bar === undefined) bars.set(value, { value, label, blobs, fingerprint });
  else bar.blobs += blobs;
}

const TIME_ORDER: readonly string[] = ['30', '90', '365', '730', 'old', 'never', ''];
const COVERAGE_ORDER: readonly string[] = EVIDENCE;

function facetOf(facet: Facet, bars: ReadonlyMap<string, AuditBar>): AuditFacet {
  const order =
    facet === 'age' || facet === 'lastUse' ? TIME_ORDER : facet === 'coverage' ? COVERAGE_ORDER : null;
  const sorted = [...bars.values()].sort((a, b) =>
    order === null
      ? b.blobs - a.blobs || (a.label < b.label ? -1 : a.label > b.label ? 1 : a.value < b.value ? -1 : 1)
      : order.indexOf(a.value) - order.indexOf(b.value),
  );
  const rest = sorted.slice(MOST_BARS);
  return {
    facet,
    bars: sorted.slice(0, MOST_BARS),
    more: { values: rest.length, blobs: rest.reduce((sum, bar) => sum + bar.blobs, 0) },
  };
}
