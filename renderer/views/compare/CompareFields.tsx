import { Check, Diff } from 'lucide-react';
import type { Field } from '#shared/model/blob.ts';
import { EQUALITY_WORDS, type Equality, type FieldPair } from '../../lib/bytes/compare.ts';

interface CompareFieldsProps {
  readonly pairs: readonly FieldPair[];
  readonly names: readonly [string, string];
  readonly differingOnly: boolean;
}

/** Fields of both blobs beside each other, matched by name; each says whether it differs. */
export function CompareFields({ pairs, names, differingOnly }: CompareFieldsProps) {
  if (pairs.length === 0) return <p className="hint">No structure is known for these bytes.</p>;
  const shown = differingOnly ? pairs.filter(({ equality }) => equality !== 'equal') : pairs;
  if (shown.length === 0) return <p className="hint">No field differs.</p>;
  return (
    <table className="data-table data-table-framed compare-table" aria-label="Fields compared">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">{names[0]}</th>
          <th scope="col">{names[1]}</th>
          <th scope="col">Compared</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ path, name, depth, first, second, equality, parent }) => (
          <tr key={path} className={equality === 'equal' ? '' : 'is-different'}>
            <th
              scope="row"
              style={{ paddingInlineStart: `calc(var(--s3) + ${depth * 0.9}rem)` }}
              title={path}
            >
              {name}
            </th>
            <td>
              <Value field={first} />
            </td>
            <td>
              <Value field={second} />
            </td>
            <td>{!parent && <EqualityMark equality={equality} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ field }: { readonly field: Field | null }) {
  if (field === null) return <span className="faint">absent</span>;
  return <code className="compare-value">{field.value}</code>;
}

function EqualityMark({ equality }: { readonly equality: Equality }) {
  const Icon = equality === 'equal' ? Check : Diff;
  return (
    <span className={equality === 'equal' ? 'status status-neutral' : 'status status-attention'}>
      <Icon className="icon" aria-hidden="true" />
      <span>{EQUALITY_WORDS[equality]}</span>
    </span>
  );
}
