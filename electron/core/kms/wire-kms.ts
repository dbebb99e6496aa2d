import type { KeyMetadata, ReEncryptCommandInput } from '@aws-sdk/client-kms';
import { sentContext } from '#shared/kms/contexts.ts';
import type { KmsSituation } from '#shared/kms/errors.ts';
import type { KeyInfo } from '#shared/model/key.ts';
import type { KmsHttpClient } from './http-client/http-client.ts';
import { dryRunOver, reEncryptOver } from './http-client/re-encrypt.ts';
import { keyInfo } from './key-facts.ts';
import type { DryRunOutput, ReEncryptInput, ReEncryptOutput, RightsInput, Sending } from './types.ts';

/** Does a request, and explains its error with the situation that it was sent in. */
type Explained = <T>(situation: KmsSituation | (() => KmsSituation), work: () => Promise<T>) => Promise<T>;

/** What a run sends a hundred thousand times, by the {@link KmsHttpClient}. Throws what `explained` makes of its errors. */
export class WireKms {
  readonly #client: KmsHttpClient;
  readonly #explained: Explained;

  constructor(client: KmsHttpClient, explained: Explained) {
    this.#client = client;
    this.#explained = explained;
  }

  reEncrypt(input: ReEncryptInput, sending?: Sending): Promise<ReEncryptOutput> {
    return this.#explained(
      () => situationOf(input),
      () => reEncryptOver(this.#client, requestOf(input), sending),
    );
  }

  dryRun(input: ReEncryptInput, sending?: Sending): Promise<DryRunOutput> {
    return this.#explained(
      () => situationOf(input),
      () => dryRunOver(this.#client, requestOf(input), sending),
    );
  }

  async mayReEncrypt(input: RightsInput, sending?: Sending): Promise<DryRunOutput> {
    const request: ReEncryptCommandInput = { ...requestOf(input), DryRunModifiers: [IGNORE_CIPHERTEXT] };
    return this.#explained(
      () => situationOf(input),
      () => dryRunOver(this.#client, request, sending),
    );
  }

  async describeOnce(keyId: string, sending?: Sending): Promise<KeyInfo> {
    return this.#explained({ operation: 'DescribeKey', destinationKeyId: keyId }, () =>
      describeOver(this.#client, keyId, sending),
    );
  }

  close(): void {
    this.#client.close();
  }
}

/** Judge rights alone: the one modifier there is (API reference, `ReEncrypt`, DryRunModifiers). */
const IGNORE_CIPHERTEXT = 'IGNORE_CIPHERTEXT';

/** The request in the SDK's terms: what is null is left out, and an asymmetric side gets no context. */
function requestOf(input: ReEncryptInput | RightsInput): ReEncryptCommandInput {
  const source = sentContext(input.sourceAlgorithm, input.sourceContext);
  const destination = sentContext(input.destinationAlgorithm, input.destinationContext);
  return {
    ...('blob' in input ? { CiphertextBlob: input.blob } : {}),
    SourceEncryptionAlgorithm: input.sourceAlgorithm,
    DestinationKeyId: input.destinationKeyId,
    DestinationEncryptionAlgorithm: input.destinationAlgorithm,
    ...(input.sourceKeyId === null ? {} : { SourceKeyId: input.sourceKeyId }),
    ...(source === null ? {} : { SourceEncryptionContext: source }),
    ...(destination === null ? {} : { DestinationEncryptionContext: destination }),
    ...(input.grantTokens.length === 0 ? {} : { GrantTokens: [...input.grantTokens] }),
  };
}

function situationOf(input: ReEncryptInput | RightsInput): KmsSituation {
  return {
    operation: 'ReEncrypt',
    sourceKeyId: input.sourceKeyId,
    destinationKeyId: input.destinationKeyId,
    sourceAlgorithm: input.sourceAlgorithm,
    destinationAlgorithm: input.destinationAlgorithm,
    sourceContext: sentContext(input.sourceAlgorithm, input.sourceContext),
    destinationContext: sentContext(input.destinationAlgorithm, input.destinationContext),
    ...('blob' in input ? { blobBytes: input.blob.length } : {}),
  };
}

/** `DescribeKey` in one request; aliases are not listed. Throws as {@link KmsHttpClient.send} does. */
async function describeOver(client: KmsHttpClient, keyId: string, sending?: Sending): Promise<KeyInfo> {
  const { body } = await client.send('DescribeKey', { KeyId: keyId }, sending);
  return keyInfo(metadataOf(body.KeyMetadata), []);
}

/** The members as the SDK reads them: AWS JSON 1.1 writes a time as seconds since 1970. */
function metadataOf(said: unknown): KeyMetadata | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const { CreationDate, DeletionDate, ...rest } = said as Record<string, unknown>;
  return {
    ...(rest as Partial<KeyMetadata>),
    ...(typeof CreationDate === 'number' ? { CreationDate: new Date(CreationDate * 1000) } : {}),
    ...(typeof DeletionDate === 'number' ? { DeletionDate: new Date(DeletionDate * 1000) } : {}),
  } as KeyMetadata;
}
