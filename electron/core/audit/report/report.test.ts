import { readFileSync } from 'node:fs';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import type { RunItem, RunSummary } from '#shared/model/run.ts';
import {
  arnOf,
  HOSTILE,
  input,
  key,
  parseCsv,
  reportText,
  row,
  STATED,
  written,
} from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { readRules } from '../rules/rules.ts';
import type { PlaceInFile } from './deletion-report.ts';
import { fromCsvField } from './escape.ts';
import { historyReport } from './history-report.ts';
import { runReport } from './run-report.ts';
import { artifactUri, MOST_RESULTS, PLACES_OF_RESULT, writeSarif } from './sarif.ts';

type Made = ReturnType<typeof makeAudit>;
const auditCsv = (audit: Made) => reportText(audit, 'csv');
const auditHtml = (audit: Made, header: typeof STATED, gaps: readonly string[]) =>
  reportText(audit, 'html', { header, gaps });
const auditJson = (audit: Made, header: typeof STATED, gaps: readonly string[]) =>
  reportText(audit, 'json', { header, gaps });
const auditSarif = (audit: Made, header: typeof STATED, bytesOf: (index: number) => PlaceInFile['bytes']) =>
  reportText(audit, 'sarif', { header, places: { placeOf: (i) => ({ bytes: bytesOf(i), text: null }) } });

/**
 * The official schema of SARIF 2.1.0 (rtm.5), as the SARIF SDK ships it. It is written in draft 4: what this reader
 * does not know of that draft are two names at its top.
 */
