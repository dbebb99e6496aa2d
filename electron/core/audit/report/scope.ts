import { coverageWords } from '#shared/audit-words.ts';
import { count, plural } from '#shared/format.ts';
import type { AuditSummary } from '#shared/model/audit.ts';
import type { Coverage } from '#shared/model/coverage.ts';
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

/** What a reader may take the report to answer, and it does not. `caller`: as whom KMS was asked; null: it was not. */
export function limitsSection(
  { coverage, gaps, notAsked, gitHistory = null }: Asked,
  caller: string | null,
): ReportSection {
  const unread = coverage.skipped.reduce((sum, { count: n }) => sum + n, 0);
  const items = [
    'Ciphertext anywhere but in the paths above: in other repositories, databases, backups and running systems.',
    ...(coverage.reading ? ['Files that were still to be read when the report was made.'] : []),
    ...(unread > 0
      ? [`${plural(unread, 'file')} that could not be read or were left out; Scope names them.`]
      : []),
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
