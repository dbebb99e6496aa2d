import { describe, expect, it } from 'vitest';
import { weighedWords } from '#shared/audit-words.ts';
import { CrossBlobFindings, EvidenceModel } from '../key-material/index.ts';
import { arnOf, input, key, NOW, row } from './audit.test-help.ts';
import { facetMembers, makeAudit, suppressionMembers } from './audit.ts';
import { deletionImpact } from './deletion/deletion.ts';
import { Subjects } from './findings/subjects.ts';
import { Columns } from './list/columns.ts';
import { readRules } from './rules/rules.ts';

const DAY = 86_400_000;
const days = (n: number): string => new Date(NOW + n * DAY).toISOString();
const codes = (audit: ReturnType<typeof makeAudit>) => audit.findings.map(({ code }) => code);
const one = (audit: ReturnType<typeof makeAudit>, code: string) => {
  const found = audit.findings.find((finding) => finding.code === code);
  if (found === undefined) throw new Error(`no ${code} among ${codes(audit).join(', ')}`);
  return found;
};

describe('what KMS says of keys', () => {
  const of = (more: Parameters<typeof key>[1], keyArn = arnOf('k')) =>
    makeAudit(input([row({ file: 'a', keyArn }), row({ file: 'b', keyArn })], [key('k', more)]));

  it('finds nothing wrong with a key in order', () => expect(codes(of({}))).toEqual([]));

  it.each([
    ['key-disabled', { state: 'Disabled' }, 'warning'],
    ['key-pending-deletion', { state: 'PendingDeletion', deletionDate: days(3.2) }, 'critical'],
    ['key-unavailable', { state: 'PendingImport', origin: 'EXTERNAL' }, 'critical'],
    ['key-not-rotated', { rotation: { enabled: false, periodDays: null, lastAt: null } }, 'warning'],
    ['key-not-rotated', { rotation: { enabled: false, periodDays: null, lastAt: days(-400) } }, 'warning'],
    ['key-deletion-unguarded', { deletionGuarded: false }, 'info'],
    ['key-rotations-used-up', { onDemandRotations: 25 }, 'warning'],
    ['key-unused', { lastUse: { operation: 'Decrypt', at: days(-100), trackedSince: null } }, 'info'],
    ['key-unused', { lastUse: { operation: null, at: null, trackedSince: days(-120) } }, 'info'],
    ['key-aws-managed', { manager: 'AWS' }, 'warning'],
    ['key-other-account', { account: '444455556666' }, 'info'],
    ['key-policy-wide', { openTo: ['anyone, in any account'] }, 'critical'],
    ['key-policy-outside', { policyNames: ['arn:aws:iam::444455556666:role/x'] }, 'warning'],
    ['key-grant-outside', { grantedTo: ['arn:aws:iam::444455556666:role/backup (Decrypt)'] }, 'warning'],
    ['key-one-region', { otherRegions: ['eu-west-1'] }, 'info'],
  ] as const)('tells of %s', (code, more, severity) => {
    const finding = one(of(more as never), code);
    expect(finding).toMatchObject({ severity, blobs: 2, files: 2, keyArn: arnOf('k') });
    expect(finding.reason).not.toBe('');
    expect(finding.remedy).not.toBe('');
    expect(finding.evidence.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'made lately, and never rotated',
      { createdAt: days(-364), rotation: { enabled: false, periodDays: null, lastAt: null } },
    ],
    ['rotated by hand lately', { rotation: { enabled: false, periodDays: null, lastAt: days(-20) } }],
    [
      'imported material, which does not rotate',
      { origin: 'EXTERNAL', rotation: { enabled: false, periodDays: null, lastAt: null } },
    ],
    ['used lately', { lastUse: { operation: 'Encrypt', at: days(-89), trackedSince: null } }],
    ['tracked for a short time only', { lastUse: { operation: null, at: null, trackedSince: days(-20) } }],
  ] as const)('is silent of a key %s', (_, more) => expect(codes(of(more as never))).toEqual([]));

  it('counts the days to a deletion and says what dies', () => {
    const finding = one(of({ state: 'PendingDeletion', deletionDate: days(6.5) }), 'key-pending-deletion');
    expect(finding.title).toBe('alias/k will be deleted in 7 days.');
    expect(finding.reason).toContain('never be opened again');
  });

  it('tells of accounts that KMS says nothing about, and of keys that are gone', () => {
    const foreign = arnOf('x', '999988887777');
    const rows = [
      row({ file: 'a', material: null, keyArn: foreign }),
      row({ file: 'b', material: null, keyArn: arnOf('lost') }),
    ];
    const audit = makeAudit(input(rows, [], { book: (name) => (name === arnOf('lost') ? 'gone' : null) }));
    expect(one(audit, 'key-unknown-account').title).toContain('999988887777');
    expect(one(audit, 'key-gone').severity).toBe('critical');
  });

  it('concludes nothing of accounts without a connection', () => {
    const audit = makeAudit(
      input([row({ file: 'a', material: null, keyArn: arnOf('x', '999988887777') })], [], { caller: null }),
    );
    expect(codes(audit)).toEqual([]);
    expect(audit.summary.caller).toBeNull();
  });
});

