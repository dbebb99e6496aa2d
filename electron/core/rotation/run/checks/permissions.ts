import { explainOwn, faultOf, stopsRun } from '#shared/kms/errors.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import type { PermissionCheck, PermissionChecks } from '#shared/model/plan.ts';
import type { RunMethod, RunRequest } from '#shared/model/run.ts';
import type { FoundBlob } from '../../../intake/index.ts';
import type { DryRunOutput, KmsRequests, ReEncryptInput, RightsInput, Sending } from '../../../kms/index.ts';
import type { Send } from '../../scheduler/request-scheduler.ts';
import { CachedAnswer } from '../../scheduler/retry.ts';
import { resolveContexts } from './contexts.ts';
import { DestinationKey } from './destination-key.ts';

/** Most requests of one check: it is meant to be quick, and a preflight asks about every blob. */
const MOST = 40;
/** Requests at a time. */
const AT_ONCE = 4;

export interface PermissionInput {
  /** Each question goes by it. */
  readonly send: Send;
  readonly request: Pick<RunRequest, 'source' | 'destination' | 'grantTokens' | 'method' | 'verify'>;
  readonly blobs: readonly FoundBlob[];
  /** The source key of a blob where none is pinned, and who named it; null: it is not known. */
  readonly sourceKeyOf: (found: FoundBlob) => SourceKey | null;
}

export interface SourceKey {
  readonly keyId: string;
  readonly by: Exclude<PermissionCheck['sourceKnownBy'], 'pinned'>;
}

interface Question {
  readonly step: PermissionCheck['step'];
  readonly rights: RightsInput;
  readonly by: PermissionCheck['sourceKnownBy'];
  blobs: number;
}

/**
 * Asks KMS for every right that a run needs, without any ciphertext (`IGNORE_CIPHERTEXT`): to re-encrypt, once for each
 * source key and pair of contexts, since a policy may hang on the context; and where the run verifies, to open what it
 * made, once for each context of the destination. Nothing is produced and no blob is sent. Throws FaultError
 * `ContextChoiceInvalid`, `DestinationArnUnknown`; what KMS refuses is an answer.
 */
