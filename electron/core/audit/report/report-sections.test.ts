import { describe, expect, it } from 'vitest';
import { finding } from '#shared/finding.ts';
import type { FindingCode } from '#shared/findings.ts';
import type { Coverage, SkippedCode } from '#shared/model/coverage.ts';
import type { GitHistory } from '#shared/model/git-history.ts';
import { arnOf, COVERAGE, input, key, parseCsv, reportPieces, reportText, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { limitsSection } from './scope.ts';

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
const html = reportText(audit, 'html', { ifDeleted: 'alias/k' });
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

  it('says what it does not cover', () => {
    const limits = plain(/<h2>What this does not cover<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '');
    for (const words of [
      'anywhere but in the paths above',
      'What 2 links lead to',
      '1 file larger than Rewrap reads',
      'Git history',
      'nothing was decrypted',
    ])
      expect(limits).toContain(words);
  });

  it('names what was not read in its unit, and nothing that is no limit', () => {
    const skip = (code: SkippedCode, ...examples: string[]) => ({
      code,
      what: '',
      count: examples.length,
      examples,
    });
    const limitsOf = (skipped: Coverage['skipped'], codes: FindingCode[] = [], more = {}) => {
      const asked = { gaps: [], notAsked: { keys: 0, blobs: 0, names: [], elsewhere: [] }, ...more };
      const coverage = { ...COVERAGE, skipped, removed: codes.length };
      const found = codes.map((code) => ({ code }));
      const [block] = limitsSection({ ...asked, coverage }, found, 'arn').blocks;
      return block?.type === 'list' ? block.items.slice(1, -2) : [];
    };
    const gitHistory: GitHistory = { repositories: [], blobs: [], total: 0 };
    const disk = [skip('git', 'a/.git'), skip('link-inside', 'a/l')];
    expect(limitsOf(disk, [], { gitHistory })).toEqual([]);
    expect(limitsOf(disk)).toEqual([expect.stringMatching(/^Git history: /)]);
    expect(limitsOf([skip('git', 'a.zip › .git')], [], { gitHistory })).toEqual([
      'Data of Git repositories in archives, where there are any; Scope names what.',
    ]);
    expect(
      limitsOf([skip('missing', 'x'), skip('too-deep', 'a', 'b')], ['reader-failed'], { gitHistory }),
    ).toEqual([
      '1 file or folder not there, or gone before Rewrap read it; Scope names what.',
      '2 paths too deep to read; Scope names what.',
      '1 file that was taken out of the list.',
      'What Rewrap failed to read in files that it opened; the audit names the files.',
    ]);
  });

  it('counts by repository, answers the question that was asked, and has room to sign', () => {
    expect(plain(/<h2>Repositories<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '')).toMatch(/350350/);
    expect(plain(/<h2>If alias\/k is deleted<\/h2>(.*?)<\/section>/s.exec(html)?.[1] ?? '')).toContain(
      '0699.yaml',
    );
    expect(html).toContain('<h2>Sign-off</h2>');
    expect(reportText(audit, 'html')).not.toContain('is deleted');
  });

  it('comes in pieces that others may have turns between', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      row({ file: `vault/${i}.yaml`, keyArn: arnOf('k') }),
    );
    const sizes = [...reportPieces(makeAudit(input(many, [key('k')])), 'html')].map(({ length }) => length);
    expect(sizes.length).toBeGreaterThan(1);
    expect(Math.max(...sizes)).toBeLessThan(200_000);
  });
});

it('an audit as JSON has every file of each key, and how far was looked', () => {
  const report = JSON.parse(reportText(audit, 'json', { ifDeleted: 'alias/k' }));
  expect(report.byKey[0]).toMatchObject({ blobs: FILES + 1, key: arnOf('k') });
  expect(report.byKey[0].files).toHaveLength(FILES + 1);
  expect(report.summary.coverage).toEqual(COVERAGE);
  expect(report.stated.paths).toEqual(['/srv/vault']);
  expect(report.deletion).toMatchObject({ asked: 'alias/k', declared: FILES, inferred: 1 });
});

