import { explainOwn, faultOf, stopsRun } from '#shared/kms/errors.ts';
import { sameContext } from '#shared/model/context.ts';
import { type Fault, FaultError } from '#shared/model/fault.ts';
import { identify } from '../../inspect/index.ts';
import type { FoundBlob, NewBlob } from '../../intake/index.ts';
import type { KmsRequests, ReEncryptInput, ReEncryptOutput, Sending } from '../../kms/index.ts';
import { sha256 } from '../../storage/hash.ts';
import type { PendingBlob } from '../journal/rows.ts';
import { Halted } from '../scheduler/request-scheduler.ts';
import { resolveContexts } from './checks/contexts.ts';
import { changesMaterialAlone, shownCurrent } from './checks/destination-key.ts';
import { tryToOpen, verification, verifyNotPermitted } from './checks/permissions.ts';
import { checkReply, repeatedReply } from './checks/reply-checks.ts';
import { explained, type RunContext, send, sentOf } from './run-context.ts';

/** How far one blob came. Only a 'ready' one can go into a new file. */
export type BlobOutcome =
  | { readonly kind: 'ready'; readonly next: NewBlob }
  | { readonly kind: 'would-succeed' }
  | { readonly kind: 'failed'; readonly fault: Fault }
  /** KMS has shown that it is as asked: it does not hold its file back. */
  | { readonly kind: 'already'; readonly fault: Fault }
  /** Never eligible: it does not hold its file back. */
  | { readonly kind: 'unfit'; readonly fault: Fault }
  /** The run stopped before it. */
  | { readonly kind: 'halted'; readonly fault: Fault };

const IGNORED = {
  reencrypt:
    'This endpoint ignores DryRun: it really re-encrypted. The result was dropped and nothing on this machine changed, but the endpoint did the work and may have logged it.',
  'decrypt-encrypt':
    'This endpoint ignores DryRun: it really decrypted or encrypted. The plaintext stayed in the child process, which dropped it; nothing on this machine changed.',
} as const;

/** A new blob of which KMS has not shown yet that it opens. `prove` asks; it never rejects. */
interface Unproved {
  readonly kind: 'unproved';
  readonly prove: () => Promise<BlobOutcome>;
}

/**
 * Re-encrypts (or dry-runs) one blob and verifies the result. Never throws; touches no file. `prior`: its new blob of an
 * earlier part of this run. While KMS is asked whether the new blob opens, the next one is re-encrypted.
 */
export async function rotateBlob(
  context: RunContext,
  item: number,
  found: FoundBlob,
  prior: PendingBlob | null,
): Promise<BlobOutcome> {
  const work = async (): Promise<BlobOutcome> => {
    const outcome = await context.slots.run(() => {
      context.ahead.begun();
      return attempted(context, item, found, prior);
    });
    return outcome.kind === 'unproved' ? outcome.prove() : outcome;
  };
  return context.underWay === null ? work() : context.underWay.run(work);
}

async function attempted(
  context: RunContext,
  item: number,
  found: FoundBlob,
  prior: PendingBlob | null,
): Promise<BlobOutcome | Unproved> {
  const halted = context.halted();
  if (halted !== null) return { kind: 'halted', fault: halted };
  const { kind, reencryptable } = found.identification;
  const ofEmulator = kind === 'emulator' && context.input.request.emulatorBlobs === true;
  if (!reencryptable && !ofEmulator) return { kind: 'unfit', fault: notReencryptable(found) };
  if (found.notPutBack !== undefined && !context.input.request.dryRun)
    return { kind: 'unfit', fault: explainOwn('NotPutBack', { detail: found.notPutBack }) };
  try {
    const refused = found.refuses?.(context.input.request.destination.algorithm) ?? null;
    if (refused !== null) return { kind: 'failed', fault: refused };
    const tooLong = await context.destination.refuses(
      found.identification.plaintextBytes,
      context.input.request.destination.algorithm,
    );
    if (tooLong !== null) return { kind: 'failed', fault: tooLong };
    const input = await inputFor(context, found);
    const there = await alreadyThere(context, found, input);
    if (there !== null) return { kind: 'already', fault: there };
    if (context.input.request.dryRun) return await tryOut(context, item, found, input);
    return await reEncrypt(context, item, found, input, prior);
  } catch (error) {
    return thrown(context, item, error);
  }
}

