import type { BlobRow } from '#shared/model/blob.ts';
import type { Rule } from '#shared/model/rule.ts';
import { isListed } from '../../core/audit/index.ts';
import { isKeyName, type KeyEvidence } from '../../core/key-material/index.ts';
import type { AuditService } from '../audit/index.ts';
import type { Blobs, Workspace } from '../workspace/index.ts';
import { findingChoice } from './finding-choice.ts';
import { chosen } from './rules.ts';

/** The list, and what is known of its keys. */
export interface Choosable {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly audit: Pick<AuditService, 'askKeys' | 'audit' | 'rules'>;
}

/**
 * Ids of the re-encryptable blobs of the list that rules choose. A rule of a key chooses what the audit and the question
 * what breaks without it say of that key, contradicted blobs included: none is left behind.
 */
export async function chosenBlobs(
  { workspace, blobs, audit }: Choosable,
  rules: readonly Rule[],
): Promise<{ blobIds: string[]; notes: readonly string[] }> {
  const keys = rules.flatMap(({ name, value }) => (name === 'key' ? [keyName(value)] : []));
  // Without a connection, files and what was learned still name keys.
  for (const key of keys) await audit.askKeys(false, { also: key }).catch(() => null);
  const findings = await findingChoice(
    audit,
    rules.flatMap(({ name, value }) => (name === 'finding' ? [value] : [])),
  );
  const { rows, evidence } = blobs.audited();
  const known = new Map(keys.map((key) => [key, new Map<KeyEvidence, boolean>()]));
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
  for (const row of rows) {
    if (!row.identification.reencryptable) continue;
    const { path, display } = workspace.get(row.id).source;
    const paths = [display, ...(path === null ? [] : [path])].map((each) => each.replaceAll('\\', '/'));
    const subject = {
      row,
      paths,
      isUnder: (value: string) => isUnder(row, keyName(value)),
      has: (value: string) => findings.has(row, value),
    };
    if (chosen(subject, rules)) ids.push(row.id);
  }
  return { blobIds: ids, notes: findings.notes };
}

/** The name of an alias may be written without its prefix. */
const keyName = (value: string): string =>
  isKeyName(value) || value.includes(':') ? value : `alias/${value}`;
