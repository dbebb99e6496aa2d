import { plural } from '#shared/format.ts';
import { isKeyName, type KeyNames, readKeyName, type Under } from '../../key-material/index.ts';
import { lastUseWords } from '../findings/key-findings.ts';
import type { Audit, OtherWay, Touched } from '../model.ts';

/** How many blobs a deletion concerns, by how it is known. */
export type Counts = Record<Under, number> & {
  /** Whole blobs that are confirmed, declared or inferred, by what else opens them. */
  readonly ways: Record<OtherWay, number>;
  /** Listed blobs that no key opens any more; and those of them that are confirmed, declared or inferred. */
  damaged: number;
  damagedSure: number;
  /** Of the unidentified: messages under a branch key of which the KMS key stands in no file. */
  viaBranchKey: number;
  /** Files of blobs that are confirmed, declared or inferred; named by an alias; contradicted. */
  readonly files: Record<'sure' | 'alias' | 'contradicted', number>;
};

export const NO_COUNTS: Counts = {
  confirmed: 0,
  person: 0,
  declared: 0,
  inferred: 0,
  alias: 0,
  contradicted: 0,
  named: 0,
  unidentified: 0,
  ways: { none: 0, maybe: 0, other: 0 },
  damaged: 0,
  damagedSure: 0,
  viaBranchKey: 0,
  files: { sure: 0, alias: 0, contradicted: 0 },
};

/** Most names that a sentence lists. */
const NAMED = 5;

