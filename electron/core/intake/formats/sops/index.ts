import { finding } from '#shared/finding.ts';
import type { Finding } from '#shared/model/blob.ts';
import { Group, type Leaf, readIni, readStructure, type Structure } from '../../structure/index.ts';
import type { TextView } from '../../text/text-view.ts';
import type { FoundBlob, Scan } from '../../types.ts';
import type { Format } from '../format.ts';
import { textBlobs } from '../structured/index.ts';
import { readSopsDotenv } from './dotenv-lines.ts';
import { type Entry, entryBlob } from './entry.ts';
import { type FlatSyntax, flatEntries, flatGroups, flatProviders } from './flat.ts';
import { type KeyGroups, otherProviders, treeEntries, treeGroups } from './tree.ts';

/**
 * A file encrypted by SOPS: YAML, JSON, ENV, INI or binary (JSON with `data`). Each KMS entry is a blob; its
 * `arn`, `context` and `created_at` follow it. The MAC covers the values of the file and not its entries (getsops/sops,
 * sops.go), so that the file opens as before.
 */
export const sopsFile: Format = {
  container: 'sops',
  read({ text: view, name }) {
    if (view === null || !view.text.includes('sops')) return null;
    const found = readSops(view, name);
    if (found === null) return null;
    const blobs: FoundBlob[] = [];
    const findings: Finding[] = [];
    for (const entry of found.entries) {
      const blob = entryBlob(entry);
      if ('bytes' in blob) blobs.push({ ...blob, ...found.alsoOpens(entry.place) });
      else findings.push(blob);
    }
    findings.push(...providerFindings(found.providers, found.entries.length));
    const outside = textBlobs(view, found.structure, (leaf) => !found.isMetadata(leaf));
    const known = new Set(blobs.map(({ range }) => range.start));
    for (const blob of outside.blobs)
      if (!known.has(blob.range.start))
        blobs.push({ ...blob, container: 'sops', linkedValues: [], notPutBack: COVERED_BY_MAC });
    const scan: Scan = {
      blobs: blobs.sort((a, b) => a.range.start - b.range.start),
      findings,
      plaintext: [],
    };
    return scan;
  },
};

const COVERED_BY_MAC =
  'SOPS authenticates the values of its file with a MAC that only the data key can make: another blob here would make the whole file unreadable. Edit it with `sops` instead.';

interface SopsFile {
  readonly structure: Structure;
  readonly entries: readonly Entry[];
  readonly providers: ReadonlyMap<string, number>;
  /** What else opens what the entry at a place opens. */
  alsoOpens(place: string): Pick<FoundBlob, 'alsoOpens' | 'keyGroup'>;
  isMetadata(leaf: Leaf): boolean;
}

function readSops(view: TextView, name: string): SopsFile | null {
  const { text } = view;
  if (/^sops_(?:mac|version|lastmodified)=/m.test(text)) return flat(readSopsDotenv(view), ENV);
  if (/^\[sops\]/m.test(text) && /^mac[ \t]*[=:]/m.test(text)) return flat(readIni(view), INI);
  // SOPS metadata has a `mac`, and lists of keys.
  if (!/"?sops"?[ \t]*:/.test(text) || !/"?mac"?[ \t]*:/.test(text)) return null;
  return tree(readStructure(view, name));
}

const ENV: FlatSyntax = { kind: 'dotenv', prefix: 'sops_' };
const INI: FlatSyntax = { kind: 'ini', prefix: '' };

function flat(structure: Structure | null, syntax: FlatSyntax): SopsFile | null {
  if (structure === null) return null;
  const isMetadata = (leaf: Leaf): boolean =>
    syntax.kind === 'ini' ? leaf.parent.key === 'sops' : String(leaf.key).startsWith(syntax.prefix);
  const metadata = structure.leaves.filter(isMetadata);
  const entries = flatEntries(metadata, syntax);
  const providers = flatProviders(metadata, syntax);
  const alsoOpens = openedBy(providers, flatGroups(metadata, syntax));
  return { structure, entries, providers, alsoOpens, isMetadata };
}

function tree(structure: Structure | null): SopsFile | null {
  const metadata = (structure?.roots ?? []).flatMap((root) => {
    const sops = root.kind === 'map' ? root.member('sops') : null;
    const isSops = sops instanceof Group && sops.kind === 'map' && sops.member('mac') !== null;
    return isSops ? [sops] : [];
  });
  const [first] = metadata;
  if (structure === null || first === undefined) return null;
  const groups = new Set<Group>(metadata);
  const isMetadata = (leaf: Leaf): boolean => {
    for (let group: Group | null = leaf.parent; group !== null; group = group.parent)
      if (groups.has(group)) return true;
    return false;
  };
  const providers = otherProviders(first);
  return {
    structure,
    entries: metadata.flatMap(treeEntries),
    providers,
    alsoOpens: openedBy(providers, treeGroups(first)),
    isMetadata,
  };
}

/** What opens a file beside one of its entries, by the entry's place. */
function openedBy(
  providers: ReadonlyMap<string, number>,
  { providers: groups, threshold }: KeyGroups,
): SopsFile['alsoOpens'] {
  const needed = threshold > 0 ? threshold : groups.size;
  const others = [...groups].flatMap(([at, each]) => (hasOthers(each) ? [at] : []));
  return (place) => {
    const group = /\bkey_groups\[(\d+)\]/.exec(place)?.[1];
    if (group !== undefined) return { keyGroup: { group: Number(group), needed, others } };
    return hasOthers(providers) ? { alsoOpens: 'other' } : {};
  };
}

const hasOthers = (counts: ReadonlyMap<string, number>): boolean =>
  [...counts].some(([provider, count]) => provider in PROVIDERS && count > 0);

/** Provider lists of SOPS, and what they are called (getsops/sops, stores/stores.go). */
const PROVIDERS: Readonly<Record<string, readonly [string, string]>> = {
  pgp: ['PGP key', 'PGP keys'],
  age: ['age recipient', 'age recipients'],
  gcp_kms: ['Google Cloud KMS key', 'Google Cloud KMS keys'],
  azure_kv: ['Azure Key Vault key', 'Azure Key Vault keys'],
  hc_vault: ['HashiCorp Vault key', 'HashiCorp Vault keys'],
  hckms: ['Huawei Cloud KMS key', 'Huawei Cloud KMS keys'],
};

function providerFindings(counts: ReadonlyMap<string, number>, kmsEntries: number): Finding[] {
  const parts = [...counts]
    .filter(([provider, count]) => provider in PROVIDERS && count > 0)
    .map(([provider, count]) => `${count} ${PROVIDERS[provider]?.[count === 1 ? 0 : 1]}`);
  if (parts.length === 0) return [];
  return [
    finding('sops-other-keys', {
      evidence: [
        kmsEntries === 0
          ? 'Its metadata lists them, and no entry of AWS KMS.'
          : 'Its metadata lists them beside the entries of AWS KMS.',
      ],
      values: {
        opens: kmsEntries === 0 ? 'opens' : 'also opens',
        keys: parts.join(', '),
        reason:
          kmsEntries === 0
            ? 'It has no AWS KMS entry: there is nothing for KMS to re-encrypt.'
            : 'Each of these opens the file without AWS KMS; moving its KMS entries to another key does not change that.',
      },
    }),
  ];
}
