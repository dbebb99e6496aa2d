import type { Facet } from '#shared/model/audit.ts';
import { countAudit } from './count.ts';
import { facetRows } from './facets.ts';
import { finishFindings, type Silenced, severities } from './finish.ts';
import { memberOf } from './list/columns.ts';
import type { Audit, Counted, CountInput, FoundFinding } from './model.ts';

/** What was counted, less what is suppressed. */
export function finishAudit(counted: Counted, silenced: Silenced): Audit {
  const { input, subjects, facets, unjudged, totals, keys, weighed, practice } = counted;
  const findings = finishFindings(counted, silenced);
  const open = findings.filter((finding) => finding.suppressed === null);
  return {
    input,
    subjects,
    findings,
    summary: {
      revision: input.revision,
      totals,
      facets,
      ...severities(input, findings),
      violations: input.rules === null ? null : open.filter((f) => f.violation).length,
      unjudged,
      keys,
      weighed,
      practice,
      caller: input.caller?.arn ?? null,
    },
  };
}

export const makeAudit = (input: CountInput, silenced: Silenced = new Map()): Audit =>
  finishAudit(countAudit(input), silenced);

/** Rows behind a bar, in the order of the list. */
export function facetMembers({ input, subjects }: Audit, facet: Facet, value: string): ArrayLike<number> {
  return facetRows(input.snapshot.columns, subjects, input.now, facet, value);
}

/** What a suppression of this finding holds for: its present places, or every blob where it is about a key. */
export function suppressionMembers({ input }: Audit, finding: FoundFinding): string[] | null {
  if (finding.keyArn !== null) return null;
  const { columns } = input.snapshot;
  return [
    ...Array.from(finding.indexes, (index) => columns.member(index)),
    ...finding.bare.map((file) => memberOf(file, '')),
  ];
}
