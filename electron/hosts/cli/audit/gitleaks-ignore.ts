import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { count, plural } from '#shared/format.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import {
  type JudgedReport,
  type JudgedResult,
  judgeReport,
  readReport,
} from '../../../core/secret-scan/index.ts';
import { NOT_ANSWERED, OK, SOME_FAILED } from '../exit-code.ts';
import { mannerNow, note, warn } from '../output/say.ts';
import { write } from '../output/standard-output.ts';
import { safe } from '../output/text.ts';

/** Results that are named one by one; with --verbose, all are. */
const NAMED = 20;

/**
 * `rewrap gitleaks-ignore REPORT [--root DIR] [-o FILE] [--json]`: lines for `.gitleaksignore`, of those results of a gitleaks report
 * that are KMS ciphertext. Exit code 1 where a result is not; 4 where one could not be looked at.
 */
export async function gitleaksIgnore(
  path: string,
  flags: { root?: string; out?: string; json?: true },
): Promise<number> {
  const root = resolve(flags.root ?? '.');
  const report = await judgeReport(readReport(readText(path)), { folder: root });
  write(flags.json ? JSON.stringify(document(report), null, 2) : lines(report, basename(path)), flags.out);
  const {
    ciphertext = [],
    other = [],
    unknown = [],
  } = Object.groupBy(report.results, ({ verdict }) => verdict);
  const open = [...other, ...unknown];
  for (const { result, why } of mannerNow().verbose ? open : open.slice(0, NAMED))
    warn(`${safe(placeOf(result))}: ${safe(why)}`);
  if (open.length > NAMED && !mannerNow().verbose)
    warn(`… and ${plural(open.length - NAMED, 'more result')}`);
  if (open.length > 0 && open.every(({ why }) => why.startsWith(MISSING)))
    warn(`no file of the report is below ${safe(root)}: name the folder that gitleaks read with --root`);
  note(
    `${plural(report.results.length, 'result')}: ${count(ciphertext.length)} KMS ciphertext, ${count(other.length)} not proven to be, ${count(unknown.length)} not looked at`,
  );
  return other.length > 0 ? SOME_FAILED : unknown.length > 0 ? NOT_ANSWERED : OK;
}

const MISSING = 'There is no such file';

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new FaultError(
      fault(
        'ScanReportUnreadable',
        `The report ${path} cannot be read.`,
        '',
        'Check its name and permissions.',
      ),
    );
  }
}

const placeOf = ({ file, startLine, rule, commit }: JudgedResult['result']): string =>
  `${file}:${startLine} ${rule}${commit === null ? '' : ` in commit ${commit.slice(0, 12)}`}`;

/** What is appended to `.gitleaksignore`: a comment of each, and its fingerprint. Nothing but a line feed where there is none. */
function lines({ fingerprints }: JudgedReport, name: string): string {
  if (fingerprints.length === 0) return '';
  return [
    `# KMS ciphertext by its structure, of ${safe(name)}. A line speaks of every result of its rule in that line.`,
    ...fingerprints.flatMap(({ fingerprint, of: { blob } }) => [
      `# ${blob?.label}, SHA-256 ${blob?.sha256}`,
      fingerprint,
    ]),
  ].join('\n');
}

/** Without what the scanner takes for a secret. */
const document = ({ results, fingerprints }: JudgedReport) => ({
  fingerprints: fingerprints.map(({ fingerprint }) => fingerprint),
  results: results.map(({ result: { rule, commit, file, startLine }, verdict, why, blob }) => ({
    rule,
    commit,
    file,
    startLine,
    verdict,
    why,
    blob,
  })),
});
