import { explainOwn, stopsRun } from '#shared/kms/errors.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { PermissionCheck, PermissionChecks } from '#shared/model/preflight.ts';
import type { RunRequest } from '#shared/model/run.ts';
import type { FoundBlob } from '../intake/index.ts';
import type { Kms } from '../kms/index.ts';
import { type Contexts, resolveContexts } from './contexts.ts';
import { Destination } from './destination.ts';
import { faultOf } from './faults.ts';

/** Most requests of one check: it is meant to be quick, and a preflight asks about every blob. */
const MOST = 40;
/** Requests at a time. */
const AT_ONCE = 4;

/** Codes that speak of the request or the endpoint and not of a right. */
const NO_ANSWER = new Set(['ValidationException', 'UnknownOperationException', 'UnreadableReply']);

export interface PermissionInput {
  readonly kms: Kms;
  readonly request: Pick<RunRequest, 'source' | 'destination' | 'grantTokens'>;
  readonly blobs: readonly FoundBlob[];
  /** Who named the source key of a blob, where none is pinned; null: nobody. */
  readonly sourceKeyOf: (found: FoundBlob) => SourceKey | null;
}

export interface SourceKey {
  readonly keyId: string;
  readonly by: Exclude<PermissionCheck['sourceKnownBy'], 'pinned'>;
}

interface Question extends Contexts {
  readonly keyId: string;
  readonly by: PermissionCheck['sourceKnownBy'];
  blobs: number;
}

/**
 * Asks KMS for the rights alone (`IGNORE_CIPHERTEXT`), once for each source key and pair of contexts: a policy may hang
 * on the context. Nothing is produced and no blob is sent. Throws FaultError `ContextChoiceInvalid`,
 * `DestinationArnUnknown`; what KMS refuses is an answer.
 */
export async function checkPermissions(input: PermissionInput): Promise<PermissionChecks> {
  const { kms, request } = input;
  const { mode } = request.source.context;
  if (mode === 'same' || mode === 'changed') throw new FaultError(explainOwn('ContextChoiceInvalid'));
  const { questions, withoutKey } = await questionsOf(input);
  const asked = questions.slice(0, MOST);
  const checks: PermissionCheck[] = [];
  const queue = asked.entries();
  const worker = async () => {
    for (const [at, question] of queue as Iterable<[number, Question]>)
      checks[at] = await ask(kms, request, question);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const unasked = questions.slice(MOST).reduce((sum, { blobs }) => sum + blobs, 0);
  return { checks, withoutKey, unasked };
}

async function questionsOf({ kms, request, blobs, sourceKeyOf }: PermissionInput) {
  const pinned = request.source.keyId;
  const destination = new Destination(kms, request.destination.keyId);
  const questions = new Map<string, Question>();
  let withoutKey = 0;
  for (const found of blobs) {
    const source = pinned === null ? sourceKeyOf(found) : { keyId: pinned, by: 'pinned' as const };
    if (source === null) {
      withoutKey += 1;
      continue;
    }
    const keyPairs = request.destination.context.mode === 'given' ? [] : (found.contextKeyPairs ?? []);
    const arn = keyPairs.length === 0 ? null : await destination.arn();
    if (keyPairs.length > 0 && arn === null) throw new FaultError(explainOwn('DestinationArnUnknown'));
    const contexts = resolveContexts(request, found.declared.encryptionContext, keyPairs, arn);
    const name = JSON.stringify([source.keyId, sorted(contexts.source), sorted(contexts.destination)]);
    const question = questions.get(name);
    if (question === undefined) questions.set(name, { ...source, ...contexts, blobs: 1 });
    else question.blobs += 1;
  }
  // What most blobs hang on is asked first.
  return { questions: [...questions.values()].sort((a, b) => b.blobs - a.blobs), withoutKey };
}

const sorted = (context: EncryptionContext | null): [string, string][] =>
  Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

async function ask(kms: Kms, request: PermissionInput['request'], q: Question): Promise<PermissionCheck> {
  const said = { sourceKeyId: q.keyId, sourceKnownBy: q.by, blobs: q.blobs };
  try {
    const { outcome, requestId } = await kms.mayReEncrypt({
      sourceKeyId: q.keyId,
      sourceAlgorithm: request.source.algorithm,
      sourceContext: q.source,
      destinationKeyId: request.destination.keyId,
      destinationAlgorithm: request.destination.algorithm,
      destinationContext: q.destination,
      grantTokens: request.grantTokens,
    });
    return { ...said, answer: 'allowed', ignoredDryRun: outcome === 'ignored', fault: null, requestId };
  } catch (error) {
    const fault = faultOf(error);
    const requestId = fault.raw?.requestId ?? null;
    return { ...said, answer: answerOf(fault), ignoredDryRun: false, fault, requestId };
  }
}

function answerOf(fault: Fault): 'refused' | 'cannot-tell' {
  return fault.retryable || stopsRun(fault) || NO_ANSWER.has(fault.code) ? 'cannot-tell' : 'refused';
}