it('an audit as CSV has the declared key, the conclusion and the evidence apart', () => {
  const [head = [], ...lines] = parseCsv(reportText(audit, 'csv'));
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
      reportText(made, 'sarif', {
        places: { placeOf: () => ({ bytes: { start: 1, length: 2 }, text: null }), findingsOf: evidenceOf },
      }),
    ).runs[0];
  const { results, properties } = at(audit);
  const texts = new Map(
    results
      .flatMap((each: { locations: object[]; relatedLocations?: object[] }) => [
        ...each.locations,
        ...(each.relatedLocations ?? []),
      ])
      .map((each: { message?: { text: string }; properties: { file: string } }) => [
        each.properties.file,
        each.message?.text,
      ]),
  );
  expect(texts.get('vault/0007.yaml')).toContain('It is in part 7.');
  expect(texts.get('vault/0007.yaml')).not.toContain('part 0.');
  expect(texts.get('bare-1')).toContain('OpenPGP secret key.');
  expect(texts.get('bare-1')).not.toContain('PEM');
  expect(properties).toMatchObject({ coverage: COVERAGE, paths: ['/srv/vault'] });
  // What is said of one place alone is the result's message.
  expect(at(one).results[0].message.text).toContain('It is in part 0.');
  expect(at(one).results[0].locations[0].physicalLocation.region).toEqual({
    startLine: 12,
    startColumn: 5,
    byteOffset: 1,
    byteLength: 2,
  });
});

it('an audit as text names the folders of many files under a key, and the files of few', () => {
  const text = reportText(audit, 'text');
  expect(text).toContain('      vault/: 701 blobs in 701 files\n');
  expect(text).not.toContain('      vault/0007.yaml\n');
  const few = rows.slice(0, 8);
  const named = reportText(makeAudit(input(few, [], { findings: evidenceOf })), 'text');
  for (const { file } of few) expect(named).toContain(`      ${file}\n`);
  const all = JSON.parse(reportText(audit, 'json')).byKey[0].files;
  expect(all).toHaveLength(701);
});

it('an audit as text names eight folders under a key, and counts the rest', () => {
  const many = Array.from({ length: 20 }, (_, i) => row({ file: `part-${i}/a.yaml` }));
  const text = reportText(makeAudit(input(many, [], { findings: evidenceOf })), 'text');
  expect(text.match(/ {6}part-\d+\/: 1 blob in 1 file\n/g)).toHaveLength(8);
  expect(text).toContain('      and 12 more folders: 12 blobs in 12 files\n');
});

it('a note is one line of an audit as text', () => {
  const noted = ['a.txt', 'b.txt'].map((file) => ({
    ...row({ file }),
    findings: ['double-base64' as const],
    worst: 'info' as const,
  }));
  const findings = () => [finding('double-base64', { evidence: ['What it decodes to is base64 again.'] })];
  const text = reportText(makeAudit(input(noted, [], { findings })), 'text');
  expect(text).toMatch(/^note double-base64: .*\. 2 blobs in 2 files\.\n(?! )/m);
  const one = reportText(makeAudit(input(noted.slice(0, 1), [], { findings })), 'text');
  expect(one).toMatch(/^note double-base64: .* a\.txt( · .*)?\n(?! )/m);
});

it('an audit as text counts by repository', () => {
  const text = reportText(audit, 'text');
  expect(text).toContain('alias/k, Enabled: 701 blobs in 701 files');
  expect(text).toMatch(/Repositories\n {2}(a|b): 350 blobs in 350 files\n/);
});

