import {
  type EvidenceModel,
  type KeyEvidence,
  type KeyNames,
  readKeyName,
  type Under,
} from '../../key-material/index.ts';
import { matches } from './rules.ts';

/** Whether a key is one that a pattern names: 'maybe' where names cannot be compared with what is known. */
type Matched = 'yes' | 'contradicted' | 'maybe' | 'no';

const SURE: ReadonlySet<Under | null> = new Set(['confirmed', 'person', 'declared', 'inferred']);

/**
 * Whether the key of a blob is one that a pattern names: key id, ARN, alias or alias ARN, compared as names of keys, not
 * as texts; `*` stands for any run of characters of any of its names.
 */
export function matchKey(evidence: EvidenceModel, of: KeyEvidence, pattern: string): Matched {
  if (!pattern.includes('*')) {
    const under = evidence.under(of, pattern);
    // A name of several keys allows none of them for sure.
    if (SURE.has(under)) return evidence.names.keysOf(pattern).length > 1 ? 'maybe' : 'yes';
    if (under === 'contradicted') return under;
    return under === null || isOtherAlias(evidence.names, of, pattern) ? 'no' : 'maybe';
  }
  const fits = (name: string): boolean => matches(pattern, name);
  const names = evidence.sureNamesFor(of).flatMap(spellings);
  if (names.some(fits)) return of.by === 'contradicted' ? 'contradicted' : 'yes';
  if (of.by === 'foreign') return 'no';
  if (names.length === 0 || evidence.namesFor(of).flatMap(spellings).some(fits)) return 'maybe';
  const aboutAliases = pattern.includes('alias/');
  const comparable = names.filter((name) => readKeyName(name).alias === aboutAliases);
  if (comparable.length === 0) return 'maybe';
  // An alias or id without its account cannot be held against a pattern of ARNs.
  return pattern.startsWith('arn:') && !comparable.some((name) => name.startsWith('arn:')) ? 'maybe' : 'no';
}

/** A file that names one alias where another is allowed: what else the alias may have named does not matter. */
function isOtherAlias(names: KeyNames, { viaAlias, name }: KeyEvidence, pattern: string): boolean {
  return viaAlias && name !== null && readKeyName(pattern).alias && names.same(name, pattern) === 'different';
}

/** A name as it is, and without what an ARN says beside the id or alias. */
function spellings(name: string): string[] {
  const { arn, alias, id, plain } = readKeyName(name);
  return arn ? [plain, alias ? `alias/${id}` : id] : [plain];
}

/** Whether a pattern names the key that `name` is a name of. */
export function matchesName(names: KeyNames, name: string, pattern: string): boolean {
  if (!pattern.includes('*')) return names.same(name, pattern) === 'same';
  const all = [name, ...names.keysOf(name).flatMap((key) => names.namesOf(key))];
  return all.flatMap(spellings).some((each) => matches(pattern, each));
}
