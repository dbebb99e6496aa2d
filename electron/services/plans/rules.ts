import { matchesGlob } from 'node:path';
import type { BlobRow } from '#shared/model/blob.ts';
import type { Rule } from '#shared/model/rule.ts';
import { RULE_NAMES } from '#shared/model/rule-names.ts';

/** What is known of a blob, for rules to look at. */
export interface RuleSubject {
  readonly row: BlobRow;
  /** Its file's paths, with "/": as it was dropped or named, and from the root. */
  readonly paths: readonly string[];
  /** Whether it is under a key, by any of the key's names. */
  readonly isUnder: (key: string) => boolean;
  /** Whether it has a finding: a code, or a severity that is its highest. */
  readonly has: (finding: string) => boolean;
}

/** Rules of one name are alternatives; those of different names must all hold. No rule: every blob. */
export function chosen(subject: RuleSubject, rules: readonly Rule[]): boolean {
  return RULE_NAMES.every((name) => {
    const values = rules.filter((each) => each.name === name).map(({ value }) => value);
    return values.length === 0 || values.some((value) => holds(subject, name, value));
  });
}

function holds({ row, paths, isUnder, has }: RuleSubject, name: Rule['name'], value: string): boolean {
  switch (name) {
    case 'fingerprint':
      return row.identification.keyFingerprint?.startsWith(value.toLowerCase()) ?? false;
    case 'kind':
      return row.identification.kind === value;
    case 'path':
      return paths.some((path) => matchesGlob(path, value) || matchesGlob(path, `**/${value}`));
    case 'key':
      return isUnder(value);
    case 'finding':
      return has(value);
  }
}
