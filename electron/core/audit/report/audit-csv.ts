import { EVIDENCE_WORDS } from '#shared/evidence.ts';
import type { BlobRow } from '#shared/model/blob.ts';
import type { KeyEvidence } from '../../key-material/index.ts';
import type { Audit } from '../audit.ts';
import type { Subject } from '../subjects.ts';
import { BOM, csvLine, csvMemo } from './escape.ts';
import { blobLines } from './lines.ts';
import { pieces } from './parts.ts';

const HEAD = [
  'file',
  'repository',
  'place',
  'kind',
  'container',
  'encoding',
  'bytes',
  'sha256',
  'key material',
  'declared key',
  'key',
  'alias',
  'how the key is known',
  'evidence',
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
  const keys = new Map<KeyEvidence, string>();
  for (const { row, subject, codes } of blobLines(audit)) {
    const evidence = audit.input.evidence.of(row);
    let ofKey = keys.get(evidence);
    if (ofKey === undefined) {
      ofKey = keyCells(subject, evidence).map(field).join(',');
      keys.set(evidence, ofKey);
    }
    const { file, place, container, encoding, sizeBytes, sha256, identification, declared } = row;
    // The hash is hex: it needs no guard.
    yield `${field(file)},${field(row.repository)},${field(place)},${field(identification.kind)},${field(container)},${field(encoding)},"${sizeBytes}","${sha256}",${field(identification.keyFingerprint)},${field(declared.keyArn)},${ofKey},${field(contextText(row))},${field(declared.createdAt)},${field(codes.open.join(' '))},${field(codes.worst)},${field(codes.suppressed.join(' '))}\r\n`;
  }
}

function keyCells({ key, label, by, account, region }: Subject, { reason }: KeyEvidence): (string | null)[] {
  const rotation = key?.rotation ?? null;
  return [
    label,
    key?.aliases.join(' ') ?? null,
    by,
    reason ?? EVIDENCE_WORDS[by],
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
  // An empty one is none that anything has to send.
  encryptionContext === null || Object.keys(encryptionContext).length === 0
    ? ''
    : JSON.stringify(
        Object.fromEntries(Object.entries(encryptionContext).sort(([a], [b]) => (a < b ? -1 : 1))),
      );
