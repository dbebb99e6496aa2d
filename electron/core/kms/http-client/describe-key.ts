import type { KeyMetadata } from '@aws-sdk/client-kms';
import type { KeyInfo } from '#shared/model/key.ts';
import { keyInfo } from '../key-facts.ts';
import type { Sending } from '../types.ts';
import type { KmsHttpClient } from './http-client.ts';

/** `DescribeKey` in one request; aliases are not listed. Throws as {@link KmsHttpClient.send} does. */
export async function describeOver(wire: KmsHttpClient, keyId: string, sending?: Sending): Promise<KeyInfo> {
  const { body } = await wire.send('DescribeKey', { KeyId: keyId }, sending);
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
