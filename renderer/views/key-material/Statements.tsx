import type { LearnedKey } from '#shared/model/key-group.ts';
import { HowKnown } from '../../components/HowKnown.tsx';
import { moment, plural } from '../../lib/format.ts';
import { keyWords } from '../../lib/keys.ts';
import { useKeys } from '../../store/keys.ts';

/** Every statement about the key of this material, strongest first, each with its source. */
export function Statements({ keys: statements }: { readonly keys: readonly LearnedKey[] }) {
  const keys = useKeys((state) => state.keys);
  return (
    <ul className="statements" aria-label="Evidence">
      {statements.map((each) => (
        <li key={`${each.by} ${each.keyArn}`}>
          <span className="statement-head">
            <HowKnown by={each.by} />
            <span className="hint">{sourceOf(each)}</span>
          </span>
          <code className="statement-arn" title={keyWords(each.keyArn, keys)}>
            {each.keyArn}
          </code>
          {each.keyMaterialId !== null && (
            <span className="hint">
              Key material id <code>{each.keyMaterialId}</code>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Where a statement comes from, in words. */
function sourceOf({ by, evidence, blobs, at }: LearnedKey): string {
  if (by === 'declared') return `${evidence.replace(/^declared in /, '')} (${plural(blobs, 'blob')})`;
  return at === null ? evidence : `${evidence}, ${moment(at)}`;
}
