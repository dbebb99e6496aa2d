import type { BlobRow, Finding } from '#shared/model/blob.ts';
import { Columns } from './columns.ts';
import { findingId, type Group } from './groups.ts';
import type { Told } from './key-findings.ts';

/** What an audit is made from that the list alone decides. */
export interface LedgerInput {
  readonly rows: readonly BlobRow[];
  /** Findings of the inspector for one blob: of its file, of itself, and across blobs. */
  readonly findings: (index: number) => Iterable<Finding>;
  /** Files without any blob that have findings. */
  readonly bareFiles: readonly { readonly file: string; readonly findings: readonly Finding[] }[];
}

/** The list as columns, and what the inspector found in it. Serves until the list changes. */
export interface Ledger {
  readonly columns: Columns;
  readonly bareFiles: LedgerInput['bareFiles'];
  readonly groups: readonly Group[];
}

/** `before`: an earlier one; its columns serve again where the rows are the same. */
export function makeLedger(input: LedgerInput, before: Ledger | null = null): Ledger {
  const columns = before?.columns.isOf(input.rows) === true ? before.columns : new Columns(input.rows);
  return { columns, bareFiles: input.bareFiles, groups: gathered(input) };
}

type Open = Omit<Group, 'indexes' | 'bare' | 'various'> & {
  indexes: number[];
  bare: string[];
  various: boolean;
};

/** What the inspector says, by code and severity: one finding with all its blobs. */
function gathered({ rows, findings, bareFiles }: LedgerInput): Group[] {
  const groups = new Map<string, Open>();
  const groupOf = (finding: Finding): Open => {
    const at = `${finding.code}\0${finding.severity}`;
    const known = groups.get(at);
    if (known !== undefined) {
      if (known.told.title !== finding.title) known.various = true;
      return known;
    }
    const id = findingId(finding.code, finding.severity);
    const told = toldOf(finding);
    const made = { id, told, keyArn: null, violation: false, indexes: [], bare: [], various: false };
    groups.set(at, made);
    return made;
  };
  for (let i = 0; i < rows.length; i += 1) {
    // A file's finding comes once for each of its blobs, and a blob may have two of one code.
    for (const finding of findings(i)) {
      const { indexes } = groupOf(finding);
      if (indexes.at(-1) !== i) indexes.push(i);
    }
  }
  for (const { file, findings: own } of bareFiles)
    for (const finding of own) {
      const { bare } = groupOf(finding);
      if (bare.at(-1) !== file) bare.push(file);
    }
  return [...groups.values()];
}

function toldOf({ code, severity, title, detail }: Finding): Told {
  return {
    code,
    severity,
    title,
    reason: detail,
    evidence: [],
    remedy: REMEDIES[code] ?? '',
    source: 'files',
  };
}

/** What to do about the inspector's findings whose detail does not end with it. */
const REMEDIES: Readonly<Record<string, string>> = {
  'plaintext-beside-blob':
    'Delete the file or the member, and make the secret anew: it was in clear. Re-encrypting does not help.',
  'plaintext-in-file':
    'Delete the file or the member, and make the secret anew: it was in clear. Re-encrypting does not help.',
  'plaintext-key-beside-blob': 'Delete the key in clear, and make anew what it protected.',
  'possible-plaintext-key':
    'Look at the file; if it is the key in clear, delete it and make anew what it protected.',
  'private-key-in-clear': 'Move the private key to where it belongs, and replace it if others could read it.',
  'readable-by-others': 'Take the permission to read away from others (chmod go-r).',
  'gcm-nonce-reuse': 'Re-encrypt these blobs, and find out where they come from.',
  'duplicate-blob': 'Re-encrypt every copy together.',
  'old-blob': 'Re-encrypt to the same key, to take its present key material, or to a newer key.',
  'sha1-oaep': 'Re-encrypt with RSAES_OAEP_SHA_256.',
  'declared-key-contradicts':
    'Find the key (a dry run for one blob), then re-encrypt in place: labels follow.',
};