describe('the counts', () => {
  const rows = [
    row({ file: 'a', keyArn: arnOf('k'), createdAt: '2026-11-01T00:00:00Z' }),
    row({ file: 'b', createdAt: '2019-01-01T00:00:00Z' }),
    row({ file: 'c', material: 'bb'.repeat(32) }),
    row({ file: 'd', material: null, kind: 'kms-asymmetric-candidate' }),
    row({ file: 'e', material: null, kind: 'age' }),
    row({ file: 'f', material: null, keyArn: 'alias/k' }),
  ];
  const audit = makeAudit(input(rows, [key('k')]));
  const bars = (facet: string) =>
    audit.summary.facets.find((each) => each.facet === facet)?.bars.map(({ label, blobs }) => [label, blobs]);

  it('join a group, its label and an alias of the same key', () => {
    expect(bars('key')).toEqual([
      ['alias/k', 3],
      ['key material bbbbbbbb', 1],
      ['not known', 1],
      ['not made by KMS', 1],
    ]);
    expect(audit.summary.totals).toEqual({
      blobs: 6,
      files: 6,
      otherFiles: 0,
      repositories: 0,
      materials: 2,
      materialsNamed: 1,
      keys: 1,
      accounts: 1,
      regions: 1,
    });
  });

  it('say how much is known, and how old', () => {
    expect(bars('coverage')).toEqual([
      ['declared in files', 2],
      ['inferred from blobs with the same key material', 1],
      ['same key, not yet identified', 1],
      ['not known', 1],
      ['not made by KMS', 1],
    ]);
    expect(bars('age')).toEqual([
      ['within 30 days', 1],
      ['over 2 years ago', 1],
      ['no date declared', 4],
    ]);
  });

  it('give the blobs behind each bar: every facet adds up to all blobs', () => {
    for (const { facet, bars: list, more } of audit.summary.facets) {
      expect(more.values).toBe(0);
      const members = list.flatMap(({ value, blobs }) => {
        const found = [...Array.from(facetMembers(audit, facet, value))];
        expect(found).toHaveLength(blobs);
        return found;
      });
      expect(members.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });
});

describe('how far it was weighed', () => {
  it('counts keys with a policy and grants that were read, and those that IAM policies decide about', () => {
    const audit = makeAudit(
      input(
        [
          row({ file: 'a', material: null, keyArn: arnOf('k') }),
          row({ file: 'b', material: null, keyArn: arnOf('l') }),
        ],
        [key('k'), key('l', { openTo: null, iamDecides: null, grantedTo: null })],
      ),
    );
    expect(audit.summary.weighed).toEqual({ keys: 2, policies: 1, grants: 1, iamDecides: 1 });
    expect(weighedWords(audit.summary.weighed).join(' ')).toMatch(
      /1 of 2 .*Not weighed: IAM policies.*1 key policy leaves/,
    );
  });
});

/** As a plain look at each row would count: what the columns must come to, whatever is alike and whatever is not. */
describe('the columns', () => {
  const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;
  const rows = Array.from({ length: 600 }, (_, i) =>
    row({
      file: `f${i % 37}`,
      place: `${i}`,
      material: pick([null, 'aa', 'bb', 'cc'], i * 7 + (i >> 3)),
      keyArn: pick([null, arnOf('k'), arnOf('x', '999988887777'), 'alias/k', ''], i * 5 + (i >> 2)),
      kind: pick(['kms-symmetric', 'kms-asymmetric-candidate', 'age'] as const, i * 3),
      createdAt: pick(['2020-01-01', '2026-11-20T00:00:00Z', 'never'], i),
      context: pick([null, { app: 'x' }, { env: 'dev', app: 'y' }], i >> 1),
    }),
  );
  const rules = readRules(
    'version: 1\naccounts: ["111122223333"]\ncontext: {required: [env]}\nmaximumAgeDays: 90\n',
  );
  const made = input(rows, [key('k', { state: 'Disabled' })], { rules });
  const audit = makeAudit(made);
  const finder = new Subjects(made.evidence, made.book);

  it('give each row its own subject', () => {
    const { columns } = audit.input.snapshot;
    expect(rows.map((_, i) => audit.subjects[columns.cohort[i] ?? -1])).toEqual(
      rows.map((each) => finder.of(each)),
    );
  });

  it('are after each change of the list what they would be if made anew', () => {
    const shown = (columns: Columns) => [
      columns.cohorts.map(({ row: first, size }) => [first.id, size]),
      columns.dates,
      columns.files,
      [columns.cohort, columns.date, columns.file, columns.reencryptable].map((column) => [...column]),
      [...columns.rowsOf([0, 2])],
    ];
    let now = rows;
    let columns = new Columns(now);
    const steps: ((list: typeof rows) => typeof rows)[] = [
      (list) => [...list, row({ file: 'new', createdAt: '2021-02-03' })],
      (list) => list.slice(100),
      (list) => list.map((each, i) => (i % 50 === 3 ? row({ file: each.file, material: 'dd' }) : each)),
      (list) => list.filter((_, i) => i % 7 !== 0),
      (list) => [...list].reverse(),
      () => [],
      () => rows,
    ];
    for (const step of steps) {
      now = step(now);
      columns = new Columns(now, columns);
      expect(shown(columns)).toEqual(shown(new Columns(now)));
    }
  });

  it('find the rows of a finding that a look at each row finds', () => {
    const disabled = one(audit, 'key-disabled');
    const wanted = rows.flatMap((each, i) => (finder.of(each).key?.keyId === 'k' ? [i] : []));
    expect(wanted.length).toBeGreaterThan(50);
    expect([...Array.from(disabled.indexes)]).toEqual(wanted);
    expect(disabled.files).toBe(new Set(wanted.map((i) => rows[i]?.file)).size);
    expect(disabled.reencryptable).toBe(wanted.filter((i) => rows[i]?.identification.reencryptable).length);
    const old = rows.flatMap((each, i) => (each.declared.createdAt === '2020-01-01' ? [i] : []));
    expect([...Array.from(one(audit, 'rule-age').indexes)]).toEqual(old);
    const lacking = rows.flatMap(({ identification: { kind }, declared: { encryptionContext } }, i) =>
      kind === 'kms-symmetric' && encryptionContext !== null && !('env' in encryptionContext) ? [i] : [],
    );
    expect([...Array.from(one(audit, 'rule-context').indexes)]).toEqual(lacking);
  });
});

it('judges nothing by rules that cannot be used, and says so in every answer', () => {
  const { summary } = makeAudit(input([row({ file: 'a' })], [], { brokenRules: 'version: expected 1' }));
  expect(summary.violations).toBeNull();
  expect(summary.unjudged).toEqual([
    { rule: 'all', blobs: 1, why: 'the rules file cannot be used: version: expected 1' },
  ]);
});

it('offers no re-encryption where that is no remedy', () => {
  const rows = [row({ file: 'a', keyArn: arnOf('lost') })];
  const gone = makeAudit(input(rows, [], { book: () => 'gone' }));
  expect(one(gone, 'key-gone')).toMatchObject({ blobs: 1, reencryptable: 0 });
  const other = makeAudit(input([row({ file: 'a', keyArn: arnOf('k', '999988887777') })], []));
  expect(one(other, 'key-unknown-account')).toMatchObject({ blobs: 1, reencryptable: 1 });
});

it('counts a blob as over two years old exactly where the finding says so', () => {
  const limit = new Date(NOW);
  limit.setUTCMonth(limit.getUTCMonth() - 24);
  const rows = [-26, -12.1, -12, -11.9, -9, -1, 0, 1, 9, 14, 800].map((hours) =>
    row({ file: `${hours}`, createdAt: new Date(limit.getTime() + hours * 3_600_000).toISOString() }),
  );
  const placed = rows.map((each, index) => ({ row: each, index }));
  const across = new CrossBlobFindings<(typeof placed)[number]>();
  for (const one of placed) across.add(one);
  across.settle(placed, new EvidenceModel(rows, () => []), NOW);
  const found = placed.filter((one) => across.brief(one).some(({ code }) => code === 'old-blob'));
  const old = facetMembers(makeAudit(input(rows, [])), 'age', 'old');
  expect(Array.from(old)).toEqual(found.map(({ index }) => index));
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThan(rows.length);
});

describe('suppression', () => {
  const finding = {
    code: 'plaintext-beside-blob' as const,
    severity: 'critical' as const,
    title: 'T',
    evidence: ['E'],
    reason: 'D',
    remedy: 'R',
    range: null,
  };
  const base = (rows: ReturnType<typeof row>[]) => input(rows, [], { findings: () => [finding] });
  const rows = [row({ file: 'a' }), row({ file: 'b' })];
  const first = makeAudit(base(rows));
  const found = one(first, 'plaintext-beside-blob');
  const members = new Set(suppressionMembers(first, found) ?? []);
  const until = (date: string) =>
    new Map([[found.id, { reason: 'accepted', until: date, where: 'here' as const, members }]]);

  it('silences what was seen, and says so', () => {
    const audit = makeAudit(base(rows), until('2026-11-24'));
    expect(audit.summary.findings).toEqual({ critical: 0, warning: 0, info: 0, suppressed: 1 });
    expect(audit.summary.severities).toEqual({ critical: 0, warning: 0, info: 0, none: 2 });
    expect(audit.findings[0]?.suppressed).toEqual({ reason: 'accepted', until: '2026-11-24', where: 'here' });
  });

  it('ends with its date', () => {
    const audit = makeAudit(base(rows), until('2026-11-23'));
    expect(audit.summary.findings).toMatchObject({ critical: 1, suppressed: 0 });
  });

  it('does not hold for a place that was not seen', () => {
    const audit = makeAudit(base([...rows, row({ file: 'new' })]), until('2027-01-01'));
    expect(audit.summary.findings).toMatchObject({ critical: 1, suppressed: 1 });
    expect(one(audit, 'plaintext-beside-blob').examples).toEqual([{ file: 'new', place: '' }]);
  });
});

describe('a deletion', () => {
  const rows = [
    row({ file: 'a', keyArn: arnOf('k') }),
    row({ file: 'a', place: 'two' }),
    row({ file: 'b', material: 'bb'.repeat(32) }),
    row({ file: 'c', material: null, kind: 'kms-asymmetric-candidate' }),
    row({ file: 'd', material: null, kind: 'age' }),
  ];
  it('is answered by key, alias and id, with what is sure and what is not', () => {
    const audit = makeAudit(input(rows, [key('k')]));
    for (const asked of [arnOf('k'), 'alias/k', 'k'])
      expect(deletionImpact(audit, asked)).toMatchObject({
        answer: '2 blobs in 1 file could never be opened again.',
        severity: 'some',
        certain: 0,
        declared: 1,
        inferred: 1,
        possible: 1,
        byFile: [{ file: 'a', blobs: 2, lost: 2 }],
      });
  });
  it('names the replica that is left', () => {
    const audit = makeAudit(input(rows, [key('k', { otherRegions: ['eu-west-1'] })]));
    expect(deletionImpact(audit, 'alias/k').answer).toContain('the replica in eu-west-1');
  });
  it('does not say that nothing breaks while some are unknown', () => {
    const audit = makeAudit(input(rows, [key('k'), key('other')]));
    expect(deletionImpact(audit, 'alias/other')).toMatchObject({ severity: 'possible', possible: 1 });
    const known = makeAudit(input([row({ file: 'a', keyArn: arnOf('k') })], [key('k'), key('other')]));
    expect(deletionImpact(known, 'alias/other')).toMatchObject({
      severity: 'none',
      answer: expect.stringContaining('No blob'),
    });
  });
  it('is no assurance where only KMS could say whether an alias is the key that a file names', () => {
    const named = input([row({ file: 'a', keyArn: arnOf('k') })], []);
    const offline = deletionImpact(makeAudit({ ...named, caller: null }), 'alias/k');
    expect(offline).toMatchObject({ severity: 'possible', declared: 0, possible: 1 });
    expect(offline.answer).toBe(
      'No such name here: no file names alias/k. 1 blob may be under it all the same.',
    );
    expect(offline.notes.join(' ')).toContain('only KMS can say whether alias/k');
    // An alias of another account is not the alias of that key.
    const other = 'arn:aws:kms:us-east-1:444455556666:alias/k';
    expect(deletionImpact(makeAudit({ ...named, caller: null }), other)).toMatchObject({ severity: 'none' });
  });
});
