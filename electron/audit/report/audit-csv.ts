import type { BlobRow } from '#shared/model/blob.ts';
import type { Audit } from '../audit.ts';
import { BOM, csvLine, csvMemo } from '../inert.ts';
import type { Subject } from '../subjects.ts';
import { blobLines } from './lines.ts';
import { pieces } from './parts.ts';

const HEAD = [
  'file',
  'place',
  'kind',
  'container',
  'encoding',
  'bytes',
  'sha256',
  'key material',
  'key',
  'alias',
  'how the key is known',
  'account',
  'region',
  'key state',
  'key spec',
  'key origin',
  'key manager',
  'rotation',
  'last use',
  'declared context',
  'declared date',
  'findings',
  'highest severity',
  'suppressed findings',
];

/** One line for each blob. */
export const auditCsv = (audit: Audit): Generator<string> => pieces(texts(audit));

function* texts(audit: Audit): Generator<string> {
  yield BOM + csvLine(HEAD);
  // Most cells are those of the line before, or of some other: neutralised once.
  const field = csvMemo();
  const keys = new Map<Subject, string>();
  for (const { row, subject, codes } of blobLines(audit)) {
    let ofKey = keys.get(subject);
    if (ofKey === undefined) {
      ofKey = keyCells(subject).map(field).join(',');
      keys.set(subject, ofKey);
    }
    const { file, place, container, encoding, sizeBytes, sha256, identification, declared } = row;
    // The hash is hex: it needs no guard.
    yield `${field(file)},${field(place)},${field(identification.kind)},${field(container)},${field(encoding)},"${sizeBytes}","${sha256}",${field(identification.keyFingerprint)},${ofKey},${field(contextText(row))},${field(declared.createdAt)},${field(codes.open.join(' '))},${field(codes.worst)},${field(codes.suppressed.join(' '))}\r\n`;
  }
}

function keyCells({ key, label, by, account, region }: Subject): (string | null)[] {
  const rotation = key?.rotation ?? null;
  return [
    label,
    key?.aliases.join(' ') ?? null,
    by,
    account,
    region,
    key?.state ?? null,
    key?.spec ?? null,
    key?.origin ?? null,
    key?.manager ?? null,
    rotation === null ? null : rotation.enabled ? 'automatic' : (rotation.lastAt ?? 'never'),
    key?.lastUse?.at ?? null,
  ];
}

const contextText = ({ declared: { encryptionContext } }: BlobRow): string =>
  encryptionContext === null
    ? ''
    : JSON.stringify(
        Object.fromEntries(Object.entries(encryptionContext).sort(([a], [b]) => (a < b ? -1 : 1))),
      );
