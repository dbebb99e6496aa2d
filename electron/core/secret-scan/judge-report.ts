import { realpathSync } from 'node:fs';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { FaultError } from '#shared/model/fault.ts';
import { fileAtCommit } from '../git-history/index.ts';
import { readSource, scan } from '../intake/index.ts';
import { Turns } from '../limits/turns.ts';
import { type JudgedResult, judgeResults, unknown } from './judge.ts';
import type { ScanResult } from './report.ts';

interface ReportRoot {
  /** The folder that the paths of the report start from; for results of commits a folder of the repository. Absolute. */
  readonly folder: string;
}

export interface JudgedReport {
  readonly results: readonly JudgedResult[];
  /** What `.gitleaksignore` takes, each once, sorted. */
  readonly fingerprints: readonly { readonly fingerprint: string; readonly of: JudgedResult }[];
}

/** Judges every result of a report by the files, and by commits where it names them. Never throws for what a file is. */
export async function judgeReport(
  results: readonly ScanResult[],
  { folder }: ReportRoot,
): Promise<JudgedReport> {
  const judged = new Map<ScanResult, JudgedResult>();
  const turns = new Turns();
  const root = realpathSync(folder);
  for (const group of Map.groupBy(results, ({ commit, file }) => `${commit ?? ''}\0${file}`).values()) {
    if (turns.over) await turns.give();
    for (const one of await judgeFile(root, group)) judged.set(one.result, one);
  }
  const all = withheld(results.flatMap((result) => judged.get(result) ?? []));
  const fingerprints = new Map<string, JudgedResult>();
  for (const one of all)
    if (one.verdict === 'ciphertext' && !fingerprints.has(fingerprintOf(one.result)))
      fingerprints.set(fingerprintOf(one.result), one);
  return {
    results: all,
    fingerprints: [...fingerprints]
      .map(([fingerprint, of]) => ({ fingerprint, of }))
      .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)),
  };
}

async function judgeFile(root: string, results: readonly ScanResult[]): Promise<JudgedResult[]> {
  const [first] = results;
  if (first === undefined) return [];
  const none = (why: string) => results.map((result) => ({ result, ...unknown(why) }));
  const found =
    first.commit === null ? await onDisk(root, first.file) : await inCommit(root, first.commit, first.file);
  if (typeof found === 'string') return none(found);
  return judgeResults(found, scan(found, basename(first.file)), results);
}

/** The bytes of a file, or why there are none. */
async function onDisk(root: string, file: string): Promise<Uint8Array | string> {
  const path = resolve(root, file);
  if (!isBelow(root, path)) return 'Its path leads out of the folder: name another with --root.';
  try {
    if (!isBelow(root, realpathSync(path))) return 'Its path leads out of the folder over a link.';
  } catch {
    return file.includes('!')
      ? 'It stands in an archive, which is not looked into.'
      : 'There is no such file: was the report made of another folder (--root)?';
  }
  try {
    return (await readSource(path)).bytes;
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.fault.code === 'NotAFile'
      ? 'It is a link or no file; gitleaks names what it leads to in its JSON.'
      : error.fault.message;
  }
}

async function inCommit(root: string, commit: string, file: string): Promise<Uint8Array | string> {
  if (!/^[0-9a-f]{7,64}$/.test(commit)) return 'Its commit is no id of a commit.';
  try {
    return (await fileAtCommit(root, commit, file)) ?? 'The repository has no such file in that commit.';
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return error.fault.message;
  }
}

function isBelow(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** Source: gitleaks v8, detect.go, AddFinding. */
const hiddenBy = ({ file, rule, startLine }: ScanResult): string => `${file}:${rule}:${startLine}`;
const fingerprintOf = (result: ScanResult): string =>
  result.fingerprint ?? (result.commit === null ? hiddenBy(result) : `${result.commit}:${hiddenBy(result)}`);

/**
 * A fingerprint has no column, and one without a commit speaks of every commit: what would hide a result that is not proven is
 * withheld. So is what `.gitleaksignore` cannot say.
 */
function withheld(results: readonly JudgedResult[]): JudgedResult[] {
  const held = new Set<string>();
  for (const { result, verdict } of results)
    if (verdict !== 'ciphertext') {
      held.add(`${result.commit} ${hiddenBy(result)}`);
      held.add(`null ${hiddenBy(result)}`);
    }
  return results.map((one) => {
    const { result, verdict } = one;
    if (verdict !== 'ciphertext') return one;
    if (held.has(`${result.commit} ${hiddenBy(result)}`))
      return {
        ...one,
        verdict: 'other',
        why: 'Its fingerprint is also that of a result which is not proven to be ciphertext.',
        blob: null,
      };
    const problem = unsayable(result);
    return problem === null ? one : { result, ...unknown(problem) };
  });
}

function unsayable(result: ScanResult): string | null {
  const fingerprint = fingerprintOf(result);
  const own = hiddenBy(result);
  const commit = fingerprint.slice(0, -own.length - 1);
  if (
    result.commit === null
      ? fingerprint !== own
      : !fingerprint.endsWith(`:${own}`) || commit.length < 7 || !result.commit.startsWith(commit)
  )
    return 'The report names it by a fingerprint that is not of its place.';
  if (
    /[\p{Cc}\u2028\u2029]/u.test(fingerprint) ||
    fingerprint !== fingerprint.trim() ||
    fingerprint.startsWith('#')
  )
    return 'Its name cannot be written in .gitleaksignore.';
  return null;
}