const listed = (names: readonly string[]): string =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`;

const number = (count: number): string => count.toLocaleString('en-US');

/** The answer in few sentences: each counts its own blobs in its own files. */
export function deletionAnswer(audit: Audit, touched: Touched, counts: Counts): string {
  const { asked, key, nameless } = touched;
  const name = key?.aliases[0] ?? asked;
  const possible = counts.named + counts.unidentified;
  const sentences = [
    ...severalKeys(audit.input.evidence.names, touched),
    ...sure(name, counts, key?.otherRegions ?? []),
    ...byAlias(name, counts),
    ...contradicted(name, counts),
  ];
  if (counts.damagedSure > 0)
    sentences.push(
      `${plural(counts.damagedSure, 'blob')} under it ${counts.damagedSure === 1 ? 'is' : 'are'} damaged: no key opens ${counts.damagedSure === 1 ? 'it' : 'them'} as ${counts.damagedSure === 1 ? 'it is' : 'they are'}.`,
    );
  if (Object.values(counts.files).every((files) => files === 0) && counts.damagedSure === 0)
    sentences.push(none(name, possible, nameless));
  return [...sentences, ...referring(touched.references.length)].join(' ');
}

const none = (name: string, possible: number, nameless: boolean): string =>
  nameless
    ? `No such name here: no file names ${name}${possible > 0 ? `. ${plural(possible, 'blob')} may be under it all the same` : ''}.`
    : possible > 0
      ? `No blob in this list is known to be under ${name}, but ${plural(possible, 'blob')} may be.`
      : `No blob in this list is under ${name}.`;

/** Configuration that would go on using the key belongs to every answer, also where no blob is under it. */
const referring = (references: number): string[] =>
  references === 0
    ? []
    : [`${plural(references, 'place')} in configuration ${references === 1 ? 'refers' : 'refer'} to it.`];

/** An alias that several accounts or Regions have, or that was moved, is no one key. */
function severalKeys(names: KeyNames, { asked, key }: Touched): string[] {
  if (key !== null) return [];
  const keys = keysByName(names, asked);
  return keys.length > 1
    ? [
        `${asked} is a name of ${keys.length} keys here: ${listed(keys)}. Ask by one of these to have its blobs alone.`,
      ]
    : [];
}

/** Each key that a name stands for, by the name that tells it from the others. */
function keysByName(names: KeyNames, asked: string): string[] {
  return names.keysOf(asked).map((key) => names.arnsOf(key)[0] ?? names.namesOf(key)[0] ?? asked);
}

function sure(name: string, { ways, files }: Counts, replicas: readonly string[]): string[] {
  const known = ways.none + ways.maybe + ways.other;
  if (known === 0) return [];
  const where = `${plural(known, 'blob')} in ${plural(files.sure, 'file')}`;
  if (ways.none === known) return [`${where} could never be opened again.`];
  if (replicas.length > 0)
    return [
      `${where} could then be opened through the replica in ${replicas.join(', ')}, not through this key.`,
    ];
  const parts = [
    ...(ways.none > 0 ? [`${number(ways.none)} could never be opened again`] : []),
    ...(ways.other > 0 ? [`${number(ways.other)} open another way`] : []),
    ...(ways.maybe > 0 ? [`${number(ways.maybe)} may open another way`] : []),
  ];
  return [`${where} ${known === 1 ? 'is' : 'are'} under ${name}: ${parts.join(', ')}.`];
}

function byAlias(name: string, { alias, files }: Counts): string[] {
  if (alias === 0) return [];
  const one = alias === 1;
  return [
    `${plural(alias, 'blob')} in ${plural(files.alias, 'file')} ${one ? 'is' : 'are'} known by an alias of ${name}: ${one ? 'it is' : 'they are'} under it, unless the alias named another key when ${one ? 'it was' : 'they were'} made.`,
  ];
}

function contradicted(name: string, { contradicted: blobs, files }: Counts): string[] {
  if (blobs === 0) return [];
  return [
    `${plural(blobs, 'blob')} in ${plural(files.contradicted, 'file')} may be lost: a label names ${name}, and other evidence contradicts it.`,
  ];
}

/** What else speaks for or against, and what is not known. */
export function deletionNotes(audit: Audit, touched: Touched, counts: Counts): string[] {
  const { caller, evidence } = audit.input;
  const { asked, key, nameless } = touched;
  const name = key?.aliases[0] ?? asked;
  const list: string[] = [];
  if (key === null && (caller === null || evidence.names.keysOf(asked).length < 2))
    list.push(
      caller === null
        ? 'Not connected: KMS was not asked about this key.'
        : `KMS did not describe this key on ${caller.connection}: blobs were found by names in files alone.`,
    );
  if (nameless && !isKeyName(asked))
    list.push(
      `${asked} is no key id, ARN or alias. An alias begins with alias/; check the spelling, or ask by the key’s ARN.`,
    );
  list.push(...elsewhere(evidence.names, touched));
  if (counts.declared > 0)
    list.push(
      `For ${plural(counts.declared, 'blob')} only the file names the key. Find the key of one blob of each group (Find key…): a DryRun by KMS makes it certain for the whole group.`,
    );
  if (counts.inferred > 0)
    list.push(
      `${plural(counts.inferred, 'blob')} without this label share key material with blobs that have it.`,
    );
  if (counts.alias > 0)
    list.push(
      `For ${plural(counts.alias, 'blob')} the file names an alias, and an alias can be moved to another key: whether it named this key when the blob was made, KMS can say (Find key…).`,
    );
  if (counts.contradicted > 0)
    list.push(
      `For ${plural(counts.contradicted, 'blob')} a label names this key and other evidence contradicts it. Treat them as under it until KMS has named their key (Find key…).`,
    );
  if (counts.ways.other > 0)
    list.push(
      `${plural(counts.ways.other, 'blob')} open another way: other recipients of the SOPS file, another data key of the message, or a replica of the key.`,
    );
  if (counts.ways.maybe > 0)
    list.push(
      `${plural(counts.ways.maybe, 'blob')} may open another way: a replica of this multi-Region key, which only KMS can list, or a recipient that is not identified.`,
    );
  if (counts.damaged > 0)
    list.push(
      `${plural(counts.damaged, 'blob')} under it ${counts.damaged === 1 ? 'is' : 'are'} cut short or damaged: ${counts.damaged === 1 ? 'it is' : 'they are'} lost already unless the whole value is elsewhere.`,
    );
  if (counts.viaBranchKey > 0)
    list.push(
      `${plural(counts.viaBranchKey, 'message')} of an Encryption SDK ${counts.viaBranchKey === 1 ? 'names' : 'name'} a branch key (hierarchical keyring), not the KMS key that protects it: the branch key store has its ARN. Look it up there, or add an export of the store.`,
    );
  const unnamed = counts.unidentified - counts.viaBranchKey;
  if (unnamed > 0)
    list.push(
      `Nothing names the key of ${plural(unnamed, 'blob')}. Find the key of one blob of each group (Find key…): one answer settles the whole group.`,
    );
  if (counts.named > 0)
    list.push(
      `For ${plural(counts.named, 'blob')} only KMS can say whether ${name} is the key that the file names or, by an alias or a wrong label, another. Connect to its account and Region, and find the key of one blob of each group (Find key…).`,
    );
  if (key?.deletionDate != null)
    list.push(`It is already waiting to be deleted, on ${key.deletionDate.slice(0, 10)}.`);
  if (key !== null) list.push(...lastUseWords(key));
  if (key?.deletionGuarded === false)
    list.push(
      'Nothing in its policy keeps it from being deleted while it is in use (kms:TrailingDaysWithoutKeyUsage).',
    );
  list.push(
    'This is about the blobs in the list. Ciphertext elsewhere that is under this key is not known here.',
  );
  return list;
}

/** Other keys that files know by the alias that was asked about. */
function elsewhere(names: KeyNames, { asked, key }: Touched): string[] {
  if (key === null || !readKeyName(asked).alias) return [];
  const own = new Set(names.keysOf(key.arn));
  const others = names.targetsOf(asked).filter((each) => !own.has(each));
  const arns = [
    ...new Set([
      ...others.map((each) => names.arnsOf(each)[0] ?? each),
      ...names.aliasArns(asked).filter((arn) => names.same(arn, key.arn) === 'different'),
    ]),
  ];
  return arns.length === 0
    ? []
    : [`This is about ${key.arn}. Files also tie ${asked} to ${listed(arns)}: ask about each by itself.`];
}
