import type { RowFindings } from '#shared/model/audit.ts';
import type { Audit } from '../../core/audit/index.ts';

/** What an audit found of each blob beyond its file: made once for each audit, asked for in parts. */
export class FindingsByRow {
  #made: {
    readonly audit: Audit;
    readonly findings: RowFindings['findings'];
    readonly rows: RowFindings['rows'];
  } | null = null;

  page(audit: Audit, offset: number, limit: number): RowFindings {
    if (this.#made?.audit !== audit) this.#made = { audit, ...byRow(audit) };
    const { findings, rows } = this.#made;
    return { total: rows.length, findings, rows: rows.slice(offset, offset + limit) };
  }
}

function byRow(audit: Audit): Pick<RowFindings, 'findings' | 'rows'> {
  const { rows } = audit.input.snapshot.columns;
  const found = audit.findings.filter(({ source, suppressed }) => source !== 'files' && suppressed === null);
  const of = new Map<number, number[]>();
  found.forEach(({ indexes }, place) => {
    for (let i = 0; i < indexes.length; i += 1) {
      const index = indexes[i] ?? 0;
      const known = of.get(index);
      if (known === undefined) of.set(index, [place]);
      else known.push(place);
    }
  });
  return {
    findings: found.map(({ id, code, severity }) => ({ id, code, severity })),
    rows: Array.from(of, ([index, places]) => ({ blobId: rows[index]?.id ?? '', of: places })),
  };
}
