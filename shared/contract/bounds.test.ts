import { describe, expect, test } from 'vitest';
import { z as zod } from 'zod';
import * as z from '../schema.ts';
import { events, hostRequests, requests } from './contract.ts';

interface Bound {
  readonly where: string;
  readonly kind: 'string' | 'array' | 'record';
  /** Infinity: none. */
  readonly most: number;
}

type Def = Record<string, unknown> & { readonly type: string };

/** Every string, array and record of a schema, each with its bound. */
function boundsOf(schema: zod.core.$ZodType, where: string, seen = new Set<unknown>()): Bound[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const def = schema._zod.def as unknown as Def;
  const inside = (part: unknown, name: string) =>
    boundsOf(part as zod.core.$ZodType, `${where}.${name}`, seen);
  const checks = (def.checks ?? []) as { _zod: { def: { maximum?: number; length?: number } } }[];
  const most = Math.min(...checks.flatMap(({ _zod: { def: check } }) => check.maximum ?? check.length ?? []));
  switch (def.type) {
    case 'string':
      return [{ where, kind: 'string', most }];
    case 'array':
      return [{ where, kind: 'array', most }, ...inside(def.element, '[]')];
    case 'record': {
      // Met by itself, nothing counted its members before: names of a list are its bound.
      const { entries } = (def.keyType as zod.core.$ZodType)._zod.def as { entries?: object };
      const most = entries === undefined ? Number.POSITIVE_INFINITY : Object.keys(entries).length;
      return [{ where, kind: 'record', most }, ...inside(def.valueType, 'value')];
    }
    case 'pipe': {
      const members = z.mostMembers(def.in as object);
      const out = (def.out as zod.core.$ZodType)._zod.def as unknown as Def;
      if (members === undefined || out.type !== 'record')
        return [...inside(def.in, 'in'), ...inside(def.out, 'out')];
      return [
        { where, kind: 'record', most: members },
        ...inside(out.keyType, 'key'),
        ...inside(out.valueType, 'value'),
      ];
    }
    case 'object':
      return Object.entries(def.shape as object).flatMap(([name, part]) => inside(part, name));
    case 'union':
      return (def.options as unknown[]).flatMap((part, index) => inside(part, `|${index}`));
    case 'nullable':
    case 'optional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return inside(def.innerType, '');
    case 'literal':
    case 'enum':
    case 'number':
    case 'int':
    case 'boolean':
    case 'null':
    // Bytes of a report or a new file, which the engine itself made.
    case 'custom':
      return [];
    default:
      throw new Error(`${where}: what bounds a schema of type ${def.type}?`);
  }
}

const specs = (table: object) =>
  Object.entries(table).flatMap(([namespace, methods]) =>
    Object.entries(methods as Record<string, (typeof requests)['app']['state']>).map(
      ([method, spec]) => [`${namespace}.${method}`, spec] as const,
    ),
  );
const unbounded = (bounds: readonly Bound[]) =>
  bounds.filter(({ most }) => !Number.isFinite(most)).map(({ where }) => where);

describe('every string, array and record of the contract has a bound', () => {
  test.each([...specs(requests), ...specs(hostRequests)])('%s', (name, { input, reply }) => {
    expect(unbounded(boundsOf(input, `${name}(`))).toEqual([]);
    expect(unbounded(boundsOf(reply, `${name} =`))).toEqual([]);
  });

  test.each(Object.entries(events))('%s', (name, { payload }) => {
    expect(unbounded(boundsOf(payload, name))).toEqual([]);
  });

  test('text of a page is as long as what it stands for, and only pasted text, rules and campaigns are long', () => {
    const long = specs(requests)
      .flatMap(([name, { input }]) => boundsOf(input, name))
      .filter(({ kind, most }) => kind === 'string' && most > 10_000)
      .map(({ where, most }) => [where, most]);
    expect(long).toEqual([
      ['app.setPageState.rulesDraft..', 1_000_000],
      ['intake.paste.text.', 32_000_000],
      ['audit.setRules.text.', 1_000_000],
      ['audit.tryRules.text', 1_000_000],
      ['audit.campaignView.text', 1_000_000],
      ['audit.campaignView.snapshots.', 10_000_000],
      ['audit.saveText.text', 10_000_000],
    ]);
  });

  test('the look at them finds what has none', () => {
    const open = zod.object({
      a: zod.string(),
      b: zod.array(zod.string().max(1)),
      c: zod.record(zod.string(), zod.int()),
      d: zod.discriminatedUnion('k', [zod.object({ k: zod.literal(1), e: zod.string().nullable() })]),
      f: zod.string().max(4),
    });
    expect(unbounded(boundsOf(open, 'x'))).toEqual(['x.a', 'x.b', 'x.c', 'x.d.|0.e.']);
  });
});

test('a record counts its members before it looks at one', () => {
  let looked = 0;
  const schema = z.record(
    z.string(),
    z.string().refine(() => {
      looked += 1;
      return true;
    }),
    3,
  );
  expect(schema.safeParse({ a: '1', b: '2', c: '3' }).success).toBe(true);
  expect(looked).toBe(3);
  const { error } = schema.safeParse({ a: '1', b: '2', c: '3', d: '4' });
  expect(error?.issues.map(({ message }) => message)).toEqual(['Too many members: at most 3']);
  expect(looked).toBe(3);
  expect(schema.safeParse(7).error?.issues[0]?.message).toContain('expected record');
});
