import { count, plural } from './format.ts';
import type { GitHistory, HistoryBlob } from './model/git-history.ts';

/** What was looked at in history, and what was not, as sentences: the same on screen, in a shell and in reports. */
export function historyWords({ repositories, blobs, total }: GitHistory): string[] {
  if (repositories.length === 0) return ['Git history: no repository was met.'];
  const read = repositories.filter(({ failed }) => failed === null);
  const commits = read.reduce((sum, each) => sum + each.commits, 0);
  const contents = read.reduce((sum, each) => sum + each.contents, 0);
  return [
    ...(read.length === 0
      ? []
      : [
          `Git history of ${read.length === 1 ? 'one repository' : `${count(read.length)} repositories`}: ${plural(commits, 'commit')}, ${plural(contents, 'file content')} read; ${total === 0 ? 'no blob stands in history alone' : `${plural(total, 'blob')} ${total === 1 ? 'stands' : 'stand'} in history and in no file of the list`}.`,
        ]),
    ...(blobs.length < total ? [`The first ${count(blobs.length)} of them are listed.`] : []),
    ...repositories.flatMap(({ repository, failed, notes }) => [
      ...(failed === null ? [] : [`Git history of ${repository} was not read: ${failed}`]),
      ...notes.map((note) => `${repository}: ${note}`),
    ]),
  ];
}

/** When a blob stood in history, and what reaches it. */
export function standingWords({ first, last, refs, reachedBy, heldBy }: HistoryBlob): string {
  if (first === null || last === null) return 'in no commit: an object that nothing reaches';
  const day = (at: string): string => at.slice(0, 10);
  const span =
    first.id === last.id
      ? `in commit ${first.id.slice(0, 12)} (${day(first.at)})`
      : `from commit ${first.id.slice(0, 12)} (${day(first.at)}) to ${last.id.slice(0, 12)} (${day(last.at)})`;
  const more = reachedBy - refs.length;
  const by =
    reachedBy === 0
      ? 'reached by a reflog alone'
      : `reached by ${refs.join(', ')}${more > 0 ? ` and ${plural(more, 'more ref')}` : ''}`;
  return `${span}, ${by}${heldBy > 0 ? `; ${plural(heldBy, 'ref')} of these ${heldBy === 1 ? 'has' : 'have'} it still` : ''}`;
}

/** All of it for a terminal or a text, a line each: apart from the blobs of files. */
export function historyLines(history: GitHistory): string[] {
  return [
    ...historyWords(history),
    ...history.blobs.flatMap((blob) => {
      const place = blob.place === '' ? '' : ` · ${blob.place}`;
      const material = blob.fingerprint === null ? '' : `, material ${blob.fingerprint.slice(0, 8)}`;
      return [
        `  ${blob.repository} › ${blob.file ?? `object ${blob.object}`}${place}: ${blob.label}${material}`,
        `    ${standingWords(blob)}`,
      ];
    }),
  ];
}
