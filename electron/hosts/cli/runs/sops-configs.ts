import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GitRepository, Snapshot } from '../../../core/git-branch/index.ts';
import { fileAtCommit, gitText } from '../../../core/git-history/index.ts';
import type { Client } from '../client.ts';
import type { EndedRun } from './reencrypt.ts';

const NAMES: ReadonlySet<string> = new Set(['.sops.yaml', '.sops.yml']);
/** ARNs of keys and aliases. */
const ARN = /arn:aws[\w-]*:kms:[\w-]+:\d{12}:(?:key|alias)\/[\w/-]+/g;

/**
 * The `.sops.yaml` files of the commit in which a key that blobs were moved from becomes the new one, each written beside the
 * snapshot. Nothing else of them changes, and no comment. An alias counts where KMS says that it leads to such a key.
 */
export async function sopsConfigs(
  { top, head }: GitRepository,
  { folder }: Snapshot,
  { page }: Client,
  moved: EndedRun['moved'],
): Promise<{ path: string; mode: string; from: string }[]> {
  const destinations = new Set(moved.flatMap(({ destination }) => destination ?? []));
  const [destination] = destinations;
  if (destination === undefined || destinations.size > 1) return [];
  const old = new Map<string, boolean>(
    moved.flatMap(({ source }) => (source === null ? [] : [[source, true]])),
  );
  const isOld = async (arn: string): Promise<boolean> => {
    const known = old.get(arn);
    if (known !== undefined) return known;
    const found = arn.includes(':alias/')
      ? await page.keys.describe({ keyId: arn, side: 'source' }).then(
          (key) => old.get(key.arn) === true,
          () => false,
        )
      : false;
    old.set(arn, found);
    return found;
  };
  const made: { path: string; mode: string; from: string }[] = [];
  const tree = await gitText(top, ['ls-tree', '-r', '-z', '--full-tree', head]);
  for (const record of tree.split('\0')) {
    const [, mode = '', path = ''] = /^(100\d{3}) blob [0-9a-f]+\t([\s\S]*)$/.exec(record) ?? [];
    if (!NAMES.has(basename(path))) continue;
    const bytes = await fileAtCommit(top, head, path);
    if (bytes === null) continue;
    // Byte for byte: an ARN is ASCII in every encoding that YAML files have here.
    const before = Buffer.from(bytes).toString('latin1');
    const lines = before.split('\n');
    for (const [i, line] of lines.entries()) {
      const comment = /(?:^|\s)#/.exec(line)?.index ?? line.length;
      let text = line.slice(0, comment);
      for (const arn of new Set(text.match(ARN) ?? []))
        if (await isOld(arn)) text = text.replaceAll(ARN, (one) => (one === arn ? destination : one));
      lines[i] = text + line.slice(comment);
    }
    const after = lines.join('\n');
    if (after === before) continue;
    const from = join(folder, '..', `sops-config-${made.length}`);
    writeFileSync(from, Buffer.from(after, 'latin1'), { mode: 0o600 });
    made.push({ path, mode, from });
  }
  return made;
}
