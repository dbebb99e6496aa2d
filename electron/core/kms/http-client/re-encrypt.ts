import type { ReEncryptCommandInput } from '@aws-sdk/client-kms';
import type { DryRunOutput, ReEncryptOutput, Sending } from '../types.ts';
import type { KmsHttpClient } from './http-client.ts';
import { KmsRefusal, type Metadata, metadataOf } from './refusal.ts';

/**
 * `ReEncrypt`. Of the answer only the members named here are taken. Throws as {@link KmsHttpClient.send} does, and
 * `IncompleteReply` where blob or key is missing, or longer than any of KMS, or the blob is no base64: half a blob is none.
 */
export async function reEncryptOver(
  wire: KmsHttpClient,
  input: ReEncryptCommandInput,
  sending?: Sending,
): Promise<ReEncryptOutput> {
  const { body, requestId } = await wire.send('ReEncrypt', jsonOf(input), sending);
  const { CiphertextBlob: blob, KeyId: keyId } = body;
  if (typeof blob !== 'string' || !isBase64(blob) || text(keyId) === null || keyId === '')
    throw new IncompleteReply(requestId);
  return {
    blob: new Uint8Array(Buffer.from(blob, 'base64')),
    sourceKeyArn: text(body.SourceKeyId),
    destinationKeyArn: String(keyId),
    sourceAlgorithm: text(body.SourceEncryptionAlgorithm),
    destinationAlgorithm: text(body.DestinationEncryptionAlgorithm),
    sourceKeyMaterialId: text(body.SourceKeyMaterialId),
    destinationKeyMaterialId: text(body.DestinationKeyMaterialId),
    requestId,
  };
}

/** The same with `DryRun`, which KMS answers with an error when it would have succeeded. Throws as {@link KmsHttpClient.send} does. */
export async function dryRunOver(
  wire: KmsHttpClient,
  input: ReEncryptCommandInput,
  sending?: Sending,
): Promise<DryRunOutput> {
  try {
    const { requestId } = await wire.send('ReEncrypt', jsonOf({ ...input, DryRun: true }), sending);
    return { outcome: 'ignored', requestId };
  } catch (error) {
    if (!(error instanceof KmsRefusal) || error.name !== 'DryRunOperationException') throw error;
    return { outcome: 'would-succeed', requestId: error.$metadata.requestId ?? null };
  }
}

/** The members as the protocol writes them: blobs in base64, the rest as it stands. */
function jsonOf({ CiphertextBlob: blob, ...input }: ReEncryptCommandInput): object {
  return {
    ...(blob === undefined ? {} : { CiphertextBlob: Buffer.from(blob).toString('base64') }),
    ...input,
  };
}

/** With its padding, and not empty: Node's decoder would pass over what is missing. */
const isBase64 = (value: string): boolean => value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value);

class IncompleteReply extends Error {
  override name = 'IncompleteReply';
  readonly $metadata: Metadata;
  constructor(requestId: string | null) {
    super('The endpoint answered ReEncrypt without CiphertextBlob or KeyId.');
    this.$metadata = metadataOf(200, requestId);
  }
}

/** Longest name of a key that the API knows, characters (`KeyId`); other members are shorter. */
const MAX_TEXT = 2048;

const text = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= MAX_TEXT ? value : null;
