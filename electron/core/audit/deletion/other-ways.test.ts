import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arnOf, input, key, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import type { AlsoOpens, OtherWay } from '../model.ts';
import { deletionImpact } from './deletion.ts';
import { touchedBy } from './touched-blobs.ts';

const KEYS = ['a', 'b', 'c'].map((id) => arnOf(id));
const [ASKED = ''] = KEYS;
const MRK = 'mrk-80bd8ecdcd4342aebd84b7dc9da498a7';
const mrk = (region: string): string => arnOf(MRK, '111122223333', region);

interface SopsFile {
  /** Of each group: keys of its entries of AWS KMS, and whether it has another recipient. */
  readonly groups: readonly { readonly keys: readonly number[]; readonly other: boolean }[];
  readonly threshold: number;
}

/** The blobs of a SOPS file with key groups, as intake finds them. */
function sopsRows({ groups, threshold }: SopsFile) {
  const others = groups.flatMap(({ other }, at) => (other ? [at] : []));
  const also: AlsoOpens[] = [];
  const rows = groups.flatMap(({ keys }, group) =>
    keys.map((n, entry) => {
      also.push({ keyGroup: { group, needed: threshold === 0 ? groups.length : threshold, others } });
      return {
        ...row({
          file: 'secrets.yaml',
          place: `sops.key_groups[${group}].kms[${entry}].enc`,
          keyArn: KEYS[n] ?? '',
          material: `${n + 1}`.repeat(64),
        }),
        container: 'sops' as const,
      };
    }),
  );
  return { rows, also };
}

function waysOf(file: SopsFile): OtherWay[] {
  const { rows, also } = sopsRows(file);
  const audit = makeAudit(input(rows, [], { alsoOpens: (index) => also[index] ?? {}, caller: null }));
  return touchedBy(audit, ASKED)
    .rows.filter(({ under }) => under === 'declared')
    .map(({ way }) => way);
}

describe('key groups of a SOPS file', () => {
  const entries = fc.record({
    keys: fc.array(fc.nat(2), { maxLength: 3 }),
    other: fc.boolean(),
  });
  const files = fc
    .tuple(fc.array(entries, { minLength: 1, maxLength: 4 }), fc.nat(4))
    .map(([groups, threshold]): SopsFile => ({ groups, threshold: Math.min(threshold, groups.length) }));

  it('open without a key where as many groups as are needed still have a recipient', () => {
    fc.assert(
      fc.property(files, (file) => {
        const left = file.groups.filter(({ keys, other }) => other || keys.some((n) => n !== 0)).length;
        const needed = file.threshold === 0 ? file.groups.length : file.threshold;
        const opens = left >= needed;
        for (const way of waysOf(file)) expect(way).toBe(opens ? 'other' : 'none');
      }),
    );
  });

  it.each<[string, SopsFile, OtherWay]>([
    ['two of two, one lost', { groups: [g(0), g(1)], threshold: 2 }, 'none'],
    ['one of two, one lost', { groups: [g(0), g(1)], threshold: 1 }, 'other'],
    ['two of three, one lost', { groups: [g(0), g(1), g(2)], threshold: 2 }, 'other'],
    ['all, where no threshold is set', { groups: [g(0), g(1)], threshold: 0 }, 'none'],
    ['another recipient of the group', { groups: [g(0, 1), g(2)], threshold: 2 }, 'other'],
  ])('%s', (_, file, way) => expect(waysOf(file)).toEqual([way]));
});

function g(...keys: number[]): SopsFile['groups'][number] {
  return { keys, other: false };
}

describe('another recipient with contradicting labels', () => {
  it('may open the file: one wrong label makes nothing lost for certain', () => {
    const [, other = ''] = KEYS;
    const recipient = (n: number, keyArn: string, material: string) => ({
      ...row({ file: 'two.yaml', place: `sops.kms[${n}].enc`, keyArn, material: material.repeat(64) }),
      container: 'sops' as const,
    });
    const rows = [
      recipient(0, ASKED, '1'),
      recipient(1, other, '2'),
      row({ file: 'wrong', keyArn: ASKED, material: '2'.repeat(64) }),
    ];
    const impact = deletionImpact(makeAudit(input(rows, [], { caller: null })), ASKED);
    expect(impact).toMatchObject({ declared: 1, contradicted: 2, lost: 0, maybeOtherWay: 1 });
    expect(impact.answer).not.toContain('could never be opened again');
  });
});

describe('replicas', () => {
  const rows = [
    row({ file: 'us', keyArn: mrk('us-east-1'), material: '1'.repeat(64) }),
    row({ file: 'eu', keyArn: mrk('eu-west-1'), material: '1'.repeat(64) }),
  ];
  const known = (otherRegions: string[]) =>
    key(MRK, { arn: mrk('us-east-1'), multiRegion: true, otherRegions });

  it('open another way for certain only where KMS lists them', () => {
    const connected = (otherRegions: string[]) =>
      deletionImpact(makeAudit(input(rows, [known(otherRegions)])), mrk('us-east-1'));
    expect(connected(['eu-west-1'])).toMatchObject({ lost: 0, otherWay: 2, maybeOtherWay: 0 });
    // The files name a Region where KMS lists no replica any more.
    expect(connected([])).toMatchObject({ lost: 2, otherWay: 0, maybeOtherWay: 0 });
  });

  it('are not known offline, whatever Regions files name', () => {
    for (const some of [rows, rows.slice(0, 1), rows.slice(1)])
      for (const asked of [mrk('us-east-1'), mrk('eu-west-1'), MRK])
        expect(deletionImpact(makeAudit(input(some, [], { caller: null })), asked)).toMatchObject({
          lost: 0,
          otherWay: 0,
          maybeOtherWay: some.length,
        });
  });

  it('are missed by files that name one Region, and not by files that name two', () => {
    const codes = (some: typeof rows) =>
      makeAudit(input(some, [known(['eu-west-1'])])).findings.map(({ code }) => code);
    expect(codes(rows.slice(0, 1))).toContain('key-one-region');
    expect(codes(rows)).not.toContain('key-one-region');
  });
});
