import { describe, expect, it } from 'vitest';
import { finding } from '#shared/finding.ts';
import { arnOf, COVERAGE, input, key, parseCsv, row, STATED } from './audit.test-help.ts';
import { makeAudit } from './audit.ts';
import { auditCsv } from './report/audit-csv.ts';
import { auditHtml } from './report/audit-html.ts';
import { auditJson } from './report/audit-json.ts';
import { auditSarif } from './report/audit-sarif.ts';
import { deletionCsv, deletionHtml, deletionJson, deletionSarif } from './report/deletion-report.ts';

const whole = (pieces: Iterable<string>): string => [...pieces].join('');
const ASKED = {
  gaps: [],
  notAsked: { keys: 0, blobs: 0, names: [], elsewhere: [] },
  coverage: COVERAGE,
};
/** More files than any list of a screen holds; the last two say less of their key. */
const FILES = 700;
const rows = [
  ...Array.from({ length: FILES }, (_, i) =>
    row({
      file: `vault/${String(i).padStart(4, '0')}.yaml`,
      keyArn: arnOf('k'),
      repository: i % 2 ? 'a' : 'b',
    }),
  ),
  row({ file: 'vault/inferred.bin' }),
  row({ file: 'vault/other.bin', material: 'bb'.repeat(32), context: {} }),
];
const evidenceOf = (index: number) => [
  finding('duplicate-member', { evidence: [`It is in part ${index}.`] }),
];
const audit = makeAudit(
  input(rows, [key('k')], {
    findings: evidenceOf,
    bareFiles: [
      { file: 'bare-1', findings: [finding('private-key-in-clear', { evidence: ['OpenPGP secret key.'] })] },
      {
        file: 'bare-2',
        findings: [finding('private-key-in-clear', { evidence: ['A private key in PEM.'] })],
      },
    ],
  }),
);
const html = whole(auditHtml(audit, STATED, ASKED, 'alias/k'));
const plain = (text: string) => text.replace(/<[^>]+>/g, '');

describe('an audit as HTML', () => {
  it('names every file under each key', () => {
    const files = /<h2>Files by key<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '';
    for (const { file } of rows) expect(files.includes(file), file).toBe(true);
    expect(plain(files)).toContain('701 blobs in 701 files');
  });

  it('says of what it speaks, what was not read and why, and how', () => {
    const scope = plain(/<h2>Scope<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '');
    for (const words of [
      '/srv/vault',
      '12 files read',
      '2 not read',
      'huge.iso',
      'read as UTC',
      'key materials',
    ])
      expect(scope).toContain(words);
  });

  it('counts by repository, answers the question that was asked, and has room to sign', () => {
    expect(plain(/<h2>Repositories<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '')).toMatch(/350350/);
    expect(plain(/<h2>If alias\/k is deleted<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '')).toContain(
      '0699.yaml',
    );
    expect(html).toContain('<h2>Sign-off</h2>');
    expect(whole(auditHtml(audit, STATED, ASKED))).not.toContain('is deleted');
  });

  it('comes in pieces that others may have turns between', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      row({ file: `vault/${i}.yaml`, keyArn: arnOf('k') }),
    );
    const sizes = [...auditHtml(makeAudit(input(many, [key('k')])), STATED, ASKED)].map(
      ({ length }) => length,
    );
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(200_000);
  });
});

it('an audit as JSON has every file of each key, and how far was looked', () => {
  const report = JSON.parse(whole(auditJson(audit, STATED, ASKED, 'alias/k')));
  expect(report.byKey[0]).toMatchObject({ blobs: FILES + 1, key: arnOf('k') });
  expect(report.byKey[0].files).toHaveLength(FILES + 1);
  expect(report.summary.coverage).toEqual(COVERAGE);
  expect(report.stated.paths).toEqual(['/srv/vault']);
  expect(report.deletion).toMatchObject({ asked: 'alias/k', declared: FILES, inferred: 1 });
});

it('an audit as CSV has the declared key, the conclusion and the evidence apart', () => {
  const [head = [], ...lines] = parseCsv(whole(auditCsv(audit)));
  const cell = (line: readonly string[] | undefined, name: string) => line?.[head.indexOf(name)];
  const of = (file: string) => lines.find((line) => cell(line, 'file') === file);
  expect(cell(of('vault/0001.yaml'), 'repository')).toBe('a');
  expect(cell(of('vault/0001.yaml'), 'declared key')).toBe(arnOf('k'));
  const inferred = of('vault/inferred.bin');
  expect([
    cell(inferred, 'declared key'),
    cell(inferred, 'key'),
    cell(inferred, 'how the key is known'),
  ]).toEqual(['', arnOf('k'), 'inferred']);
  expect(cell(inferred, 'evidence')).not.toBe('');
  expect(cell(of('vault/other.bin'), 'declared context')).toBe('');
});

it('an audit as SARIF says of each file what is so of that file', () => {
  const places = [row({ file: 'text.txt', place: 'line 12, column 5' })];
  const one = makeAudit(input(places, [], { findings: evidenceOf }));
  const at = (made: typeof audit) =>
    JSON.parse(
      whole(
        auditSarif(made, STATED, ASKED, { rangeOf: () => ({ start: 1, length: 2 }), findingsOf: evidenceOf }),
      ),
    ).runs[0];
  const { results, properties } = at(audit);
  const texts = new Map(
    results.map((each: { message: { text: string }; properties: { file: string } }) => [
      each.properties.file,
      each.message.text,
    ]),
  );
  expect(texts.get('vault/0007.yaml')).toContain('It is in part 7.');
  expect(texts.get('vault/0007.yaml')).not.toContain('part 0.');
  expect(texts.get('bare-1')).toContain('OpenPGP secret key.');
  expect(texts.get('bare-1')).not.toContain('PEM');
  expect(properties).toMatchObject({ coverage: COVERAGE, paths: ['/srv/vault'] });
  expect(at(one).results[0].locations[0].physicalLocation.region).toEqual({
    startLine: 12,
    startColumn: 5,
    byteOffset: 1,
    byteLength: 2,
  });
});

describe('the answer to a deletion', () => {
  it('is the same in every form, with every blob', () => {
    const json = JSON.parse(whole(deletionJson(audit, 'alias/k', STATED, ASKED)));
    expect(json).toMatchObject({
      report: 'deletion',
      asked: 'alias/k',
      declared: FILES,
      inferred: 1,
      possible: 1,
    });
    expect(json.blobs).toHaveLength(FILES + 2);
    const lines = parseCsv(whole(deletionCsv(audit, 'alias/k')));
    expect(lines.filter((line) => line.length > 1)).toHaveLength(FILES + 3);
    const paper = plain(whole(deletionHtml(audit, 'alias/k', STATED, ASKED)));
    for (const { file } of rows) expect(paper.includes(file), file).toBe(true);
    for (const words of [json.answer, '12 files read', 'Prepared by']) expect(paper).toContain(words);
    const { results, properties } = JSON.parse(
      whole(deletionSarif(audit, 'alias/k', STATED, ASKED, () => null)),
    ).runs[0];
    expect(results).toHaveLength(FILES + 2);
    expect(properties).toMatchObject({ answer: json.answer, asked: 'alias/k' });
  });
});
