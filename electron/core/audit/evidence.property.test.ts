import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manyRuns } from '../../../tools/many-runs.ts';
import { EvidenceModel, readKeyName, type Under } from '../key-material/index.ts';
import { CALLER, input, key } from './audit.test-help.ts';
import { facetMembers, makeAudit } from './audit.ts';
import { isListed, touchedBy } from './deletion/touched-blobs.ts';
import {
  namesOf,
  type World,
  type WorldBlob,
  type WorldKey,
  worlds,
  worldText,
} from './evidence.test-help.ts';
import { blobLines } from './report/blob-lines.ts';
import { matchKey } from './rules/key-rules.ts';
import { readRules } from './rules/rules.ts';

/** Trees that each property looks at. */
const TREES = Number(process.env.EVIDENCE_TREES ?? manyRuns(1000));

const SURE: ReadonlySet<Under | null> = new Set(['confirmed', 'person', 'declared', 'inferred']);

/** Keys as KMS describes them on the connection, which is in the account of the first key. */
function described({ keys, connected }: World) {
  const [first] = keys;
  return connected
    ? keys
        .filter(({ account }) => account === first?.account)
        .map(({ id, arn, account, alias, materials, replicas }) =>
          key(id, {
            arn,
            account,
            aliases: [alias],
            materials: materials.length,
            multiRegion: replicas.length > 0,
          }),
        )
    : [];
}

function audited(world: World, rules = '') {
  const { rows, learned, connected, keys } = world;
  const kmsKeys = described(world);
  const evidence = new EvidenceModel(rows, learned, kmsKeys);
  return makeAudit(
    input(rows, kmsKeys, {
      evidence,
      book: (name) =>
        kmsKeys.find(
          ({ arn, aliases }) => arn === name || aliases.includes(name) || arn.endsWith(`/${name}`),
        ) ?? null,
      caller: connected ? { ...CALLER, account: keys[0]?.account ?? '' } : null,
      rules: rules === '' ? null : readRules(`version: 1\n${rules}`),
    }),
  );
}

const underOf = (audit: ReturnType<typeof audited>, name: string): (Under | null)[] => {
  const under: (Under | null)[] = audit.input.snapshot.columns.rows.map(() => null);
  for (const each of touchedBy(audit, name).rows) under[each.index] = each.under;
  return under;
};

/** Labels of the blobs that share key material with a blob, its own included. */
function labelsBeside({ blobs }: World, { row }: WorldBlob): WorldBlob[] {
  const group = row.identification.keyFingerprint;
  return blobs
    .filter((other) =>
      group === null ? other.row === row : other.row.identification.keyFingerprint === group,
    )
    .filter((other) => other.row.declared.keyArn !== null);
}

const isAlias = ({ row }: WorldBlob): boolean => readKeyName(row.declared.keyArn ?? '').alias;

/**
 * Whether not all that names the key of a blob is wrong; what nothing names has no wrong name. An id or ARN outranks an
 * alias: beside one that is wrong, an alias that is right saves nothing.
 */
function hasTrueName(world: World, blob: WorldBlob): boolean {
  if (isProven(world, blob)) return true;
  const labels = labelsBeside(world, blob);
  const concrete = labels.filter((each) => !isAlias(each));
  const decisive = concrete.length > 0 ? concrete : labels;
  return decisive.length === 0 || decisive.some(({ wrong }) => !wrong);
}

const isProven = ({ learned }: World, { material, row }: WorldBlob): boolean =>
  row.identification.keyFingerprint !== null && learned(material).length > 0;

/** An alias without its account is that of the connection. */
const isOfConnection = ({ keys, connected }: World, { account }: WorldKey, name: string): boolean =>
  !connected || name !== 'alias/shared' || account === keys[0]?.account;

const each = (
  check: (world: World, key: WorldKey, name: string, audit: ReturnType<typeof audited>) => void,
) =>
  fc.assert(
    fc.property(worlds, (world) => {
      const audit = audited(world);
      for (const one of world.keys)
        for (const name of namesOf(one)) if (isOfConnection(world, one, name)) check(world, one, name, audit);
    }),
    { numRuns: TREES },
  );