export async function checkPermissions(input: PermissionInput): Promise<PermissionChecks> {
  const { send, request } = input;
  const { mode } = request.source.context;
  if (mode === 'same' || mode === 'changed') throw new FaultError(explainOwn('ContextChoiceInvalid'));
  const { moves, verifications, ofBlobs, withoutKey } = await questionsOf(input);
  const asked = [...moves.slice(0, MOST), ...verifications.slice(0, MOST)];
  const checks: PermissionCheck[] = [];
  const queue = asked.entries();
  const worker = async () => {
    for (const [at, question] of queue as Iterable<[number, Question]>)
      checks[at] = await ask(send, request.method, question);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const answered = new Set(asked);
  const unasked = ofBlobs.filter((questions) => !questions.every((one) => answered.has(one))).length;
  return { checks, withoutKey, unasked };
}

async function questionsOf({ send, request, blobs, sourceKeyOf }: PermissionInput) {
  const pinned = request.source.keyId;
  const { keyId, algorithm, context } = request.destination;
  const destination = new DestinationKey(send, keyId);
  // As the run does, which pins the key that KMS names in its answer.
  const verified = request.verify ? await destination.named() : keyId;
  const moves = new Map<string, Question>();
  const verifications = new Map<string, Question>();
  /** The questions that each blob hangs on. */
  const ofBlobs: Question[][] = [];
  let withoutKey = 0;
  const add = (to: Map<string, Question>, name: unknown, make: () => Omit<Question, 'blobs'>): Question => {
    const key = JSON.stringify(name);
    const question = to.get(key) ?? { ...make(), blobs: 0 };
    to.set(key, question);
    question.blobs += 1;
    return question;
  };
  for (const found of blobs) {
    const keyPairs = context.mode === 'given' ? [] : (found.contextKeyPairs ?? []);
    const arn = keyPairs.length === 0 ? null : await destination.arn();
    if (keyPairs.length > 0 && arn === null) throw new FaultError(explainOwn('DestinationArnUnknown'));
    const contexts = resolveContexts(request, found.declared.encryptionContext, keyPairs, arn);
    const to = { destinationAlgorithm: algorithm, grantTokens: request.grantTokens };
    const questions: Question[] = [];
    if (request.verify)
      questions.push(
        add(verifications, sorted(contexts.destination), () => ({
          step: 'verify',
          by: null,
          rights: verificationRights(verified, to, contexts.destination),
        })),
      );
    const source = pinned === null ? sourceKeyOf(found) : { keyId: pinned, by: 'pinned' as const };
    if (source === null) {
      withoutKey += 1;
      continue;
    }
    const name = [source.keyId, sorted(contexts.source), sorted(contexts.destination)];
    const rights = {
      ...to,
      sourceKeyId: source.keyId,
      sourceAlgorithm: request.source.algorithm,
      sourceContext: contexts.source,
      destinationKeyId: keyId,
      destinationContext: contexts.destination,
    };
    questions.push(add(moves, name, () => ({ step: 'reencrypt', by: source.by, rights })));
    ofBlobs.push(questions);
  }
  // What most blobs hang on is asked first.
  const most = (questions: Map<string, Question>) =>
    [...questions.values()].sort((a, b) => b.blobs - a.blobs);
  return { moves: most(moves), verifications: most(verifications), ofBlobs, withoutKey };
}

const sorted = (context: EncryptionContext | null): [string, string][] =>
  Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

async function ask(
  send: Send,
  method: PermissionInput['request']['method'],
  { step, by, blobs, rights }: Question,
): Promise<PermissionCheck> {
  const check = { step, sourceKeyId: rights.sourceKeyId, sourceKnownBy: by, blobs };
  try {
    const { outcome, requestId } = await send((kms, sending) =>
      step === 'verify' ? mayVerify(kms, rights, sending) : kms.mayReEncrypt(rights, sending),
    );
    return { ...check, answer: 'allowed', ignoredDryRun: outcome === 'ignored', fault: null, requestId };
  } catch (error) {
    const met = faultOf(error);
    const denied = step === 'verify' && met.code === 'AccessDeniedException';
    const fault = denied ? verifyNotPermitted(method, met) : met;
    const requestId = met.raw?.requestId ?? null;
    return { ...check, answer: answerOf(met), ignoredDryRun: false, fault, requestId };
  }
}

function answerOf(fault: Fault): 'refused' | 'cannot-tell' {
  return fault.retryable || stopsRun(fault) || NO_ANSWER.has(fault.code) ? 'cannot-tell' : 'refused';
}

/** Note of a dry run where the endpoint does not say whether the verification would be permitted. */
const NOT_ASKED =
  'Whether the verification that follows a real re-encryption is permitted could not be asked: the endpoint does not answer that question without a blob.';

/** The request that proves that a new blob opens: from it, with its key pinned, to the same key, algorithm and context. */
export function verification(blob: Uint8Array, keyArn: string, input: ReEncryptInput): ReEncryptInput {
  return { blob, ...verificationRights(keyArn, input, input.destinationContext) };
}

/** The same without a blob: what must be permitted for it. */
function verificationRights(
  keyId: string,
  { destinationAlgorithm, grantTokens }: Pick<ReEncryptInput, 'destinationAlgorithm' | 'grantTokens'>,
  context: ReEncryptInput['destinationContext'],
): RightsInput {
  return {
    sourceKeyId: keyId,
    sourceAlgorithm: destinationAlgorithm,
    sourceContext: context,
    destinationKeyId: keyId,
    destinationAlgorithm,
    destinationContext: context,
    grantTokens,
  };
}

/** Sends a {@link verification}. */
export const tryToOpen = (kms: KmsRequests, input: ReEncryptInput, sending: Sending): Promise<DryRunOutput> =>
  kms.tryOpen?.(input, sending) ?? kms.dryRun(input, sending);

/** Asks for {@link verificationRights}. */
const mayVerify = (kms: KmsRequests, rights: RightsInput, sending: Sending): Promise<DryRunOutput> =>
  kms.mayOpen?.(rights, sending) ?? kms.mayReEncrypt(rights, sending);

/** `refused`: the denial, as KMS worded it. */
export function verifyNotPermitted(method: RunMethod, refused: Fault): Fault {
  const denial = {
    raw: refused.raw,
    ...(refused.policies === undefined ? {} : { policies: refused.policies }),
  };
  if (method === 'reencrypt') return { ...explainOwn('VerifyNotPermitted'), ...denial };
  return {
    ...explainOwn('VerifyNotPermitted', {
      detail: 'kms:Decrypt on the destination key is missing; the dry run that verifies needs it.',
      remedy:
        'Allow kms:Decrypt (beside kms:Encrypt) on the destination key, or switch verification off. The file was left as it is.',
    }),
    ...denial,
  };
}

interface RightsParts {
  readonly send: Send;
  readonly destination: DestinationKey;
  readonly request: Pick<RunRequest, 'destination' | 'grantTokens' | 'method'>;
}

type VerificationRight = { readonly refused: Fault | null; readonly note: string | null };

/** For a dry run: whether the verification of the real one would be permitted, asked once for each context. */
export class VerificationRights {
  readonly #parts: RightsParts;
  readonly #known = new Map<string, CachedAnswer<VerificationRight>>();

  constructor(parts: RightsParts) {
    this.#parts = parts;
  }

  /** `refused`: KMS denies it. `note`: it could not be asked. Throws as {@link Send} does. */
  ask({ destinationContext: context }: ReEncryptInput): Promise<VerificationRight> {
    const name = JSON.stringify(Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.#known.get(name) ?? new CachedAnswer(() => this.#ask(context));
    this.#known.set(name, known);
    return known.get();
  }

  async #ask(context: ReEncryptInput['destinationContext']): Promise<VerificationRight> {
    const { send, destination, request } = this.#parts;
    const key = await destination.named();
    const asked = { destinationAlgorithm: request.destination.algorithm, grantTokens: request.grantTokens };
    try {
      await send((kms, sending) => mayVerify(kms, verificationRights(key, asked, context), sending));
      return { refused: null, note: null };
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      const { fault } = error;
      if (fault.code === 'AccessDeniedException')
        return { refused: verifyNotPermitted(request.method, fault), note: null };
      if (NO_ANSWER.has(fault.code)) return { refused: null, note: NOT_ASKED };
      throw error;
    }
  }
}

/** Codes that speak of the request or the endpoint and not of a right. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'ValidationException',
  'UnknownOperationException',
  'UnreadableReply',
]);
