import { plural } from '#shared/format.ts';
import type { DeletionImpact } from '#shared/model/audit.ts';
import type { Audit } from '../audit.ts';
import { deletionImpact, type TouchedRow, touchedBy } from '../deletion.ts';
import type { ByteRangeOf } from './audit-sarif.ts';
import { listBlocks } from './by-key.ts';
import { BOM, csvLine, csvMemo, json, jsonLine } from './escape.ts';
import { type Block, htmlPieces, type Section } from './html.ts';
import { filled, pieces } from './parts.ts';
import type { Asked, Stated } from './report-header.ts';
import { type SarifResult, sarif } from './sarif.ts';
import { scopeSection, signSection } from './scope.ts';

const UNDER_WORDS: Record<TouchedRow['under'], string> = {
  confirmed: 'confirmed by KMS',
  person: 'named by a person',
  declared: 'declared in files',
  inferred: 'inferred from the same key material',
  contradicted: 'labels contradict',
  named: 'may be: only KMS can say whether the names are one key',
  unidentified: 'may be: nothing names its key',
};
const WAY_WORDS: Record<TouchedRow['way'], string> = {
  none: 'no other way known',
  maybe: 'may open another way',
  other: 'opens another way',
};

/** "What breaks if I delete this key?", with every blob: on paper, with room to sign. */
export function deletionHtml(
  audit: Audit,
  asked: string,
  stated: Stated,
  { coverage }: Asked,
): Generator<string> {
  return htmlPieces(`What breaks if ${asked} is deleted`, stated, [
    deletionSection(audit, asked),
    scopeSection(stated, coverage, audit.summary.totals),
    signSection(),
  ]);
}

/** The answer as a part of a report. */
export function deletionSection(audit: Audit, asked: string): Section {
  const impact = deletionImpact(audit, asked);
  return { heading: `If ${asked} is deleted`, blocks: answerBlocks(audit, asked, impact) };
}

function* answerBlocks(audit: Audit, asked: string, impact: DeletionImpact): Generator<Block> {
  yield { type: 'text', strong: true, text: impact.answer };
  yield {
    type: 'facts',
    facts: [
      ['Asked', asked],
      ...(impact.key === null ? [] : [['Key', impact.key.arn] as const]),
      ['Confirmed', plural(impact.certain, 'blob')],
      ['Declared', plural(impact.declared, 'blob')],
      ['Inferred', plural(impact.inferred, 'blob')],
      ['Contradicted', plural(impact.contradicted, 'blob')],
      ['May be', plural(impact.possible, 'blob')],
      ...impact.notes.map((note) => ['Note', note] as const),
    ],
  };
  for (const [title, files] of byHow(audit, asked)) {
    yield { type: 'heading', text: `${title}: ${plural(files.size, 'file')}` };
    yield* listBlocks(
      [...files].map(([file, blobs]) => (blobs === 1 ? file : `${file}: ${plural(blobs, 'blob')}`)),
    );
  }
  if (impact.references.length > 0)
    yield {
      type: 'table',
      title: 'Configuration that refers to it',
      head: ['File', 'Line', 'Name'],
      rows: impact.references.map(({ file, line, name }) => [file, String(line), name]),
    };
}

/** Every file, by how its blobs are under the key. */
function byHow(audit: Audit, asked: string): Map<string, Map<string, number>> {
  const { rows } = audit.input.snapshot.columns;
  const all = new Map<string, Map<string, number>>();
  for (const { index, under } of touchedBy(audit, asked).rows) {
    const file = rows[index]?.file ?? '';
    const files = all.get(UNDER_WORDS[under]) ?? new Map<string, number>();
    files.set(file, (files.get(file) ?? 0) + 1);
    all.set(UNDER_WORDS[under], files);
  }
  return all;
}

const HEAD = ['file', 'repository', 'place', 'sha256', 'key material', 'declared key', 'how', 'another way'];

/** One line for each blob that the deletion concerns. */
export function deletionCsv(audit: Audit, asked: string): Generator<string> {
  const { rows } = audit.input.snapshot.columns;
  return pieces(
    (function* () {
      yield BOM + csvLine(HEAD);
      const field = csvMemo();
      for (const { index, under, way } of touchedBy(audit, asked).rows) {
        const row = rows[index];
        if (row === undefined) continue;
        const { file, repository, place, sha256, identification, declared } = row;
        yield `${[file, repository, place, sha256, identification.keyFingerprint, declared.keyArn, UNDER_WORDS[under], WAY_WORDS[way]].map(field).join(',')}\r\n`;
      }
    })(),
  );
}

/** The answer with its members at the top, for programs, and every blob. */
export function deletionJson(
  audit: Audit,
  asked: string,
  stated: Stated,
  { coverage }: Asked,
): Generator<string> {
  const { rows } = audit.input.snapshot.columns;
  const frame = json({
    report: 'deletion',
    format: 1,
    stated,
    coverage,
    ...deletionImpact(audit, asked),
    blobs: [],
  });
  const blobs = function* (): Generator<string> {
    for (const { index, under, way } of touchedBy(audit, asked).rows) {
      const row = rows[index];
      if (row === undefined) continue;
      const { file, repository, place, sha256, identification, declared } = row;
      yield jsonLine({
        file,
        repository,
        place,
        sha256,
        keyMaterial: identification.keyFingerprint,
        declaredKey: declared.keyArn,
        under,
        anotherWay: way,
      });
    }
  };
  return pieces(filled(frame, { blobs: blobs() }));
}

/** A result for each blob that the deletion concerns. */
export function deletionSarif(
  audit: Audit,
  asked: string,
  stated: Stated,
  { coverage }: Asked,
  rangeOf: ByteRangeOf,
): Generator<string> {
  const { rows } = audit.input.snapshot.columns;
  const impact = deletionImpact(audit, asked);
  const results = function* (): Generator<SarifResult> {
    for (const { index, under, way } of touchedBy(audit, asked).rows) {
      const row = rows[index];
      if (row === undefined) continue;
      yield {
        rule: RULE,
        level: under === 'named' || under === 'unidentified' ? 'note' : 'warning',
        message: `${UNDER_WORDS[under]}; ${WAY_WORDS[way]}. Asked: ${asked}.`,
        file: row.file,
        place: row.place,
        bytes: rangeOf(index),
        fingerprint: `${RULE}.${row.sha256}`,
        suppressed: null,
        properties: { sha256: row.sha256, under, anotherWay: way, key: row.declared.keyArn },
      };
    }
  };
  return sarif(
    [{ id: RULE, text: 'The blob is, or may be, under the key of which the deletion was asked.', help: '' }],
    results(),
    stated,
    { answer: impact.answer, asked, coverage },
  );
}

/** A rule of SARIF alone: the answer to a question is no finding. */
const RULE = 'if-deleted';
