import { matchesGlob } from 'node:path';
import { plural } from '#shared/format.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import { RULE_NAMES } from '#shared/model/choices.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import type { Rule } from '#shared/model/rule.ts';
import { isListed } from '../../core/audit/index.ts';
import { type EvidenceModel, isKeyName, type KeyEvidence } from '../../core/key-material/index.ts';
import type { AuditService } from '../audit/index.ts';
import type { Blobs, Workspace } from '../workspace/index.ts';
import { findingChoice } from './finding-choice.ts';

/** The list, and what is known of its keys. */
export interface Choosable {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly audit: Pick<AuditService, 'askKeys' | 'audit' | 'rules'>;
}

/**
 * Ids of the re-encryptable blobs of the list that rules choose. A rule of a key chooses what the audit and the question
 * what breaks without it say of that key, contradicted blobs included: none is left behind. `emulatorBlobs`: those that an emulator
 * of KMS made, too.
 */
export async function chosenBlobs(
  { workspace, blobs, audit }: Choosable,
  rules: readonly Rule[],
  emulatorBlobs = false,
): Promise<{ blobIds: string[]; notes: readonly string[] }> {
  const named = rules.flatMap(({ name, value }) => (name === 'key' ? [value] : []));
  // Without a connection, files and what was learned still name keys.
  for (const key of named) await audit.askKeys(false, { also: withPrefix(key) }).catch(() => null);
  const findings = await findingChoice(
    audit,
    rules.flatMap(({ name, value }) => (name === 'finding' ? [value] : [])),
  );
  const { rows, evidence } = blobs.audited();
  const keys = new Map(named.map((value) => [value, keyNamed(evidence, value)]));
  const known = new Map(Array.from(keys.values(), (key) => [key, new Map<KeyEvidence, boolean>()]));
  const isUnder = (row: BlobRow, key: string): boolean => {
    const of = evidence.of(row);
    const answer = known.get(key)?.get(of);
    if (answer !== undefined) return answer;
    const under = evidence.under(of, key);
    const is = under !== null && isListed(under);
    known.get(key)?.set(of, is);
    return is;
  };
  const ids: string[] = [];
  const left = new Map<string, number>();
  for (const row of rows) {
    const { kind, reason, label } = row.identification;
    const isSent = row.identification.reencryptable || (emulatorBlobs && kind === 'emulator');
    if (!isSent && rules.length === 0) continue;
    const { path, display } = workspace.get(row.id).source;
    const paths = [display, ...(path === null ? [] : [path])].map((each) => each.replaceAll('\\', '/'));
    const subject = {
      row,
      paths,
      isUnder: (value: string) => isUnder(row, keys.get(value) ?? value),
      has: (value: string) => findings.has(row, value),
    };
    if (!chosen(subject, rules)) continue;
    if (isSent) ids.push(row.id);
    else left.set(reason ?? label, (left.get(reason ?? label) ?? 0) + 1);
  }
  const notes = Array.from(
    left,
    ([label, count]) =>
      `${plural(count, 'blob')} that these rules choose cannot be re-encrypted and ${count === 1 ? 'is' : 'are'} left out: ${label.replace(/\.$/, '')}.`,
  );
  return { blobIds: ids, notes: [...notes, ...findings.notes] };
}

/** The key that a rule names; throws FaultError `NoSuchKeyName` for what is no key's name. */
function keyNamed({ names }: EvidenceModel, value: string): string {
  const name = names.named(value);
  if (name !== null) return name;
  throw new FaultError(
    fault(
      'NoSuchKeyName',
      `${value} is no key id, ARN or alias, and no file names a key so.`,
      'A rule of another name would choose nothing, and say nothing of why.',
      'Write the key’s ARN or id, or its alias with alias/ in front.',
    ),
  );
}

const withPrefix = (value: string): string =>
  isKeyName(value) || value.includes(':') ? value.trim() : `alias/${value.trim()}`;

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
