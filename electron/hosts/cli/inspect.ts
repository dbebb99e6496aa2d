import { historyLines } from '#shared/git-history-words.ts';
import type { Finding } from '#shared/model/blob.ts';
import type { Client } from './client.ts';
import { BAD_INPUT, OK } from './exit-code.ts';
import { ingestPaths, type Listed, withEngine } from './session.ts';
import { safe, table } from './text.ts';

/** `rewrap inspect PATH… [--json]`: what each blob is, offline. */
export async function inspect(
  paths: readonly string[],
  flags: { json?: true; gitHistory?: true },
): Promise<number> {
  return withEngine(null, async (client) => {
    const { blobs, unreadable } = await ingestPaths(client, paths);
    const gitHistory = async () => (await client.page.audit.gitHistory({ on: true })).history;
    if (flags.json) {
      const all = [];
      for (const blob of blobs) all.push(await asJson(client, blob));
      // What stands in history alone is never among what stands in files.
      const printed = flags.gitHistory ? { blobs: all, gitHistory: await gitHistory() } : all;
      console.log(JSON.stringify(printed, null, 2));
      return unreadable ? BAD_INPUT : OK;
    }
    if (blobs.length > 0) {
      console.log(await asTable(client, blobs));
    } else {
      console.error('rewrap: no ciphertext found');
    }
    if (flags.gitHistory) {
      const history = await gitHistory();
      if (history !== null) console.log(['', ...historyLines(history)].map(safe).join('\n'));
    }
    return unreadable ? BAD_INPUT : OK;
  });
}

async function asJson({ page }: Client, { row, file }: Listed): Promise<object> {
  const detail = await page.blobs.inspect({ blobId: row.id });
  const { identification: id } = row;
  return {
    file,
    place: row.place,
    byteRange: detail.byteRange,
    encoding: row.encoding,
    kind: id.kind,
    container: row.container,
    layout: id.layout,
    keyFingerprint: id.keyFingerprint,
    plaintextBytes: id.plaintextBytes,
    gcmNonce: id.gcmNonce,
    declared: {
      keyArn: row.declared.keyArn,
      encryptionContext: row.declared.encryptionContext,
      createdAt: row.declared.createdAt,
    },
    reencryptable: id.reencryptable,
    reason: id.reason,
    fields: detail.fields,
    findings: detail.findings,
    sha256: row.sha256,
  };
}

async function asTable({ page }: Client, blobs: readonly Listed[]): Promise<string> {
  const rows = blobs.map(({ row, file }) => [
    safe(file),
    safe(row.place),
    row.identification.label,
    row.identification.keyFingerprint?.slice(0, 8) ?? '–',
    row.identification.plaintextBytes === null ? '–' : `${row.identification.plaintextBytes} B`,
    row.encoding,
    row.identification.reencryptable ? 'yes' : 'no',
  ]);
  const text = [
    table([['FILE', 'PLACE', 'KIND', 'MATERIAL', 'PLAINTEXT', 'ENCODING', 'RE-ENCRYPT'], ...rows]),
  ];
  for (const { row, file } of blobs) {
    if (row.identification.reason !== null) text.push(`${safe(file)}: ${safe(row.identification.reason)}`);
    if (row.worst === 'warning' || row.worst === 'critical') {
      const { findings } = await page.blobs.inspect({ blobId: row.id });
      for (const finding of findings.filter((f) => f.severity !== 'info'))
        text.push(`${safe(file)}: ${finding.severity}: ${safe(finding.title)}`, ...partsOf(finding));
    }
  }
  return text.join('\n');
}

/** What speaks for a finding, what follows from it and what to do: a line each, indented. */
function partsOf({ evidence, reason, remedy }: Finding): string[] {
  const parts: (readonly [string, string])[] = [
    ...evidence.map((line) => ['evidence', line] as const),
    ['reason', reason],
    ['remedy', remedy],
  ];
  return parts.filter(([, line]) => line !== '').map(([name, line]) => `  ${name}: ${safe(line)}`);
}
