import { matchesGlob } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { BlobRow } from '#shared/model/blob.ts';

const NAMES = ['fingerprint', 'key', 'kind', 'path', 'finding'] as const;
type Name = (typeof NAMES)[number];

export interface Rule {
  readonly name: Name;
  readonly value: string;
}

/** Collects `--rule NAME=VALUE`. */
export function rule(value: string, previous: Rule[] | undefined): Rule[] {
  const at = value.indexOf('=');
  const name = NAMES.find((each) => each === value.slice(0, at));
  if (name === undefined || value.length === at + 1)
    throw new InvalidArgumentError(
      `A rule is ${NAMES.map((each) => `${each}=…`).join(', ')}; for example path=**/*.env or key=alias/old.`,
    );
  return [...(previous ?? []), { name, value: value.slice(at + 1) }];
}

/** What is known of a blob, for rules to look at. */
export interface Subject {
  readonly row: BlobRow;
  /** Path as the person named it, with "/". */
  readonly file: string;
  /** ARNs and aliases of the key: declared by the container, and learned for its material. */
  readonly keys: readonly string[];
  /** Codes of its findings; null where no rule asks. */
  readonly findings: readonly string[] | null;
}

/** Rules of one name are alternatives; those of different names must all hold. No rule: every blob. */
export function chosen(subject: Subject, rules: readonly Rule[]): boolean {
  return NAMES.every((name) => {
    const values = rules.filter((each) => each.name === name).map(({ value }) => value);
    return values.length === 0 || values.some((value) => holds(subject, name, value));
  });
}

function holds({ row, file, keys, findings }: Subject, name: Name, value: string): boolean {
  switch (name) {
    case 'fingerprint':
      return row.identification.keyFingerprint?.startsWith(value.toLowerCase()) ?? false;
    case 'kind':
      return row.identification.kind === value;
    case 'path':
      return matchesGlob(file, value) || matchesGlob(file, `**/${value}`);
    case 'key':
      return keys.some((key) => key === value || key.endsWith(`/${value}`) || key.endsWith(`:${value}`));
    case 'finding':
      return row.worst === value || (findings?.includes(value) ?? false);
  }
}

/** Whether findings must be looked up: severities stand in the row. */
export const asksFindings = (rules: readonly Rule[]): boolean =>
  rules.some(({ name, value }) => name === 'finding' && !['info', 'warning', 'critical'].includes(value));
