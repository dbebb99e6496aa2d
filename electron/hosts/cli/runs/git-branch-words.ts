import { count, plural } from '#shared/format.ts';
import type { GitRepository, Snapshot } from '../../../core/git-branch/index.ts';
import { safe } from '../output/text.ts';
import type { EndedRun } from './reencrypt.ts';

/** What the text of a commit and of a pull request is made of. */
export interface BranchWords {
  readonly repository: GitRepository;
  readonly snapshot: Snapshot;
  readonly run: EndedRun;
  readonly to: string;
  readonly verify: boolean;
}

/** Files that are named one by one. */
const NAMED = 50;

/** The message of a commit: what it does, to which files. `folder`: "" for files at the top. */
export function commitText(words: BranchWords, folder: string, paths: readonly string[]): string {
  const { run, to } = words;
  const within = new Set(paths);
  const moved = run.moved.filter(({ path }) => within.has(path));
  const where = folder === '' ? 'at the top' : `in ${flat(folder)}`;
  return [
    `Re-encrypt ${plural(moved.length, 'KMS blob')} ${where}`,
    '',
    `To ${flat(to)}.`,
    ...plan(words, moved),
    '',
    ...listed(paths.map((path) => `${flat(path)}${countOf(moved, path)}`)),
    '',
    ...coverage(words),
    '',
  ].join('\n');
}

/** The text of a pull request, in Markdown: for `gh pr create --body-file`. */
export function bodyText(
  words: BranchWords,
  commits: readonly { readonly folder: string; readonly id: string; readonly paths: readonly string[] }[],
): string {
  const { run, to } = words;
  return [
    `Re-encrypts ${plural(run.moved.length, 'KMS blob')} to ${code(to)}.`,
    '',
    '## Plan',
    '',
    ...plan(words, run.moved).map((line) => `- ${markdown(line)}`),
    '',
    '## Commits',
    '',
    '| Folder | Commit | Files | Blobs |',
    '|---|---|---|---|',
    ...commits.map(({ folder, id, paths }) => {
      const within = new Set(paths);
      const blobs = run.moved.filter(({ path }) => within.has(path)).length;
      return `| ${folder === '' ? 'at the top' : code(folder)} | ${id.slice(0, 12)} | ${count(paths.length)} | ${count(blobs)} |`;
    }),
    '',
    ...listed(
      commits.flatMap(({ paths }) => paths.map((path) => `- ${code(path)}${countOf(run.moved, path)}`)),
    ),
    '',
    '## Coverage',
    '',
    ...coverage(words).map((line) => `- ${markdown(line)}`),
    '',
  ].join('\n');
}

function plan({ run, verify }: BranchWords, moved: EndedRun['moved']): string[] {
  const sources = [...Map.groupBy(moved, ({ source }) => source ?? 'a key that KMS did not name')];
  const destinations = [...new Set(moved.flatMap(({ destination }) => destination ?? []))];
  return [
    ...sources.map(([source, of]) => `From ${flat(source)}: ${plural(of.length, 'blob')}.`),
    ...destinations.map((arn) => `Under ${flat(arn)} now.`),
    run.method === 'reencrypt'
      ? 'Re-encrypted inside KMS: no plaintext left it.'
      : 'Decrypted on one connection and encrypted on another, on the machine that made this branch.',
    verify
      ? 'KMS has confirmed by a dry run that each new blob opens under the new key.'
      : 'Not verified: KMS was not asked whether the new blobs open.',
    `Run ${run.runId} of Rewrap; its history has the request id of each blob.`,
  ];
}

function coverage({ repository, snapshot, run }: BranchWords): string[] {
  const { head, below } = repository;
  const where = below.includes('') ? 'the whole repository' : below.map(flat).join(', ');
  const kept = run.blobs - run.moved.length;
  return [
    `Read: ${plural(snapshot.files.length, 'file')} of commit ${head.slice(0, 12)} (${where}), with ${plural(run.blobs, 'blob')}.`,
    ...(kept > 0 ? [`Left as they were: ${plural(kept, 'blob')}, under the key as asked already.`] : []),
    ...reasons(snapshot.left),
    ...reasons(run.unread),
    'Not read: files that git ignores, other branches, and history, which keeps the old blobs: the old key still opens them.',
  ];
}

/** A line for each reason, with the files that have it. */
function reasons(left: readonly { readonly path: string; readonly why: string }[]): string[] {
  return [...Map.groupBy(left, ({ why }) => why)].map(([why, of]) => {
    const named = of.slice(0, 5).map(({ path }) => flat(path));
    const more = of.length > named.length ? `, and ${count(of.length - named.length)} more` : '';
    return `Not read: ${named.join(', ')}${more}. ${flat(why)}`;
  });
}

function countOf(moved: EndedRun['moved'], path: string): string {
  const blobs = moved.filter((one) => one.path === path).length;
  return blobs === 0 ? '' : `: ${plural(blobs, 'blob')}`;
}

const listed = (lines: readonly string[]): string[] =>
  lines.length > NAMED
    ? [...lines.slice(0, NAMED), `and ${plural(lines.length - NAMED, 'more file')}`]
    : [...lines];

/** One line of text without anything that acts on a terminal. */
const flat = (text: string): string => safe(text).replaceAll(/\s+/g, ' ');

/** A code span of Markdown, whatever the text holds. */
function code(text: string): string {
  const fence = '`'.repeat(Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  return `${fence} ${flat(text).replaceAll('|', '\\|')} ${fence}`;
}

/** Text in which Markdown and HTML mean nothing: a file name can hold both, and mention people. */
const markdown = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>#|!~@&]/g, (char) => `&#${char.charCodeAt(0)};`);
