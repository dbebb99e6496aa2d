import { changedContext, sentContext } from '#shared/kms/contexts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { ContextChoice, RunRequest } from '#shared/model/run.ts';

interface Contexts {
  readonly source: EncryptionContext | null;
  readonly destination: EncryptionContext | null;
}

/**
 * The encryption contexts to send for one blob; null where none is sent. A side gets none where its algorithm takes none.
 * "The same as the source" is what is really sent on the source side, but for the pairs (`keyPairs`) that have the
 * key itself as their value: these name the destination key. Source choices 'same' and 'changed' are refused before a run.
 */
export function resolveContexts(
  request: Pick<RunRequest, 'source' | 'destination'>,
  declared: EncryptionContext | null,
  keyPairs: readonly string[] = [],
  destinationArn: string | null = null,
): Contexts {
  const { source, destination } = request;
  const from = sentContext(source.algorithm, chosen(source.context, declared, null));
  const kept = destination.context.mode === 'given' ? from : renamed(from, keyPairs, destinationArn);
  return {
    source: from,
    destination: sentContext(
      destination.algorithm,
      chosen(destination.context, renamed(declared, keyPairs, destinationArn), kept),
    ),
  };
}

/** The context with the key's own ARN in its place in the pairs that name the key. */
function renamed(
  context: EncryptionContext | null,
  keyPairs: readonly string[],
  keyArn: string | null,
): EncryptionContext | null {
  if (context === null || keyArn === null) return context;
  return Object.fromEntries(
    Object.entries(context).map(([key, value]) => [key, keyPairs.includes(key) ? keyArn : value]),
  );
}

function chosen(
  choice: ContextChoice,
  declared: EncryptionContext | null,
  same: EncryptionContext | null,
): EncryptionContext | null {
  if (choice.mode === 'given') return choice.context;
  if (choice.mode === 'changed') return changedContext(same, choice);
  return choice.mode === 'declared' ? declared : same;
}
