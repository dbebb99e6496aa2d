import { explainOwn } from '#shared/kms/errors.ts';
import type { Fault } from '#shared/model/fault.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { RunRequest, RunRoute } from '#shared/model/run.ts';
import type { DryRunOutput, Kms, ReEncryptInput, RightsInput, Sending } from '../../kms/index.ts';
import type { Send } from '../scheduler/request-scheduler.ts';
import { CachedAnswer } from '../scheduler/retry.ts';
import type { DestinationKey } from './destination-key.ts';

/** Note of a dry run where the endpoint does not say whether the verification would be permitted. */
const NOT_ASKED =
  'Whether the verification that follows a real re-encryption is permitted could not be asked: the endpoint does not answer that question without a blob.';

/** The request that proves that a new blob opens: from it, with its key pinned, to the same key, algorithm and context. */
export function verification(blob: Uint8Array, keyArn: string, input: ReEncryptInput): ReEncryptInput {
  return { blob, ...verificationRights(keyArn, input, input.destinationContext) };
}

/** The same without a blob: what must be permitted for it. */
export function verificationRights(
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
export const tryToOpen = (kms: Kms, input: ReEncryptInput, sending: Sending): Promise<DryRunOutput> =>
  kms.tryOpen?.(input, sending) ?? kms.dryRun(input, sending);

/** Asks for {@link verificationRights}. */
export const mayVerify = (kms: Kms, rights: RightsInput, sending: Sending): Promise<DryRunOutput> =>
  kms.mayOpen?.(rights, sending) ?? kms.mayReEncrypt(rights, sending);

/** `refused`: the denial, as KMS worded it. */
export function verifyNotPermitted(route: RunRoute, refused: Fault): Fault {
  const denial = {
    raw: refused.raw,
    ...(refused.policies === undefined ? {} : { policies: refused.policies }),
  };
  if (route === 'reencrypt') return { ...explainOwn('VerifyNotPermitted'), ...denial };
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
  readonly request: Pick<RunRequest, 'destination' | 'grantTokens' | 'route'>;
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
        return { refused: verifyNotPermitted(request.route, fault), note: null };
      if (NO_ANSWER.has(fault.code)) return { refused: null, note: NOT_ASKED };
      throw error;
    }
  }
}

/** Codes that speak of the request or the endpoint and not of a right. */
export const NO_ANSWER: ReadonlySet<string> = new Set([
  'ValidationException',
  'UnknownOperationException',
  'UnreadableReply',
]);
