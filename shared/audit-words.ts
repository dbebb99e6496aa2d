import { count, plural } from './format.ts';
import type { AuditSummary, Facet, ReferenceSort, Weighed } from './model/audit.ts';
import type { Coverage } from './model/coverage.ts';

/** A value of a facet that neither the files nor KMS gave. */
export const NOT_KNOWN = 'not known';

/** What an audit counts by, for people: the same on screen and in reports. */
export const FACET_WORDS: Record<Facet, string> = {
  key: 'Key',
  alias: 'Alias',
  account: 'Account',
  region: 'Region',
  state: 'Key state',
  spec: 'Key spec',
  origin: 'Key origin',
  manager: 'Key manager',
  rotation: 'Rotation of the key',
  lastUse: 'Last use of the key',
  age: 'Age of the blob',
  kind: 'Kind of ciphertext',
  container: 'Container',
  repository: 'Repository',
  coverage: 'How the key is known',
};

/** What refers to a key without ciphertext, for people. */
export const REFERENCE_WORDS: Record<ReferenceSort, string> = {
  'sops-rule': 'SOPS creation rule',
  'pulumi-provider': 'Pulumi secrets provider',
  terraform: 'Terraform',
  cloudformation: 'CloudFormation',
  code: 'source code or script',
  configuration: 'configuration',
};

const blobs = (n: number): string => plural(n, 'blob');

/** Share of a whole, in per cent with one digit. */
export const share = (n: number, total: number): string =>
  total === 0 ? '0 %' : `${((n / total) * 100).toFixed(1)} %`;

/** Values named before the others are summed up. */
const NAMED = 3;

/**
 * What a chart of blobs shows, in words, for those who do not see it: whether one value stands out, which come next,
 * what the rest comes to. `rest`: values that are not drawn.
 */
export function shapeWords(
  bars: readonly { readonly label: string; readonly count: number }[],
  total: number,
  rest: { readonly values: number; readonly blobs: number } = { values: 0, blobs: 0 },
): string {
  const sorted = bars.filter((bar) => bar.count > 0).sort((a, b) => b.count - a.count);
  const [first, ...others] = sorted;
  if (first === undefined) return 'No blobs.';
  if (others.length === 0 && rest.values === 0) return `All ${blobs(first.count)}: ${first.label}.`;
  const last = others.at(-1) ?? first;
  if (rest.values === 0 && others.length >= NAMED && last.count * 1.25 >= first.count)
    return `Spread evenly over ${sorted.length} values: ${
      last.count === first.count ? blobs(first.count) : `${count(last.count)} to ${blobs(first.count)}`
    } each.`;
  const named = others.slice(0, NAMED - 1);
  const left = others.slice(NAMED - 1);
  const values = left.length + rest.values;
  const under = left.reduce((sum, bar) => sum + bar.count, 0) + rest.blobs;
  return [
    `${first.count * 2 > total ? 'Most' : 'The largest part'}, ${share(first.count, total)}: ${first.label}`,
    ...named.map((bar) => `then ${bar.label}, ${share(bar.count, total)}`),
    ...(values === 0
      ? []
      : [`${values === 1 ? 'one more value' : `${count(values)} more values`}, ${share(under, total)}`]),
  ]
    .join('; ')
    .concat('.');
}

/**
 * What to call blobs of which nothing was found: no good sign (`sure` false) where KMS was not asked, would not tell
 * everything, or where something is suppressed.
 */
export function nothingWords({
  caller,
  asking,
  gaps,
  notAsked,
  findings,
}: Pick<AuditSummary, 'caller' | 'asking' | 'gaps' | 'notAsked' | 'findings'>): {
  readonly label: string;
  readonly sure: boolean;
} {
  if (caller === null) return { label: 'nothing found in the files', sure: false };
  if (asking > 0) return { label: 'nothing found so far', sure: false };
  if (gaps.length > 0 || notAsked.keys > 0 || notAsked.elsewhere.length > 0)
    return { label: 'nothing found in what KMS reported', sure: false };
  if (findings.suppressed > 0) return { label: 'nothing, or suppressed', sure: false };
  return { label: 'nothing found', sure: true };
}

/** What was weighed to say who may open what is under the keys, and what was not: sentences. */
export function weighedWords({ keys, policies, grants, iamDecides }: Weighed): string[] {
  if (keys === 0) return [];
  const described = keys === 1 ? 'the one key' : `all ${count(keys)} keys`;
  const of = (n: number): string => (n === keys ? described : `${count(n)} of ${count(keys)} keys`);
  return [
    `Who may decrypt or re-encrypt under a key was read from the key policy of ${of(policies)} and from the grants of ${of(grants)} that KMS described.`,
    'Not weighed: IAM policies, permission boundaries, service and resource control policies, session policies, VPC endpoint policies, and statements that deny.',
    ...(iamDecides === 0
      ? []
      : [
          `${iamDecides === 1 ? '1 key policy leaves it to the IAM policies of its account' : `${count(iamDecides)} key policies leave it to the IAM policies of their accounts`} who may use the key: more principals may decrypt these blobs than are named here.`,
        ]),
  ];
}

type PracticeElsewhere = NonNullable<AuditSummary['practice']>;

/** That the practice KMS is asked about keys of real accounts; null where it is not. */
export function practiceWords(practice: PracticeElsewhere | null): string | null {
  if (practice === null || practice.blobs === 0) return null;
  const { account, blobs: n, accounts } = practice;
  return `This is the practice KMS (account ${account}). ${blobs(n)} ${n === 1 ? 'names a key' : 'name keys'} of other accounts (${accounts.join(', ')}): it knows none of them, and cannot re-encrypt these blobs. Connect to AWS to work on them.`;
}

/** What was looked at, and what was not, as sentences: the same on screen, in a shell and in reports. */
export function coverageWords({ reading, files, pasted, skipped, removed }: Coverage): string[] {
  const { read, withBlobs, withFindings, withoutCiphertext, records, archives, inArchives } = files;
  return [
    ...(reading ? ['Still reading: every figure is of what was read so far.'] : []),
    [
      `${plural(read, 'file')} read: ${count(withBlobs)} with blobs`,
      ...(withFindings > 0 ? [`${count(withFindings)} without blobs but with findings`] : []),
      `${count(withoutCiphertext)} without ciphertext that Rewrap knows`,
      ...(records > 0 ? [`${plural(records, 'record')} that Rewrap wrote beside blobs`] : []),
    ]
      .join(', ')
      .concat('.'),
    ...(archives > 0
      ? [
          `${plural(archives, 'archive')} opened: ${plural(inArchives, 'file')} of those read ${inArchives === 1 ? 'stands' : 'stand'} in ${archives === 1 ? 'it' : 'them'}.`,
        ]
      : []),
    ...(pasted > 0 ? [`${plural(pasted, 'text')} pasted or piped in.`] : []),
    ...(skipped.length === 0 ? ['Nothing was skipped.'] : skipped.map(skippedWords)),
    ...(removed > 0 ? [`${plural(removed, 'file')} taken out of the list after reading.`] : []),
  ];
}

/** `14 not read: Links, not followed.` */
const skippedWords = ({ what, count: n }: Coverage['skipped'][number]): string =>
  `${count(n)} not read: ${what.charAt(0).toLowerCase()}${what.slice(1)}.`;
