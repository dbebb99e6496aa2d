import { coverageWords } from '#shared/audit-words.ts';
import type { FindingCode } from '#shared/findings.ts';
import { count, plural } from '#shared/format.ts';
import type { AuditSummary } from '#shared/model/audit.ts';
import type { Coverage, SkippedCode } from '#shared/model/coverage.ts';
import { isInHistory } from '../deletion/deletion-gate.ts';
import type { FoundFinding } from '../model.ts';
import type { Asked, Block, ReportSection } from './report.ts';

/** Room for those who answer for the report. */
export const signSection = (): ReportSection => ({
  heading: 'Sign-off',
  blocks: [
    {
      type: 'sign',
      lines: ['Prepared by', 'Date', 'Reviewed by', 'Date', 'Remarks'],
    },
  ],
});

/** Files of one reason that a report on paper names; JSON names more. */
const NAMED = 50;

/** How the answers were come by. */
const METHOD = [
  'Every file below the paths was opened and its bytes read; ciphertext was recognised by its structure, its encoding and the format of the file around it. Nothing was decrypted.',
  'A key is confirmed where KMS named it, declared where the file around the blob names it, and inferred where another blob with the same key material does.',
  'Declared dates without a time zone are read as UTC. Dates, keys and contexts that files declare are what people and tools wrote: no proof.',
] as const;

/** Of what the report speaks: what was asked for, read, and not read. */
export function scopeSection(
  paths: readonly string[],
  coverage: Coverage,
  { materials, materialsNamed }: Pick<AuditSummary['totals'], 'materials' | 'materialsNamed'>,
): ReportSection {
  return {
    heading: 'Scope',
    blocks: [
      {
        type: 'facts',
        facts: [
          ...(paths.length > 0 ? paths : coverage.roots).map((path) => ['Path', path] as const),
          ...coverageWords(coverage).map((words) => ['Files', words] as const),
          [
            'Key groups',
            `${plural(materials, 'key material')}: ${count(materialsNamed)} of a key that is known by name, ${count(materials - materialsNamed)} not`,
          ],
          ...METHOD.map((words) => ['Method', words] as const),
        ],
      },
      ...coverage.skipped.map(
        ({ what, count: all, examples }): Block => ({
          type: 'table',
          title: `${what}: ${count(all)}`,
          head: ['Not read'],
          rows: [
            ...examples.slice(0, NAMED).map((file) => [file]),
            ...(all > Math.min(NAMED, examples.length)
              ? [[`and ${count(all - Math.min(NAMED, examples.length))} more`]]
              : []),
          ],
        }),
      ),
    ],
  };
}

/** What was not read, each kind in its unit. Null: nothing is missed by it, or another sentence says it. */
const NOT_READ: Record<SkippedCode, ((n: number) => string) | null> = {
  symlink: (n) => `What ${plural(n, 'link')} ${n === 1 ? 'leads' : 'lead'} to: not followed`,
  // What it leads to was read, or is a reason of its own.
  'link-inside': null,
  special: (n) => plural(n, 'pipe, socket or device', 'pipes, sockets and devices'),
  unreadable: (n) => `${plural(n, 'file or folder', 'files and folders')} that could not be read`,
  missing: (n) =>
    `${plural(n, 'file or folder', 'files and folders')} not there, or gone before Rewrap read ${n === 1 ? 'it' : 'them'}`,
  'too-large': (n) => `${plural(n, 'file')} larger than Rewrap reads`,
  'too-deep': (n) => `${plural(n, 'path')} too deep to read`,
  leftover: (n) => `${plural(n, 'temporary file')} of interrupted writes of Rewrap`,
  backup: (n) => `${plural(n, 'backup')} that Rewrap made`,
  git: () => 'Data of Git repositories in archives, where there are any',
  'lfs-pointer': (n) => `The content of ${plural(n, 'file')} of Git LFS, which is not here`,
  'archive-limit': (n) =>
    `${plural(n, 'archive or file in one', 'archives or files in them')} beyond a limit`,
  'archive-damaged': (n) =>
    `${plural(n, 'archive or file in one', 'archives or files in them')} damaged or cut off`,
  'archive-closed': (n) =>
    `${plural(n, 'archive or file in one', 'archives or files in them')} that Rewrap does not open`,
};

/** What was not read of files that were opened, by the finding that names them. */
const READ_IN_PART: Partial<Record<FindingCode, string>> = {
  'reader-failed': 'What Rewrap failed to read in files that it opened',
  'nested-not-read': 'Texts inside texts of files, where not all of them were read',
  'too-many-blobs': 'Blobs beyond the most that Rewrap lists of one file',
  'database-not-read': 'Values that are split in SQLite databases that could not be read by their tables',
  'database-log-beside': 'Changes in journals and logs beside SQLite databases that could not be read',
  'database-remains': 'Blobs in parts of SQLite databases that no row uses',
};

/** What of the paths was not read, as sentences. */
function notReadWords(
  { reading, skipped, removed }: Coverage,
  gitHistory: Asked['gitHistory'],
  findings: readonly Pick<FoundFinding, 'code'>[],
): string[] {
  const codes = new Set(findings.map(({ code }) => code));
  return [
    ...(reading ? ['Files that were still to be read when the report was made.'] : []),
    ...skipped.flatMap((one) => {
      // Where history was not read, a sentence of its own says so.
      if (one.code === 'git' && (gitHistory == null || isInHistory(one))) return [];
      const words = NOT_READ[one.code];
      return words === null ? [] : [`${words(one.count)}; Scope names what.`];
    }),
    ...(removed > 0
      ? [`${plural(removed, 'file')} that ${removed === 1 ? 'was' : 'were'} taken out of the list.`]
      : []),
    ...Object.entries(READ_IN_PART).flatMap(([code, words]) =>
      codes.has(code as FindingCode) ? [`${words}; the audit names the files.`] : [],
    ),
  ];
}

/** What a reader may take the report to answer, and it does not. `caller`: as whom KMS was asked; null: it was not. */
export function limitsSection(
  { coverage, gaps, notAsked, gitHistory = null }: Asked,
  findings: readonly Pick<FoundFinding, 'code'>[],
  caller: string | null,
): ReportSection {
  const items = [
    'Ciphertext anywhere but in the paths above: in other repositories, databases, backups and running systems.',
    ...notReadWords(coverage, gitHistory, findings),
    ...(gitHistory === null
      ? ['Git history: what commits, branches and tags hold beyond the files as they are now.']
      : []),
    ...(caller === null
      ? ['What only KMS can say: state, rotation, last use, policies and grants of the keys.']
      : gaps.length > 0 || notAsked.keys > 0 || notAsked.elsewhere.length > 0
        ? ['Keys that KMS was not asked about or did not answer for; the report names them.']
        : []),
    'Who may use a key by IAM policies, permission boundaries, service and resource control policies, session policies and VPC endpoint policies.',
    'What the plaintext is, and whether a blob opens: nothing was decrypted.',
  ];
  return { heading: 'What this does not cover', blocks: [{ type: 'list', items }] };
}
