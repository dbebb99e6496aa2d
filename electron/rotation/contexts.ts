import { type EncryptionAlgorithm, takesEncryptionContext } from '#shared/kms/facts.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import type { ContextChoice, RunRequest } from '#shared/model/run.ts';

export interface Contexts {
  readonly source: EncryptionContext | null;
  readonly destination: EncryptionContext | null;
}

/**
 * The encryption contexts to send for one blob; null where none is sent. A side whose algorithm takes none gets none.
 * "The same as the source" is what is really sent on the source side. Source choice 'same' is refused before a run.
 */
export function resolveContexts(
  request: Pick<RunRequest, 'source' | 'destination'>,
  declared: EncryptionContext | null,
): Contexts {
  const { source, destination } = request;
  const from = takeable(source.algorithm, chosen(source.context, declared, null));
  return {
    source: from,
    destination: takeable(destination.algorithm, chosen(destination.context, declared, from)),
  };
}

function chosen(
  choice: ContextChoice,
  declared: EncryptionContext | null,
  same: EncryptionContext | null,
): EncryptionContext | null {
  if (choice.mode === 'given') return choice.context;
  return choice.mode === 'declared' ? declared : same;
}

function takeable(
  algorithm: EncryptionAlgorithm,
  context: EncryptionContext | null,
): EncryptionContext | null {
  return takesEncryptionContext(algorithm) && context !== null && Object.keys(context).length > 0
    ? context
    : null;
}
