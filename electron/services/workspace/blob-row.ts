import { hash } from 'node:crypto';
import { SEVERITIES } from '#shared/findings.ts';
import { blobFileName } from '#shared/format.ts';
import type { BlobRow, Finding, FindingCode, Severity } from '#shared/model/blob.ts';
import { findingsOf } from '../../core/inspect/index.ts';
import type { FoundBlob } from '../../core/intake/index.ts';
import type { BlobEntry, ListedSource } from './source.ts';

/** Codes of these findings beside those known, each once. */
export function codesOf(
  known: readonly FindingCode[],
  findings: readonly Pick<Finding, 'code'>[],
): FindingCode[] {
  return [...new Set([...known, ...findings.map(({ code }) => code)])];
}

/** A finding that both the file and the blob carry is shown once. */
export function once(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, title, evidence, reason }) => {
    const key = [code, title, reason, ...evidence].join('\0');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export function highest(
  findings: readonly Pick<Finding, 'severity'>[],
  start: Severity | null,
): Severity | null {
  return findings.reduce(
    (high, { severity }) =>
      high === null || SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(high) ? severity : high,
    start,
  );
}

/** What a container authenticates is not offered for re-encryption, with the reason, though KMS would take it. */
function offered({ identification, notPutBack }: FoundBlob): BlobRow['identification'] {
  return notPutBack === undefined
    ? identification
    : { ...identification, reencryptable: false, reason: notPutBack };
}

/** What file and bytes say of a blob, wherever it is asked: the inspector, the list and the audit have it from here. */
export function ownFindings(source: ListedSource, found: FoundBlob): Finding[] {
  return [...source.scan.findings, ...found.findings, ...findingsOf(found.bytes, found.identification)];
}

/** Hex SHA-256 of a blob. One that is its whole file has the file's. */
export const blobHash = ({ source, found }: Pick<BlobEntry, 'source' | 'found'>): string =>
  found.encoding.name === 'binary' && found.bytes.length === source.size
    ? source.sha256
    : hash('sha256', found.bytes, 'hex');

export function blobRow(
  id: string,
  source: ListedSource,
  found: FoundBlob,
  across: readonly Finding[],
  repository: string | null,
): BlobRow {
  const findings = [...ownFindings(source, found), ...across];
  return {
    id,
    sourceId: source.id,
    file: source.display,
    repository,
    place: found.place,
    container: found.container,
    encoding: found.encoding.name,
    sizeBytes: found.bytes.length,
    sha256: blobHash({ source, found }),
    declared: found.declared,
    identification: offered(found),
    worst: highest(findings, null),
    findings: findings.length === 0 ? [] : codesOf([], findings),
  };
}

/** The ciphertext of a blob as a file of its own. */
export const blobFile = ({
  source,
  found,
}: {
  readonly source: ListedSource;
  readonly found: FoundBlob;
}) => ({
  name: blobFileName({ file: source.display, place: found.place }),
  bytes: new Uint8Array(found.bytes),
});