function sarifSchema(): ValidateFunction {
  const file = new URL('./fixtures/sarif-2.1.0-rtm.5.json', import.meta.url);
  const { $schema: _, id: _id, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

const finding = {
  code: 'plaintext-beside-blob' as const,
  severity: 'critical' as const,
  title: 'A {0} [title](x) with <b>names</b>',
  evidence: ['E'],
  reason: 'D',
  remedy: 'R',
  range: null,
};
const rows = HOSTILE.map((name, i) =>
  row({
    file: name,
    place: HOSTILE[(i + 1) % HOSTILE.length] ?? '',
    keyArn: arnOf('k'),
    context: { [name]: name },
  }),
);
const hostile = () =>
  makeAudit(
    input(rows, [key('k', { state: 'Disabled', aliases: ['alias/<img src=x>'] })], {
      findings: () => [finding],
      bareFiles: [{ file: '=bare', findings: [finding] }],
      rules: readRules(
        'version: 1\naccounts: ["999988887777"]\nsuppress: [{code: key-disabled, reason: "=1+1 <b>", until: 2030-01-01}]',
      ),
    }),
  );

const items: RunItem[] = HOSTILE.map((name, i) => ({
  blobId: `b${i}`,
  file: name,
  place: '',
  state: i % 2 === 0 ? 'failed' : 'reencrypted',
  fault:
    i % 2 === 0
      ? {
          code: 'InvalidCiphertextException',
          message: name,
          detail: '',
          remedy: name,
          raw: null,
          retryable: false,
        }
      : null,
  sent: null,
  sourceKeyArn: arnOf('k'),
  destinationKeyArn: arnOf('n'),
  sourceKeyMaterialId: null,
  destinationKeyMaterialId: null,
  requestId: `request-${i}`,
  decryptRequestId: null,
  sha256Before: 'aa',
  sha256After: 'bb',
  fingerprintBefore: null,
  fingerprintAfter: null,
  output: name,
  backup: null,
  notes: [name],
}));
const run: RunSummary = {
  id: 'r1',
  dryRun: false,
  method: 'reencrypt',
  status: 'finished',
  startedAt: '2026-11-24T11:00:00.000Z',
  finishedAt: '2026-11-24T11:01:00.000Z',
  counts: {
    total: 26,
    waiting: 0,
    running: 0,
    succeeded: 13,
    already: 0,
    failed: 13,
    skipped: 0,
    restored: 0,
  },
  outcome: { reencrypted: 13, already: 0, notReencrypted: 13, underOldKey: 12 },
  rate: Math.PI,
  secondsLeft: null,
  destinationKeyId: 'alias/n',
  connection: 'practice',
  output: 'in-place',
  files: { total: 3, done: 3 },
  bytes: { total: 100, done: 100 },
  perKey: [],
  undo: null,
  resume: null,
  retry: null,
  elsewhere: null,
  downloads: 0,
  fault: null,
};
const facts = { run, items, records: [] };
const VERDICT = { ok: true, head: STATED.history, broken: null, proves: 'p' };

describe('SARIF', () => {
  interface At {
    readonly id: number;
    readonly properties: { readonly file: string };
  }
  const placesOf = (result: { locations: At[]; relatedLocations?: At[] }): At[] => [
    ...result.locations,
    ...(result.relatedLocations ?? []),
  ];
  const valid = sarifSchema();
  const check = (text: string) => {
    expect(valid(JSON.parse(text)), JSON.stringify(valid.errors?.slice(0, 3))).toBe(true);
    return JSON.parse(text);
  };

  it('of an audit is valid by the official schema, with hostile names', () => {
    const log = check(auditSarif(hostile(), STATED, () => ({ start: 4, length: 20 })));
    const { results } = log.runs[0];
    // One for the finding of files under the key, one for that of a file without blobs; two of the key itself.
    expect(results).toHaveLength(4);
    const files = results
      .filter((r: { ruleId: string }) => r.ruleId === finding.code)
      .flatMap(placesOf)
      .map((at: { properties: { file: string } }) => at.properties.file);
    expect(files).toHaveLength(HOSTILE.length + 1);
    expect(new Set(files)).toEqual(new Set([...HOSTILE, '=bare']));
    const silent = results.filter((r: { suppressions?: unknown[] }) => r.suppressions !== undefined);
    expect(silent.flatMap(placesOf)).toHaveLength(HOSTILE.length);
    expect(results.find((r: { ruleId: string }) => r.ruleId === 'rule-account')).toMatchObject({
      level: 'error',
    });
    for (const { message } of results) expect(message.text).not.toMatch(/(?<!\\)[[\]<>]|(?<!\{)\{(?!\{)/);
  });

  it('says the same of a finding whatever its places, and each place once', () => {
    const of = (some: typeof rows) =>
      check(
        auditSarif(
          makeAudit(input(some, [key('k', { state: 'Disabled' })], { findings: () => [finding] })),
          STATED,
          (i) => ({ start: i, length: 20 }),
        ),
      ).runs[0].results;
    const prints = (some: typeof rows) =>
      of(some).map((r: { ruleId: string; partialFingerprints: object }) => [r.ruleId, r.partialFingerprints]);
    const all = of(rows);
    expect(prints(rows.slice(0, 1))).toEqual(prints(rows));
    expect(new Set(prints(rows).map((one: unknown) => JSON.stringify(one))).size).toBe(all.length);
    for (const result of all) {
      expect(result.locations).toHaveLength(1);
      expect(placesOf(result).map(({ id }) => id)).toEqual(rows.map((_, i) => i));
    }
    expect(of(rows.slice(0, 1))[0]).not.toHaveProperty('relatedLocations');
  });

  it('keeps to what code scanning takes: results, places of each, and a line of every place', () => {
    const many = Array.from({ length: PLACES_OF_RESULT + 5 }, (_, i) => row({ file: `f${i}` }));
    const audit = makeAudit(input(many, [], { findings: () => [finding] }));
    const [result] = check(auditSarif(audit, STATED, () => null)).runs[0].results;
    expect(placesOf(result)).toHaveLength(PLACES_OF_RESULT);
    expect(result.properties.places).toBe(PLACES_OF_RESULT + 5);
    expect(result.message.text).toContain('1,005 places; the first 1,000 are listed.');
    for (const { physicalLocation } of result.relatedLocations)
      expect(physicalLocation.region).toMatchObject({ startLine: 1, startColumn: 1 });

    const one = {
      file: 'a',
      place: 'x',
      bytes: null,
      text: { line: 7, column: 3 },
      message: null,
      properties: {},
    };
    const results = Array.from({ length: MOST_RESULTS + 2 }, (_, i) => ({
      rule: 'r',
      level: 'note' as const,
      message: 'm',
      places: [one],
      total: 1,
      fingerprint: String(i),
      suppressed: null,
      properties: {},
    }));
    const [run] = JSON.parse([...writeSarif({ rules: [], results, properties: {} }, STATED)].join('')).runs;
    expect(run.results).toHaveLength(MOST_RESULTS);
    expect(run.results[0].locations[0].physicalLocation.region).toEqual({ startLine: 7, startColumn: 3 });
    expect(run.invocations[0].toolExecutionNotifications[0].message.text).toMatch(/^2 results of the least/);
  });

  it('has one result for a rule and key, however many findings there are, and no snippet', () => {
    const graver = { ...finding, severity: 'critical' as const, title: 'graver' };
    const audit = makeAudit(
      input(rows, [key('k')], { findings: (i) => [i === 0 ? graver : { ...finding, severity: 'info' }] }),
    );
    const text = auditSarif(audit, STATED, () => null);
    const { results } = check(text).runs[0];
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ level: 'error' });
    expect(placesOf(results[0])).toHaveLength(rows.length);
    expect(results[0].partialFingerprints.primaryLocationLineHash).toMatch(/:1$/);
    expect(text).not.toContain('snippet');
  });

  it('of a run and of an empty list is valid, too', () => {
    const { results } = check(written(runReport(facts), 'sarif')).runs[0];
    expect(results).toHaveLength(1);
    expect(placesOf(results[0])).toHaveLength(13);
    expect(check(auditSarif(makeAudit(input([], [])), STATED, () => null)).runs[0].results).toEqual([]);
  });

  it('the schema here refuses what is no SARIF', () => {
    expect(valid({ version: '2.1.0', runs: [{ tool: { driver: {} } }] })).toBe(false);
  });

  it('names a file by a relative URI that cannot leave its root', () => {
    expect(artifactUri('a b/ü#?.bin')).toBe('a%20b/%C3%BC%23%3F.bin');
    expect(artifactUri('../../etc/passwd')).toBe('%2E%2E/%2E%2E/etc/passwd');
    expect(artifactUri('C:\\a\\b')).toBe('C%3A/a/b');
  });
});

describe('reports', () => {
  it('CSV of an audit, a run and a history give hostile names back exactly', () => {
    const audit = parseCsv(auditCsv(hostile()));
    expect(
      audit
        .slice(1)
        .map(([file = '']) => fromCsvField(file))
        .sort(),
    ).toEqual([...HOSTILE].sort());
    const at = audit[0]?.indexOf('declared context') ?? -1;
    for (const line of audit.slice(1)) {
      const name = fromCsvField(line[0] ?? '');
      expect(JSON.parse(fromCsvField(line[at] ?? ''))).toEqual({ [name]: name });
    }
    expect(
      parseCsv(written(runReport(facts), 'csv'))
        .slice(1, -1)
        .map(([file = '']) => fromCsvField(file)),
    ).toEqual([...HOSTILE]);
    expect(parseCsv(written(runReport(facts), 'csv')).at(-1)).toEqual(
      expect.arrayContaining([
        '(whole run)',
        '13 re-encrypted, 0 already as asked, 13 not re-encrypted (at least 12 under the old key)',
      ]),
    );
    expect(parseCsv(written(historyReport([], VERDICT), 'csv'))).toHaveLength(1);
  });

  it('HTML runs nothing, loads nothing, and has no element out of a name', () => {
    for (const text of [
      auditHtml(hostile(), STATED, HOSTILE),
      written(runReport(facts), 'html'),
      written(historyReport([], VERDICT), 'html'),
    ]) {
      expect(text).not.toMatch(/<script|<img|<iframe|<link|<a |javascript:alert\(1\)"|url\(|@import|src=x>/i);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      expect(text).toContain("default-src 'none'");
      const elements = new Set([...text.matchAll(/<([a-z0-9]+)/g)].map(([, name]) => name));
      expect([...elements].filter((name) => !KNOWN.has(name ?? ''))).toEqual([]);
    }
  });

  it('are the same bytes but for what is stated', () => {
    const later = { ...STATED, at: '2026-11-25T09:00:00.000Z', history: { count: 9, hash: 'cd'.repeat(32) } };
    const undated = (text: string) =>
      text
        .replaceAll(later.at, STATED.at)
        .replaceAll(later.history.hash, STATED.history.hash)
        .replace(/9 records/, '3 records')
        .replace(/("(?:count|historyCount)": )9/, '$13');
    expect(undated(auditHtml(hostile(), later, []))).toBe(auditHtml(hostile(), STATED, []));
    expect(undated(auditJson(hostile(), later, []))).toBe(auditJson(hostile(), STATED, []));
    expect(undated(auditSarif(hostile(), later, () => null))).toBe(auditSarif(hostile(), STATED, () => null));
    expect(auditCsv(hostile())).toBe(auditCsv(hostile()));
    expect(undated(written(runReport(facts), 'json', later))).toBe(
      written(runReport({ ...facts, run: { ...run, rate: 7 } }), 'json'),
    );
    expect(undated(written(historyReport([], VERDICT), 'json', later))).toBe(
      written(historyReport([], VERDICT), 'json'),
    );
  });

  it('do not depend on the order in which files were taken in', () => {
    const turned = makeAudit(input([...rows].reverse(), [key('k')]));
    const straight = makeAudit(input(rows, [key('k')]));
    expect(auditCsv(turned)).toBe(auditCsv(straight));
  });
});

const KNOWN = new Set(
  'html head meta title style body header main section article h1 h2 h3 p ul li dl dt dd figure figcaption table thead tbody tr th td bdi span div svg rect'.split(
    ' ',
  ),
);
