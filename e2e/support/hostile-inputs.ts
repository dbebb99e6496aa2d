import { z } from 'zod';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import type { RequestSpec } from '#shared/contract/define.ts';

/** Input as it goes to the page. `$huge` and `$deep` are made there: sending them to it would take longer than the test. */
export interface HostileCall {
  readonly name: string;
  readonly input: unknown;
}

type Schema = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

const namesOf = (table: Readonly<Record<string, object>>): string[] =>
  Object.entries(table).flatMap(([namespace, methods]) =>
    Object.keys(methods).map((method) => `${namespace}.${method}`),
  );
const PAGE_REQUESTS = namesOf(requests);
export const HOST_REQUESTS = namesOf(hostRequests);

/** What no member of the contract means. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  2 ** 53,
  1.5,
  '',
  '__proto__',
  'constructor',
  '/etc/passwd',
  '../../../../.ssh/id_ed25519',
  'file:///etc/passwd',
  'a\u0000b\r\n\u202e\u001b[2J',
  [],
  [[]],
  {},
  { toString: null, valueOf: true },
];

/** Of what is large: tried in the place of each request and of its own members, not of what stands deeper. */
const LARGE: readonly unknown[] = [
  { $huge: 'text' },
  { $huge: 'list' },
  { $huge: 'members' },
  { $deep: 500 },
];

/** Members that say a person has agreed. */
export const FORGED: readonly Readonly<Record<string, unknown>>[] = [
  { approved: true },
  { agreed: true },
  { approval: { hash: 'a'.repeat(64), terms: 'a'.repeat(64) } },
  { answer: { hash: 'a'.repeat(64), approved: true, by: 'terminal' } },
  { by: 'flag', hash: 'a'.repeat(64), approved: true },
  { approvalId: 1, token: 'a'.repeat(43) },
  { allowed: { accounts: ['444455556666'], decryptHere: true, unverified: true, undo: true, plans: true } },
  { origin: 'picked', host: 'cli', shell: true },
];

/**
 * Calls of every request of the contract: inputs that fit, made from the schema and from what the application itself
 * named (`known`, by member name), and each of their members replaced by everything it does not mean, left out, and
 * joined by others.
 */
export function hostileCalls(known: Readonly<Record<string, unknown>>): HostileCall[] {
  return PAGE_REQUESTS.flatMap((name) => {
    const [namespace = '', method = ''] = name.split('.');
    const spec = (requests as unknown as Record<string, Record<string, RequestSpec>>)[namespace]?.[method];
    if (spec === undefined) throw new Error(name);
    const schema = z.toJSONSchema(spec.input, { io: 'input', unrepresentable: 'any' }) as Schema;
    const fitting = samples(schema, '', known);
    const [first] = fitting;
    const inputs: unknown[] = [
      ...fitting,
      ...HOSTILE,
      ...LARGE,
      ...FORGED.map((forged) => merged(first, forged)),
    ];
    for (const [at, path] of pathsOf(first).entries()) {
      // Deeper members take turns with what is tried in their place: thousands of the same kind show nothing more.
      const values =
        path.length === 1 ? [...HOSTILE, ...LARGE] : HOSTILE.filter((_, i) => (i + at) % 4 === 0);
      for (const value of values) inputs.push(replaced(first, path, value));
      inputs.push(without(first, path));
    }
    return inputs.map((input) => ({ name, input }));
  });
}

/**
 * Inputs that fit: one of the first choice everywhere, and one for each other choice, at the place where there is one.
 * `known` is looked up by `member` and by `holder.member`.
 */
function samples(
  schema: Schema,
  member: string,
  known: Readonly<Record<string, unknown>>,
  holder = '',
): unknown[] {
  const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choices !== undefined) {
    if (`${holder}.${member}` in known) return [known[`${holder}.${member}`]];
    const all = choices.flatMap((choice) => samples(choice, member, known, holder));
    // What says the least comes last, so that what is replaced is most.
    return [...all.filter((one) => one !== null), ...all.filter((one) => one === null)];
  }
  if (`${holder}.${member}` in known) return [known[`${holder}.${member}`]];
  if (member in known) return [known[member]];
  if ('const' in schema) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum;
  if ('default' in schema && schema.type === undefined) return [schema.default];
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(
        ([name, field]) => [name, samples(field, name, known, member)] as const,
      );
      const first = Object.fromEntries(fields.map(([name, [one]]) => [name, one]));
      return [
        first,
        ...fields.flatMap(([name, others]) => others.slice(1).map((one) => ({ ...first, [name]: one }))),
      ];
    }
    case 'array':
      return [samples(schema.items as Schema, member, known).slice(0, 1)];
    case 'string':
      return ['x'];
    case 'integer':
    case 'number':
      return [Math.max(Number(schema.minimum ?? 1), 1)];
    case 'boolean':
      return [true, false];
    case 'null':
      return [null];
    default:
      return [{}];
  }
}

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => {
    const path = [...at, Array.isArray(value) ? Number(key) : key];
    return [path, ...pathsOf(one, path)];
  });
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

function without(value: unknown, path: Path): unknown {
  const copy = structuredClone(value);
  const [last = ''] = path.slice(-1);
  const holder = path.slice(0, -1).reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], copy);
  if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete (holder as Record<string, unknown>)[last];
  return copy;
}

const merged = (value: unknown, more: object): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, ...more } : more;