function thrown(context: RunContext, item: number, error: unknown): BlobOutcome {
  return error instanceof Halted
    ? { kind: 'halted', fault: context.halted() ?? explainOwn('Cancelled') }
    : failed(context, item, faultOf(error));
}

/** Whether KMS has shown that the blob is as asked already: nothing of it would change. */
async function alreadyThere(
  context: RunContext,
  found: FoundBlob,
  input: ReEncryptInput,
): Promise<Fault | null> {
  const { request, namedMaterials } = context.input;
  const fingerprint = found.identification.keyFingerprint;
  if (namedMaterials === undefined || fingerprint === null || !changesMaterialAlone(request)) return null;
  // A pair that names the key itself may change where the key does not.
  if (!sameContext(input.sourceContext, input.destinationContext)) return null;
  const named = namedMaterials(fingerprint);
  const shown = named.length === 0 ? null : shownCurrent(named, await context.destination.current());
  return shown === null
    ? null
    : explainOwn('AlreadyThere', {
        detail: `Its key material is ${shown.keyMaterialId}, the current one of ${shown.keyArn}, confirmed by KMS (${shown.evidence}).`,
      });
}

function notReencryptable(found: FoundBlob): Fault {
  const { reason, label } = found.identification;
  return explainOwn('NotReencryptable', {
    message: `KMS cannot re-encrypt this: ${label}.`,
    ...(reason === null ? {} : { detail: reason }),
  });
}

async function inputFor(context: RunContext, found: FoundBlob): Promise<ReEncryptInput> {
  const { request } = context.input;
  const keyPairs = request.destination.context.mode === 'given' ? [] : (found.contextKeyPairs ?? []);
  const arn = keyPairs.length === 0 ? null : await context.destination.arn();
  if (keyPairs.length > 0 && arn === null) throw new FaultError(explainOwn('DestinationArnUnknown'));
  const contexts = resolveContexts(request, found.declared.encryptionContext, keyPairs, arn);
  return {
    blob: found.bytes,
    sourceKeyId: request.source.keyId,
    sourceAlgorithm: request.source.algorithm,
    sourceContext: contexts.source,
    destinationKeyId: request.destination.keyId,
    destinationAlgorithm: request.destination.algorithm,
    destinationContext: contexts.destination,
    grantTokens: request.grantTokens,
  };
}

async function tryOut(
  context: RunContext,
  item: number,
  found: FoundBlob,
  input: ReEncryptInput,
): Promise<BlobOutcome> {
  const { verify, method } = context.input.request;
  try {
    const out = await send(context, item, (kms, sending) => kms.dryRun(input, sending), sentOf(input));
    context.tracker.note(item, { requestId: out.requestId });
    const { refused, note } = verify ? await context.rights.ask(input) : { refused: null, note: null };
    if (refused !== null) return failed(context, item, refused);
    context.tracker.note(item, {
      notes: [...(out.outcome === 'ignored' ? [IGNORED[method]] : []), ...(note === null ? [] : [note])],
    });
    if (found.notPutBack !== undefined)
      return {
        kind: 'unfit',
        fault: explainOwn('NotPutBack', {
          detail: `KMS would re-encrypt it, yet a run leaves it as it is. ${found.notPutBack}`,
        }),
      };
    return { kind: 'would-succeed' };
  } catch (error) {
    if (error instanceof Halted) throw error;
    return failed(context, item, explained(context, error, input, found));
  }
}

async function reEncrypt(
  context: RunContext,
  item: number,
  found: FoundBlob,
  input: ReEncryptInput,
  prior: PendingBlob | null,
): Promise<BlobOutcome | Unproved> {
  if (prior?.facts != null) context.tracker.note(item, prior.facts);
  const next = prior?.next ?? (await ask(context, item, found, input));
  if ('kind' in next) return next;
  const facts = {
    sha256After: sha256(next.bytes),
    fingerprintAfter: identify(next.bytes).keyFingerprint,
  };
  if (prior === null && context.replies.firstOf(facts.sha256After, item) !== item)
    return failed(context, item, repeatedReply());
  const contradiction = await context.newBlobs.check(
    found.identification.keyFingerprint,
    facts.fingerprintAfter,
    next,
  );
  if (contradiction !== null) return failed(context, item, contradiction);
  context.tracker.note(item, { ...facts, state: 'reencrypted' });
  context.keepBlob(item, next, prior?.verified ?? false);
  if (!context.input.request.verify || prior?.verified === true) return { kind: 'ready', next };
  return { kind: 'unproved', prove: () => proved(context, item, next, input) };
}

