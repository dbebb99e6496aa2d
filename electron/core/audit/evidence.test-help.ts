import fc from 'fast-check';
import type { BlobRow } from '#shared/model/blob.ts';
import type { LearnedKey } from '#shared/model/key-group.ts';
import { row } from './audit.test-help.ts';

/** A key of a made-up world, with every name that it has. */
export interface WorldKey {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly arn: string;
  /** ARNs of its replicas; empty for a key of one Region. */
  readonly replicas: readonly string[];
  readonly alias: string;
  readonly aliasArn: string;
  /** Alias and alias ARN that named it once, and name another key now; empty where none was moved. */
  readonly former: readonly string[];
  readonly materials: readonly string[];
}

/** One blob of a tree: what made it, and what its file says of it. */
export interface WorldBlob {
  readonly key: WorldKey;
  readonly material: string;
  readonly row: BlobRow;
  /** The label is another key's. */
  readonly wrong: boolean;
}

/** A tree of files with its manifest, and what KMS was asked about it. */
export interface World {
  readonly keys: readonly WorldKey[];
  readonly blobs: readonly WorldBlob[];
  readonly rows: readonly BlobRow[];
  /** KMS answers in the account and Region of the first key. */
  readonly connected: boolean;
  readonly learned: (fingerprint: string) => readonly LearnedKey[];
}

const ACCOUNTS = ['111122223333', '444455556666'] as const;
const REGIONS = ['us-east-1', 'eu-west-1'] as const;
const hex = (n: number, length: number): string => n.toString(16).padStart(length, '0');

function worldKey(n: number, { many, account, materials, shared }: KeySpec): WorldKey {
  const [region, other] = REGIONS;
  const id = many ? `mrk-${hex(n + 0xa0, 32)}` : `${hex(n + 0xa0, 8)}-1111-4111-8111-11111111111a`;
  const arn = (at: string): string => `arn:aws:kms:${at}:${account}:key/${id}`;
  const alias = shared ? 'alias/shared' : `alias/app-${n}`;
  return {
    account,
    region,
    id,
    arn: arn(region),
    replicas: many ? [arn(other)] : [],
    alias,
    aliasArn: `arn:aws:kms:${region}:${account}:${alias}`,
    former: [],
    materials: Array.from({ length: materials }, (_, i) => hex(n * 16 + i + 1, 2).repeat(32)),
  };
}

/** Every way in which files write a key: ids in capitals, too. */
export const namesOf = ({ arn, replicas, id, alias, aliasArn }: WorldKey): string[] => [
  arn,
  ...replicas,
  id,
  alias,
  aliasArn,
  `awskms:///${arn}?context_env=prod`,
  arn.replace(id, id.toUpperCase()),
  id.toUpperCase(),
];

interface KeySpec {
  readonly many: boolean;
  readonly account: string;
  readonly materials: number;
  /** Its alias has the name that a key of the other account has, too. */
  readonly shared: boolean;
  /** Its alias named the key before it in the list once, where that is of the same account. */
  readonly moved: boolean;
}

/** An alias names one key of an account and Region: of several that would share it, the first. */
function keysOf(list: readonly KeySpec[]): WorldKey[] {
  const taken = new Set<string>();
  const made = list.map((spec, n) => {
    const shared = spec.shared && !taken.has(spec.account);
    if (shared) taken.add(spec.account);
    return worldKey(n, { ...spec, shared });
  });
  return made.map((key, n) => {
    const next = made[n + 1];
    const moved = list[n + 1]?.moved === true && next?.account === key.account;
    return moved ? { ...key, former: [next.alias, next.aliasArn] } : key;
  });
}

const keys = fc
  .array(
    fc.record({
      many: fc.boolean(),
      account: fc.constantFrom(...ACCOUNTS),
      materials: fc.integer({ min: 1, max: 3 }),
      shared: fc.boolean(),
      moved: fc.boolean(),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map(keysOf);

const blob = fc.record({
  key: fc.nat(),
  material: fc.nat(),
  /** Which name of the key its file writes; none where it is larger than the number of names. */
  name: fc.nat(14),
  wrong: fc.integer({ min: 0, max: 19 }),
  kind: fc.constantFrom('whole', 'whole', 'whole', 'truncated', 'copy'),
});

/**
 * Trees with aliases (moved ones, and one that two accounts have), alias ARNs, ids and ARNs in small letters and capitals,
 * replicas, rotations, wrong labels, copies and truncated blobs.
 */
export const worlds: fc.Arbitrary<World> = fc
  .tuple(
    keys,
    fc.array(blob, { minLength: 1, maxLength: 40 }),
    fc.boolean(),
    fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
  )
  .map(([list, made, connected, learnedOf]) => {
    const blobs = made.map((one, i) => blobOf(one, i, list));
    const materials = new Map(
      list.flatMap((key) => key.materials.map((material) => [material, key] as const)),
    );
    const taught = new Set([...materials.keys()].filter((_, i) => learnedOf[i] === true));
    return {
      keys: list,
      blobs,
      rows: blobs.map(({ row: each }) => each),
      connected,
      learned: (fingerprint) => {
        const key = materials.get(fingerprint);
        return key === undefined || !taught.has(fingerprint) ? [] : [taughtBy(key)];
      },
    };
  });

const taughtBy = ({ arn }: WorldKey): LearnedKey => ({
  keyArn: arn,
  by: 'kms',
  evidence: 'reply of ReEncrypt, request r',
  keyMaterialId: null,
  at: '2026-01-01T00:00:00Z',
  blobs: 0,
});

function blobOf(
  one: { key: number; material: number; name: number; wrong: number; kind: string },
  i: number,
  list: readonly WorldKey[],
): WorldBlob {
  const key = list[one.key % list.length] as WorldKey;
  const material = key.materials[one.material % key.materials.length] as string;
  const other = list[(one.key + 1) % list.length] as WorldKey;
  const wrong = one.wrong === 0;
  const names = wrong ? namesOf(other) : [...key.former, ...namesOf(key)];
  const keyArn = names[one.name] ?? null;
  const cut = one.kind === 'truncated';
  const made = row({
    file: `f${one.kind === 'copy' ? 0 : i}`,
    place: `${i}`,
    keyArn,
    // What is cut before its fingerprint has none.
    material: cut ? null : material,
    kind: cut ? 'kms-like' : 'kms-symmetric',
  });
  const isName = keyArn !== null && [...key.former, ...namesOf(key)].includes(keyArn);
  return { key, material, row: made, wrong: wrong && keyArn !== null && !isName };
}

/** A world in a few lines, for the message of a failure. */
export const worldText = ({ keys: list, blobs, connected, learned }: World): string =>
  [
    connected ? 'connected' : 'offline',
    ...list.map(
      ({ arn, alias, former, materials }, n) =>
        `key ${n}: ${arn} ${alias} (${former.join(' ')}) ${materials.map((each) => each.slice(0, 2)).join(' ')}`,
    ),
    ...blobs.map(
      ({ key, material, row: each }, i) =>
        `blob ${i}: key ${list.indexOf(key)} material ${material.slice(0, 2)}${each.identification.keyFingerprint === null ? ' (cut)' : ''}${learned(material).length > 0 ? ' (learned)' : ''} label ${each.declared.keyArn}`,
    ),
  ].join('\n');
