import { historyLines } from '#shared/git-history-words.ts';
import type { BlobRow, Finding, SkippedFile } from '#shared/model/blob.ts';
import { fault } from '#shared/model/fault.ts';
import type { Client } from './client.ts';
import { BAD_INPUT, OK } from './exit-code.ts';
import { note, painted } from './output/say.ts';
import { safe, table } from './output/text.ts';
import { ingestPaths, isUnreadable, withEngine } from './session.ts';

/** `rewrap inspect PATH… [--json]`: what each blob is, offline. */
export async function inspect(
  paths: readonly string[],
  flags: { json?: true; gitHistory?: true },
): Promise<number> {
  return withEngine(null, async (client) => {
    const { blobs, skipped, unreadable } = await ingestPaths(client, paths);
    const gitHistory = async () => (await client.page.audit.gitHistory({ on: true })).history;
    if (flags.json) {
      const all: object[] = [];
      for (const blob of blobs) all.push(await asJson(client, blob));
      all.push(...skipped.filter(isUnreadable).map(unreadAsJson));
      // What stands in history alone is never among what stands in files.
      const printed = flags.gitHistory ? { blobs: all, gitHistory: await gitHistory() } : all;
      console.log(JSON.stringify(printed, null, 2));
      return unreadable ? BAD_INPUT : OK;
    }
    if (blobs.length > 0) {
      console.log(await asTable(client, blobs));
    } else {
      note('no ciphertext found');
    }
    if (flags.gitHistory) {
      const history = await gitHistory();
      if (history !== null) console.log(['', ...historyLines(history)].map(safe).join('\n'));
    }
    return unreadable ? BAD_INPUT : OK;
  });
}

const FAULT_CODES: Readonly<Record<string, string>> = { missing: 'FileMissing', 'too-large': 'FileTooLarge' };

/** A file that could not be read, among the blobs: it has a fault, and no kind. */
const unreadAsJson = ({ file, code, message }: SkippedFile): object => ({
  file,
  fault: fault(FAULT_CODES[code] ?? 'FileUnreadable', message, '', ''),
});

async function asJson({ page }: Client, row: BlobRow): Promise<object> {
  const detail = await page.blobs.inspect({ blobId: row.id });
  const { identification: id } = row;
  return {
    file: row.file,
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

async function asTable({ page }: Client, blobs: readonly BlobRow[]): Promise<string> {
  const rows = blobs.map((row) => [
    safe(row.file),
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
  for (const row of blobs) {
    const file = safe(row.file);
    if (row.identification.reason !== null) text.push(`${file}: ${safe(row.identification.reason)}`);
    if (row.worst === 'warning' || row.worst === 'critical') {
      const { findings } = await page.blobs.inspect({ blobId: row.id });
      for (const finding of findings.filter((f) => f.severity !== 'info'))
        text.push(
          `${file}: ${painted(finding.severity === 'critical' ? 'bad' : 'doubtful', finding.severity, process.stdout)}: ${safe(finding.title)}`,
          ...partsOf(finding),
        );
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
