import { describe, expect, it } from 'vitest';
import type { LearnedKey } from '#shared/model/key-group.ts';
import { EvidenceModel } from '../../key-material/index.ts';
import { arnOf, input, key, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { readRules } from '../rules/rules.ts';
import { deletionImpact } from './deletion.ts';
import { isListed, touchedBy } from './touched-blobs.ts';

const OLD = arnOf('00000001-1111-4111-8111-111111111111');
const NEW = arnOf('00000002-1111-4111-8111-111111111111');
const THIRD = arnOf('00000003-1111-4111-8111-111111111111');
const ALIAS = 'alias/app';
const described = (arn: string, more: Parameters<typeof key>[1] = {}) =>
  key(arn.split('/')[1] ?? '', { arn, aliases: [], ...more });
const KEYS = [described(OLD), described(NEW, { aliases: [ALIAS] }), described(THIRD)];
const material = (n: number): string => n.toString(16).repeat(64).slice(0, 64);

type Rows = Parameters<typeof row>[0][];
interface More {
  readonly keys?: ReturnType<typeof key>[];
  readonly rules?: string;
  readonly confirmed?: Readonly<Record<string, string>>;
}

function audited(rows: Rows, { keys = KEYS, rules, confirmed = {} }: More = {}) {
  const list = rows.map(row);
  const learned = (fingerprint: string): LearnedKey[] => {
    const keyArn = confirmed[fingerprint];
    return keyArn === undefined
      ? []
      : [{ keyArn, by: 'kms', evidence: 'request r', keyMaterialId: null, at: null, blobs: 0 }];
  };
  return makeAudit(
    input(list, keys, {
      evidence: new EvidenceModel(list, learned, keys),
      ...(rules === undefined ? {} : { rules: readRules(`version: 1\n${rules}`) }),
    }),
  );
}

/** Files that an answer lists, and files that may be under the key. */
function answered(audit: ReturnType<typeof audited>, name: string) {
  const { rows } = audit.input.snapshot.columns;
  const of = (listed: boolean) =>
    touchedBy(audit, name)
      .rows.filter(({ under }) => isListed(under) === listed)
      .map(({ index }) => rows[index]?.file);
  return { listed: of(true), possible: of(false) };
}

const gate = (rows: Rows, rules: string, more: More = {}) => {
  const { summary } = audited(rows, { ...more, rules });
  return {
    violations: summary.violations,
    unjudged: summary.unjudged.reduce((sum, one) => sum + one.blobs, 0),
  };
};

describe('an alias that was moved from one key to another', () => {
  const rows: Rows = [
    { file: 'old-arn', keyArn: OLD, material: material(1) },
    { file: 'old-alias', keyArn: ALIAS, material: material(1) },
    { file: 'old-plain', material: material(1) },
    { file: 'alias-only', keyArn: ALIAS, material: material(2) },
  ];

  it('leaves its blobs in the answer of the former key', () => {
    expect(answered(audited(rows), OLD)).toEqual({
      listed: ['old-arn', 'old-alias', 'old-plain'],
      possible: ['alias-only'],
    });
  });

  it('gives the key of now no more than what may be its', () => {
    const { listed, possible } = answered(audited(rows), NEW);
    expect(listed).toEqual(['alias-only']);
    expect(possible).toEqual(['old-alias']);
    expect(deletionImpact(audited(rows), NEW)).toMatchObject({ viaAlias: 1, declared: 0, lost: 0 });
    expect(deletionImpact(audited(rows), NEW).answer).not.toContain('never be opened');
  });

  it('may have named any other key of its account and Region, and none elsewhere', () => {
    const far = arnOf('00000004-1111-4111-8111-111111111111', '444455556666');
    expect(answered(audited([rows[3] as Rows[0]]), THIRD)).toEqual({ listed: [], possible: ['alias-only'] });
    const placed = [
      { file: 'a', keyArn: `arn:aws:kms:us-east-1:111122223333:${ALIAS}`, material: material(2) },
    ];
    expect(answered(audited(placed), far)).toEqual({ listed: [], possible: [] });
  });

  it('passes no gate for the key of now, nor for its account, and what KMS confirmed does', () => {
    const only = [rows[3] as Rows[0]];
    expect(gate(only, `keys: ["${NEW}"]`)).toEqual({ violations: 0, unjudged: 1 });
    expect(gate(only, 'accounts: ["111122223333"]')).toEqual({ violations: 0, unjudged: 1 });
    expect(gate(only, 'regions: [us-east-1]')).toEqual({ violations: 0, unjudged: 1 });
    expect(gate(only, 'forbid: [key-disabled]')).toEqual({ violations: 0, unjudged: 1 });
    const confirmed = { [material(2)]: NEW };
    expect(gate(only, `keys: ["${NEW}"]`, { confirmed })).toEqual({ violations: 0, unjudged: 0 });
    expect(gate(only, `keys: ["${OLD}"]`, { confirmed })).toEqual({ violations: 1, unjudged: 0 });
  });

  it('contradicts nothing', () => {
    for (const { verdict } of audited(rows).input.evidence.keyGroups)
      expect(verdict).not.toBe('contradiction');
    const confirmed = audited(rows, { confirmed: { [material(1)]: OLD, [material(2)]: NEW } });
    for (const { verdict } of confirmed.input.evidence.keyGroups) expect(verdict).not.toBe('contradiction');
    expect(answered(confirmed, NEW)).toEqual({ listed: ['alias-only'], possible: [] });
  });

  it('is no contradiction where the key of now has too few key materials for it', () => {
    const keys = [described(OLD), described(NEW, { aliases: [ALIAS], materials: 1 })];
    const two: Rows = [
      { file: 'one', keyArn: ALIAS, material: material(2) },
      { file: 'two', keyArn: ALIAS, material: material(3) },
      { file: 'plain', material: material(3) },
    ];
    const audit = audited(two, { keys });
    for (const { verdict } of audit.input.evidence.keyGroups) expect(verdict).not.toBe('contradiction');
    expect(answered(audit, ALIAS)).toEqual({ listed: ['one', 'two'], possible: ['plain'] });
    expect(answered(audit, OLD)).toEqual({ listed: [], possible: ['one', 'two', 'plain'] });
    expect(gate(two, `keys: [${ALIAS}]`, { keys })).toEqual({ violations: 0, unjudged: 3 });
  });
});

describe('a tie of an alias to a key', () => {
  const rows: Rows = [
    { file: 'both-alias', keyArn: ALIAS, material: material(1) },
    { file: 'both-arn', keyArn: OLD, material: material(1) },
    { file: 'arn', keyArn: OLD, material: material(2) },
    { file: 'alias', keyArn: ALIAS, material: material(3) },
  ];
  const keys: ReturnType<typeof key>[] = [];

  it('holds for its own key material, and is an alias for others', () => {
    const audit = audited(rows, { keys });
    const under = (name: string) => touchedBy(audit, name).rows.map(({ under: how }) => how);
    expect(under(OLD)).toEqual(['declared', 'declared', 'declared', 'alias']);
    expect(under(ALIAS)).toEqual(['declared', 'declared', 'alias', 'declared']);
  });

  it('lets no gate pass for other key materials', () => {
    expect(gate(rows, `keys: ["${OLD}"]`, { keys })).toEqual({ violations: 0, unjudged: 1 });
    expect(gate(rows, `keys: [${ALIAS}]`, { keys })).toEqual({ violations: 0, unjudged: 1 });
    expect(gate(rows, 'keys: ["arn:aws:kms:*:key/00000001-*"]', { keys })).toEqual({
      violations: 0,
      unjudged: 1,
    });
  });

  it('is outranked by an id or ARN beside the same key material', () => {
    const moved: Rows = [
      ...rows,
      { file: 'new-arn', keyArn: NEW, material: material(4) },
      { file: 'new-alias', keyArn: ALIAS, material: material(4) },
    ];
    expect(gate(moved.slice(-2), `keys: ["${OLD}"]`, { keys })).toEqual({ violations: 1, unjudged: 0 });
    const { listed, possible } = answered(audited(moved, { keys }), OLD);
    expect(listed).toEqual(['both-alias', 'both-arn', 'arn']);
    expect(possible).toEqual(['alias']);
  });
});

describe('labels that contradict each other', () => {
  it('may be of any key, one of which they name', () => {
    const rows: Rows = [
      { file: 'a', keyArn: OLD, material: material(1) },
      { file: 'b', keyArn: NEW, material: material(1) },
      { file: 'c', material: material(1) },
    ];
    for (const name of [OLD, NEW])
      expect(answered(audited(rows), name)).toEqual({ listed: ['a', 'b', 'c'], possible: [] });
    expect(answered(audited(rows), THIRD)).toEqual({ listed: [], possible: ['a', 'b', 'c'] });
  });

  it('count towards the key materials of a key', () => {
    const keys = [described(OLD, { materials: 1 }), described(NEW)];
    // KMS confirmed the one key material, beside a wrong label; a second one cannot be its.
    const rows: Rows = [
      { file: 'a', keyArn: NEW, material: material(1) },
      { file: 'b', keyArn: OLD, material: material(2) },
    ];
    const more = { keys, confirmed: { [material(1)]: OLD } };
    const [, second] = audited(rows, more).input.evidence.keyGroups;
    expect(second).toMatchObject({ verdict: 'contradiction', keyArn: null });
    expect(gate(rows.slice(1), `keys: ["${OLD}"]`, more)).toMatchObject({ violations: 0 });
    expect(gate(rows, `keys: ["${OLD}"]`, more)).toMatchObject({ violations: 1 });
  });
});

describe('names', () => {
  it('are the same in capitals and with white space around them', () => {
    const rows: Rows = [
      {
        file: 'a',
        keyArn: OLD.toUpperCase()
          .replace('ARN:AWS:KMS:US-EAST-1', 'arn:aws:kms:us-east-1')
          .replace('KEY/', 'key/'),
        material: material(1),
      },
      { file: 'b', keyArn: '0000000A-1111-4111-8111-11111111111A', material: material(2) },
    ];
    expect(answered(audited(rows), ` ${OLD}\n`).listed).toEqual(['a']);
    expect(answered(audited(rows), arnOf('0000000a-1111-4111-8111-11111111111a')).listed).toEqual(['b']);
    expect(gate(rows.slice(0, 1), `keys: ["${OLD}"]`)).toEqual({ violations: 0, unjudged: 0 });
  });

  it('that two accounts have are said to be of two keys', () => {
    const far = `arn:aws:kms:us-east-1:444455556666:${ALIAS}`;
    const near = `arn:aws:kms:us-east-1:111122223333:${ALIAS}`;
    const rows: Rows = [
      { file: 'far', keyArn: far, material: material(1) },
      { file: 'near', keyArn: near, material: material(2) },
      { file: 'bare', keyArn: ALIAS, material: material(3) },
    ];
    const offline = audited(rows, { keys: [] });
    const { answer } = deletionImpact(offline, ALIAS);
    expect(answer).toContain('is a name of 2 keys here');
    for (const name of [far, near]) expect(answer).toContain(name);
    expect(answered(offline, far).listed).toEqual(['far']);
    expect(gate(rows, `keys: [${ALIAS}]`, { keys: [] })).toEqual({ violations: 0, unjudged: 3 });
    // A connection knows the key of its own account, and nothing of the other.
    const connected = deletionImpact(audited(rows), ALIAS).answer;
    for (const name of [far, NEW]) expect(connected).toContain(name);
    expect(answered(audited(rows), NEW).listed).toEqual(['near', 'bare']);
  });
});

describe('blobs of one key that are known in several ways', () => {
  it('are counted by each, and called by the weakest', () => {
    const rows: Rows = [
      { file: 'a', keyArn: OLD, material: material(1) },
      { file: 'b', keyArn: OLD, material: material(2) },
      { file: 'c', material: material(2) },
    ];
    const { keys } = audited(rows, { confirmed: { [material(1)]: OLD } }).summary;
    expect(keys.map(({ by, evidence }) => [by, evidence])).toEqual([
      [
        'inferred',
        [
          { by: 'kms', blobs: 1 },
          { by: 'declared', blobs: 1 },
          { by: 'inferred', blobs: 1 },
        ],
      ],
    ]);
  });
});

describe('damaged blobs', () => {
  it('are lost already, and counted apart', () => {
    const list = [
      row({ file: 'a', keyArn: OLD, material: material(1) }),
      { ...row({ file: 'cut', keyArn: OLD, material: material(1) }), findings: ['truncated' as const] },
    ];
    const audit = makeAudit(input(list, KEYS));
    const impact = deletionImpact(audit, OLD);
    expect(impact).toMatchObject({ declared: 2, damaged: 1, lost: 1 });
    expect(impact.answer).toContain('1 blob in 1 file could never be opened again.');
  });
});

describe('the counts of an answer', () => {
  it('are each of their own blobs in their own files', () => {
    const rows: Rows = [
      { file: 'a', keyArn: OLD, material: material(1) },
      { file: 'b', keyArn: OLD, material: material(2) },
      { file: 'c', keyArn: NEW, material: material(2) },
    ];
    const { answer, files } = deletionImpact(audited(rows), OLD);
    expect(answer).toContain('1 blob in 1 file could never be opened again.');
    expect(answer).toContain('2 blobs in 2 files may be lost');
    expect(files).toBe(3);
  });
});
