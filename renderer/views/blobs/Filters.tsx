import { useMemo } from 'react';
import { SelectInput } from '../../components/fields.tsx';
import { type FindingFilter, type KindFilter, kindCounts } from '../../lib/arrange.ts';
import { count } from '../../lib/format.ts';
import { kindWords } from '../../lib/words.ts';
import { useArrange } from '../../store/arrange.ts';
import { useBlobs } from '../../store/blobs.ts';

const FINDINGS: { id: FindingFilter; label: string }[] = [
  { id: 'all', label: 'All' },
  { id: 'any', label: 'Any finding' },
  { id: 'warning', label: 'Warning and worse' },
  { id: 'critical', label: 'Critical' },
];

/** Words of a choice of kinds. */
const wordsOf = (kind: KindFilter): string =>
  kind === 'all' ? 'All' : kind === 'not-kms' ? 'Not made by KMS' : kindWords(kind);

/** Narrows the table to a kind of blob and to those with something to look at. */
export function Filters() {
  const rows = useBlobs((state) => state.rows);
  const { kind, finding, setKind, setFinding } = useArrange();
  const kinds = useMemo(() => {
    const present = kindCounts(rows);
    // A kind that is gone from the list stays a choice while it is the one chosen.
    const gone = kind !== 'all' && !present.some((each) => each.kind === kind);
    const all: readonly { kind: KindFilter; count: number }[] = [
      { kind: 'all', count: rows.length },
      ...present,
      ...(gone ? [{ kind, count: 0 }] : []),
    ];
    return all.map((each) => ({
      id: each.kind,
      label: wordsOf(each.kind),
      detail: count(each.count),
    }));
  }, [rows, kind]);
  return (
    <>
      <SelectInput label="Kind" inline value={kind} options={kinds} onChange={setKind} />
      <SelectInput label="Findings" inline value={finding} options={FINDINGS} onChange={setFinding} />
    </>
  );
}
