import { useMemo } from 'react';
import { CONTEXT_WARN_BYTES, changeEffect, checkContext, keysOf } from '../../lib/context.ts';
import { count, plural } from '../../lib/format.ts';
import { checkChanges, ownContexts } from '../../lib/request.ts';
import type { Suggestion } from '../../lib/suggest.ts';
import { useDraft } from '../../store/draft.ts';
import { ContextEditor } from './ContextEditor.tsx';
import { RemoveKeys } from './RemoveKeys.tsx';

/** Pairs to add to, and to take out of, the context that each blob has of its own; and what comes of it. */
export function ContextChanges({ suggestions }: { readonly suggestions: readonly Suggestion[] }) {
  const { draft, patchDestination } = useDraft();
  const { destination } = draft;
  const owns = useMemo(() => ownContexts(draft), [draft]);
  const known = useMemo(() => keysOf(owns), [owns]);
  const { context, problem } = checkChanges(destination);
  const added = useMemo(() => checkContext(destination.add).context ?? {}, [destination.add]);
  const effect = useMemo(
    () => changeEffect(owns, added, destination.remove),
    [owns, added, destination.remove],
  );
  const parts = [
    effect.added > 0 ? `adds to ${plural(effect.added, 'blob')}` : null,
    effect.replaced > 0 ? `changes a value in ${plural(effect.replaced, 'blob')}` : null,
    effect.removed > 0 ? `removes from ${plural(effect.removed, 'blob')}` : null,
  ].filter((part) => part !== null);
  return (
    <>
      <ContextEditor
        label="Pairs to add"
        title="Add, or give a new value"
        pairs={destination.add}
        suggestions={suggestions}
        onChange={(add) => patchDestination({ add })}
      />
      <RemoveKeys
        keys={destination.remove}
        known={known}
        onChange={(remove) => patchDestination({ remove })}
      />
      {problem !== null && (destination.remove.length > 0 || destination.add.length > 0) && (
        <p className="context-error" role="alert">
          {problem}
        </p>
      )}
      {context !== null && (
        <p className="hint" role="status">
          {parts.length === 0
            ? 'No context that is known here changes.'
            : `${(parts[0] ?? '').replace(/^./, (c) => c.toUpperCase())}${parts
                .slice(1)
                .map((part) => `; ${part}`)
                .join('')}.`}
        </p>
      )}
      {effect.largest > CONTEXT_WARN_BYTES && (
        <p className="hint attention-text">
          The largest comes to {count(effect.largest)} bytes. Above {count(CONTEXT_WARN_BYTES)} bytes an
          external key store may refuse it.
        </p>
      )}
    </>
  );
}
