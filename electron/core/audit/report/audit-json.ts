import type { Audit } from '../audit.ts';
import { deletionImpact } from '../deletion.ts';
import type { Found } from '../finish.ts';
import { filesByKey } from './by-key.ts';
import { json, jsonLine } from './escape.ts';
import { blobLines } from './lines.ts';
import { filled, pieces } from './parts.ts';
import type { Asked, Stated } from './report-header.ts';

/** Everything, for other programs; a finding and a blob on each line. */
export function auditJson(
  audit: Audit,
  stated: Stated,
  { gaps, notAsked, coverage }: Asked,
  ifDeleted: string | null = null,
): Generator<string> {
  const { revision: _, ...summary } = audit.summary;
  const frame = json({
    report: 'audit',
    format: 1,
    stated,
    summary: { ...summary, gaps, notAsked, coverage },
    ...(ifDeleted === null ? {} : { deletion: deletionImpact(audit, ifDeleted) }),
    byKey: [],
    findings: [],
    blobs: [],
  });
  return pieces(
    filled(frame, { byKey: keyItems(audit), findings: findingItems(audit), blobs: blobItems(audit) }),
  );
}

/** Keys with every file under them. */
function* keyItems(audit: Audit): Generator<string> {
  for (const { name, subject, blobs, by, files } of filesByKey(audit))
    yield jsonLine({ name, key: subject.label, blobs, knownBy: Object.fromEntries(by), files });
}

function* findingItems(audit: Audit): Generator<Iterable<string>> {
  for (const finding of audit.findings) yield withPlaces(audit, finding);
}

/** A finding may have as many places as there are blobs. */
function* withPlaces(audit: Audit, { indexes, bare, examples: _, ...finding }: Found): Generator<string> {
  const { rows } = audit.input.snapshot.columns;
  yield `${jsonLine(finding).slice(0, -1)},"places":[`;
  const total = indexes.length + bare.length;
  for (let i = 0; i < total; i += 1) {
    const row = rows[indexes[i] ?? -1];
    const place = row ?? { file: bare[i - indexes.length] ?? '', place: '' };
    yield `${i === 0 ? '' : ','}${jsonLine({ file: place.file, place: place.place })}`;
  }
  yield ']}';
}

function* blobItems(audit: Audit): Generator<string> {
  for (const { row, subject, codes } of blobLines(audit))
    yield jsonLine({
      file: row.file,
      repository: row.repository,
      place: row.place,
      kind: row.identification.kind,
      container: row.container,
      encoding: row.encoding,
      bytes: row.sizeBytes,
      sha256: row.sha256,
      keyMaterial: row.identification.keyFingerprint,
      declaredKey: row.declared.keyArn,
      key: subject.label,
      keyKnownBy: subject.by,
      account: subject.account,
      region: subject.region,
      declared: row.declared,
      findings: codes.open,
      suppressed: codes.suppressed,
      worst: codes.worst,
    });
}