describe('the answer to a deletion', () => {
  const references = [
    { file: '.sops.yaml', line: 3, sort: 'sops-rule', name: 'alias/k' },
    { file: 'lib/stack.ts', line: 9, sort: 'code', name: arnOf('k') },
  ] as const;
  const sdk = (file: string, n: number) =>
    row({
      file,
      place: `secret: encrypted data key ${n}`,
      keyArn: arnOf(n === 1 ? 'k' : 'z'),
      material: `${n}c`.repeat(32),
    });
  const ways = makeAudit(
    input(
      [
        row({ file: 'lost.bin', keyArn: arnOf('k') }),
        sdk('two.bin', 1),
        sdk('two.bin', 2),
        row({ file: 'may.bin', material: 'dd'.repeat(32) }),
      ],
      [key('k')],
      { references: () => references },
    ),
  );

  it('lists what is lost, what opens another way and what may be, apart', () => {
    const apart = (text: string) => {
      const lost = text.indexOf('Could never be opened again');
      const other = text.indexOf('Open another way');
      const may = text.indexOf('May be under it');
      expect(
        [lost, other, may].every((at) => at > 0),
        text,
      ).toBe(true);
      expect(text.slice(lost, other)).toContain('lost.bin');
      expect(text.slice(lost, other)).not.toMatch(/two\.bin|may\.bin/);
      expect(text.slice(other, may)).toContain('two.bin');
      expect(text.slice(may)).toContain('may.bin');
    };
    const html = plain(reportText(ways, 'html', { only: 'alias/k' }));
    apart(html.slice(html.indexOf('Asked')));
    const text = reportText(ways, 'text', { only: 'alias/k' });
    apart(text.slice(text.indexOf('\n')));
  });

  it('has the references in every form, and in its first sentence', () => {
    const only = 'alias/k';
    const json = JSON.parse(reportText(ways, 'json', { only }));
    expect(json.references).toEqual(references);
    expect(json.answer).toContain('2 places in configuration refer to it.');
    const csv = parseCsv(reportText(ways, 'csv', { only }));
    expect(
      csv.flatMap(([file, , place, , , name]) => (place?.startsWith('line') ? [[file, place, name]] : [])),
    ).toEqual([
      ['.sops.yaml', 'line 3', 'alias/k'],
      ['lib/stack.ts', 'line 9', arnOf('k')],
    ]);
    const { results } = JSON.parse(reportText(ways, 'sarif', { only })).runs[0];
    expect(
      results
        .filter(({ ruleId }: { ruleId: string }) => ruleId === 'if-deleted-reference')
        .map(
          (one: {
            locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[];
          }) => [
            one.locations[0]?.physicalLocation.artifactLocation.uri,
            one.locations[0]?.physicalLocation.region,
          ],
        ),
    ).toEqual([
      ['.sops.yaml', { startLine: 3, startColumn: 1 }],
      ['lib/stack.ts', { startLine: 9, startColumn: 1 }],
    ]);
    for (const format of ['html', 'text'] as const)
      for (const words of ['lib/stack.ts', 'SOPS creation rule', 'source code or script'])
        expect(reportText(ways, format, { only }), format).toContain(words);
    const none = makeAudit(input([], [], { references: () => references }));
    expect(reportText(none, 'text', { only })).toMatch(/^No blob .*2 places in configuration refer to it\./);
  });

  it('is the same in every form, with every blob', () => {
    const json = JSON.parse(reportText(audit, 'json', { only: 'alias/k' }));
    expect(json).toMatchObject({
      report: 'deletion',
      asked: 'alias/k',
      declared: FILES,
      inferred: 1,
      possible: 1,
    });
    expect(json.blobs).toHaveLength(FILES + 2);
    const lines = parseCsv(reportText(audit, 'csv', { only: 'alias/k' }));
    expect(lines.filter((line) => line.length > 1)).toHaveLength(FILES + 3);
    const paper = plain(reportText(audit, 'html', { only: 'alias/k' }));
    for (const { file } of rows) expect(paper.includes(file), file).toBe(true);
    for (const words of [json.answer, '12 files read', 'Prepared by']) expect(paper).toContain(words);
    const { results, properties } = JSON.parse(reportText(audit, 'sarif', { only: 'alias/k' })).runs[0];
    const places = results.map(
      (each: { relatedLocations?: object[] }) => 1 + (each.relatedLocations?.length ?? 0),
    );
    expect(places.reduce((sum: number, some: number) => sum + some, 0)).toBe(FILES + 2);
    expect(results.length).toBeLessThan(5);
    expect(properties).toMatchObject({ answer: json.answer, asked: 'alias/k' });
  });
});
