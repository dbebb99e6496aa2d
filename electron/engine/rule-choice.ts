import type { BlobRow } from '#shared/model/blob.ts';
import type { Rule } from '#shared/model/rule.ts';
import type { LearnedKeys } from '../clusters/index.ts';
import type { Blobs } from './blobs.ts';
import type { Connection } from './connection.ts';
import { chosen } from './rules.ts';
import type { Workspace } from './workspace.ts';

/** The list, and what is known of its keys. */
export interface Choosable {
  readonly workspace: Workspace;
  readonly blobs: Blobs;
  readonly connection: Connection;
  readonly learned: LearnedKeys;
}

/** Ids of the re-encryptable blobs of the list that rules choose. */
export async function chosenBlobs(
  { workspace, blobs, connection, learned }: Choosable,
  rules: readonly Rule[],
): Promise<string[]> {
  const aliases = new Map<string, readonly string[]>();
  if (rules.some(({ name }) => name === 'key')) {
    // Aliases help to name a key; without a connection its ARN still does.
    const listed = await connection.keys(false).catch(() => ({ keys: [] }));
    for (const key of listed.keys) aliases.set(key.arn, key.aliases);
  }
  const keysOf = new Map<string, string[]>();
  const ids: string[] = [];
  for (const row of blobs.audited().rows) {
    if (!row.identification.reencryptable) continue;
    const { path, display } = workspace.get(row.id).source;
    const paths = [display, ...(path === null ? [] : [path])].map((each) => each.replaceAll('\\', '/'));
    if (chosen({ row, paths, keys: keysOfRow(learned, row, aliases, keysOf) }, rules)) ids.push(row.id);
  }
  return ids;
}

/** ARNs and aliases of a blob's key. `known`: what was found of each key material before. */
function keysOfRow(
  learned: LearnedKeys,
  row: BlobRow,
  aliases: ReadonlyMap<string, readonly string[]>,
  known: Map<string, string[]>,
): readonly string[] {
  const { keyFingerprint } = row.identification;
  const { keyArn } = row.declared;
  let said = known.get(keyFingerprint ?? '');
  if (said === undefined) {
    const keys = keyFingerprint === null ? [] : learned.of(keyFingerprint);
    said = keys.flatMap((key) => [key.keyArn, ...(aliases.get(key.keyArn) ?? [])]);
    known.set(keyFingerprint ?? '', said);
  }
  return keyArn === null ? said : [keyArn, ...(aliases.get(keyArn) ?? []), ...said];
}