describe('evidence of keys, over made-up trees', () => {
  it('misses no blob of a key, by whatever name the key is asked about', () => {
    each((world, one, name, audit) => {
      const under = underOf(audit, name);
      world.blobs.forEach((blob, i) => {
        if (blob.key === one && hasTrueName(world, blob))
          expect(under[i] ?? 'missed', `${name}, blob ${i}\n${worldText(world)}`).not.toBe('missed');
      });
    });
  });

  it('lists what a file names by that very name, and every blob that KMS confirmed', () => {
    each((world, one, name, audit) => {
      const under = underOf(audit, name);
      world.blobs.forEach((blob, i) => {
        const how = under[i] ?? null;
        const proven = isProven(world, blob);
        // An alias is outranked by KMS, and by an id or ARN beside the same key material.
        const outranked =
          isAlias(blob) && (proven || labelsBeside(world, blob).some((beside) => !isAlias(beside)));
        if (blob.row.declared.keyArn === name && !outranked)
          expect(how === null ? null : isListed(how), `${name}, blob ${i}\n${worldText(world)}`).toBe(true);
        if (!proven) return;
        if (name !== one.arn && name !== one.id) return;
        if (blob.key !== one) expect(SURE.has(how)).toBe(false);
        else expect(how).toBe('confirmed');
      });
    });
  });

  it('lists the same blobs for every name that is known to be the same key’s', () => {
    each((world, one, asked, audit) => {
      if (asked !== one.arn) return;
      const { names } = audit.input.evidence;
      const listed = (name: string) =>
        underOf(audit, name).map((how) => (how === 'alias' || SURE.has(how) ? 'listed' : null));
      const wanted = listed(one.arn);
      for (const name of namesOf(one))
        if (names.same(name, one.arn) === 'same')
          expect(listed(name), `${name}\n${worldText(world)}`).toEqual(wanted);
    });
  });

  it('lets no label speak for blobs without one where labels contradict each other', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { evidence } = audited(world).input;
        for (const { row, material } of world.blobs) {
          const of = evidence.of(row);
          if (of.by !== 'contradicted') continue;
          expect(of.name).toBe(row.declared.keyArn);
          expect(world.learned(material)).toEqual([]);
        }
      }),
      { numRuns: TREES },
    );
  });

  it('lets no gate pass for a key but by evidence: a true label, or one that is wrong', () => {
    each((world, one, name, audit) => {
      const { evidence } = audit.input;
      for (const blob of world.blobs)
        if (blob.key !== one && matchKey(evidence, evidence.of(blob.row), name) === 'yes')
          expect(
            labelsBeside(world, blob).some(
              (beside) =>
                (beside.wrong && (!isProven(world, blob) || isAlias(beside))) ||
                // The rule allows what the file says, in as many words.
                (isAlias(beside) &&
                  readKeyName(beside.row.declared.keyArn ?? '').id === readKeyName(name).id),
            ),
            `${name}, blob ${world.blobs.indexOf(blob)}\n${worldText(world)}`,
          ).toBe(true);
    });
  });

  it('keeps the Region and account that a blob’s own label says', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const audit = audited(world);
        const { columns } = audit.input.snapshot;
        world.blobs.forEach(({ row, wrong, material }, i) => {
          const label = row.declared.keyArn === null ? null : readKeyName(row.declared.keyArn);
          if (label?.alias === true) return;
          const subject = audit.subjects[columns.cohort[i] ?? -1];
          const outranked = wrong && world.learned(material).length > 0;
          if (label?.region == null || outranked) return;
          expect([subject?.region, subject?.account]).toEqual([label.region, label.account]);
        });
      }),
      { numRuns: TREES },
    );
  });

  it('is the same on every surface: facet, deletion, rules, reports', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const audit = audited(world);
        const { columns } = audit.input.snapshot;
        const { evidence } = audit.input;
        const lines = new Map(
          [...blobLines(audit)].flatMap((line) => (line === null ? [] : [[line.row.id, line.subject]])),
        );
        const bars = audit.summary.facets.find(({ facet }) => facet === 'key')?.bars ?? [];
        const inBars = bars.flatMap(({ value }) => [...Array.from(facetMembers(audit, 'key', value))]);
        expect(inBars.sort((a, b) => a - b)).toEqual(columns.rows.map((_, i) => i));
        for (const { value } of bars) {
          const rows = Array.from(facetMembers(audit, 'key', value));
          const [name] = evidence.names.arnsOf(value);
          if (name === undefined) continue;
          const under = underOf(audit, name);
          // What is under the key for sure, and what says so though something contradicts it.
          const wanted = columns.rows.flatMap((row, i) => {
            const of = evidence.of(row);
            const own = of.by === 'contradicted' && of.key === value;
            const byAlias = under[i] === 'alias' && of.key === value;
            return SURE.has(under[i] ?? null) || byAlias || own ? [i] : [];
          });
          expect(rows, `${name} ${value}\n${worldText(world)}`).toEqual(wanted);
          for (const i of rows) expect(lines.get(columns.rows[i]?.id ?? '')?.id).toBe(value);
          const judged = audited(world, `keys: ["${name}"]`);
          const broken = new Set(
            judged.findings
              .filter(({ violation }) => violation)
              .flatMap(({ indexes }) => Array.from(indexes)),
          );
          for (const [i, how] of under.entries()) if (SURE.has(how)) expect(broken.has(i)).toBe(false);
          const passed = judged.summary.unjudged.reduce((sum, { blobs }) => sum + blobs, 0);
          expect(broken.size + passed + under.filter((how) => SURE.has(how)).length).toBe(
            columns.rows.length,
          );
        }
      }),
      { numRuns: TREES },
    );
  });
});
