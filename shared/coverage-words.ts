import { count, plural } from './format.ts';
import type { Coverage } from './model/coverage.ts';

/** What was looked at, and what was not, as sentences: the same on screen, in a shell and in reports. */
export function coverageWords({ reading, files, pasted, skipped, removed }: Coverage): string[] {
  const { read, withBlobs, withFindings, withoutCiphertext, records, archives, inArchives } = files;
  return [
    ...(reading ? ['Reading goes on: every figure is of what was read so far.'] : []),
    [
      `${plural(read, 'file')} read: ${count(withBlobs)} with blobs`,
      ...(withFindings > 0 ? [`${count(withFindings)} without blobs but with findings`] : []),
      `${count(withoutCiphertext)} without ciphertext that Rewrap knows`,
      ...(records > 0 ? [`${plural(records, 'record')} that Rewrap wrote beside blobs`] : []),
    ]
      .join(', ')
      .concat('.'),
    ...(archives > 0
      ? [
          `${plural(archives, 'archive')} opened: ${plural(inArchives, 'file')} of those read ${inArchives === 1 ? 'stands' : 'stand'} in ${archives === 1 ? 'it' : 'them'}.`,
        ]
      : []),
    ...(pasted > 0 ? [`${plural(pasted, 'text')} pasted.`] : []),
    ...(skipped.length === 0 ? ['Nothing was skipped.'] : skipped.map(skippedWords)),
    ...(removed > 0 ? [`${plural(removed, 'file')} taken out of the list after reading.`] : []),
  ];
}

/** `14 not read: Symbolic links, not followed.` */
const skippedWords = ({ what, count: n }: Coverage['skipped'][number]): string =>
  `${count(n)} not read: ${what.charAt(0).toLowerCase()}${what.slice(1)}.`;