async function proved(
  context: RunContext,
  item: number,
  next: NewBlob,
  input: ReEncryptInput,
): Promise<BlobOutcome> {
  try {
    const refused = await verify(context, item, next.bytes, next.keyArn, input);
    if (refused !== null) return failed(context, item, refused);
    context.tracker.note(item, { state: 'verified' });
    context.keepBlob(item, next, true);
    return { kind: 'ready', next };
  } catch (error) {
    return thrown(context, item, error);
  }
}

/** Gets the new blob from KMS, and notes what KMS said of it. */
async function ask(
  context: RunContext,
  item: number,
  found: FoundBlob,
  input: ReEncryptInput,
): Promise<NewBlob | BlobOutcome> {
  let out: ReEncryptOutput;
  const decrypts: string[] = [];
  // Noted at once: a run that stops before the next attempt has the request, and so has CloudTrail.
  const decrypted = (id: string): void => {
    decrypts.push(id);
    context.tracker.note(item, { decryptRequestId: decrypts.join(' ') });
  };
  const move = (kms: KmsRequests, sending: Sending) => kms.reEncrypt(input, { ...sending, decrypted });
  try {
    out = await send(context, item, move, sentOf(input));
  } catch (error) {
    if (error instanceof Halted) throw error;
    return failed(context, item, explained(context, error, input, found));
  }
  context.tracker.note(item, {
    sourceKeyArn: out.sourceKeyArn,
    destinationKeyArn: out.destinationKeyArn,
    sourceKeyMaterialId: out.sourceKeyMaterialId,
    destinationKeyMaterialId: out.destinationKeyMaterialId,
    requestId: out.requestId,
    decryptRequestId:
      [...decrypts, ...(out.decryptRequestId ? [out.decryptRequestId] : [])].join(' ') || null,
  });
  const unexpected = checkReply(out, input);
  if (unexpected !== null) return failed(context, item, unexpected);
  context.destination.replied(out.destinationKeyMaterialId);
  return {
    bytes: out.blob,
    keyArn: out.destinationKeyArn,
    sourceKeyArn: out.sourceKeyArn,
    algorithm: out.destinationAlgorithm ?? input.destinationAlgorithm,
    sourceAlgorithm: out.sourceAlgorithm ?? input.sourceAlgorithm,
    keyMaterialId: out.destinationKeyMaterialId,
    sourceKeyMaterialId: out.sourceKeyMaterialId,
    context: input.destinationContext,
    at: `${new Date().toISOString().slice(0, 19)}Z`,
  };
}

/**
 * Proves that the new blob opens under the destination key, algorithm and context: a DryRun of ReEncrypt from it,
 * with the key pinned, to the same destination. Null when proved.
 */
async function verify(
  context: RunContext,
  item: number,
  blob: Uint8Array,
  keyArn: string,
  input: ReEncryptInput,
): Promise<Fault | null> {
  const back = verification(blob, keyArn, input);
  try {
    const { outcome } = await send(context, item, (kms, sending) => tryToOpen(kms, back, sending), null);
    if (outcome === 'ignored')
      context.tracker.note(item, {
        notes: ['Verified by really opening it: this endpoint ignores DryRun. That result was dropped.'],
      });
    return null;
  } catch (error) {
    if (error instanceof Halted) throw error;
    const fault = explained(context, error, back, null);
    if (fault.code === 'AccessDeniedException')
      return verifyNotPermitted(context.input.request.method, fault);
    if (stopsRun(fault) || fault.retryable) return fault;
    return {
      ...explainOwn('VerifyFailed', { detail: `${fault.message} ${fault.detail}`.trim() }),
      raw: fault.raw,
    };
  }
}

function failed(context: RunContext, item: number, fault: Fault): BlobOutcome {
  if (stopsRun(fault)) {
    // A run that was cancelled or put off meanwhile does not fail of what it sent to bring begun work to its end.
    const halted = context.halted();
    if (halted?.code === 'Cancelled') return { kind: 'halted', fault: halted };
    context.stop(fault);
  }
  // The id of the ReEncrypt itself stands, when it is its verification that failed.
  const requestId = context.tracker.get(item)?.requestId ?? fault.raw?.requestId ?? null;
  context.tracker.note(item, { requestId });
  return { kind: 'failed', fault };
}
