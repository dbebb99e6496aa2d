import type { ReEncryptCommandInput } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { answer, errorOf, REQUEST_ID, refuse, wireTo } from './http-client.test-help.ts';
import { dryRunOver, reEncryptOver } from './re-encrypt.ts';

const input: ReEncryptCommandInput = {
  CiphertextBlob: Uint8Array.of(1, 2, 255),
  DestinationKeyId: 'alias/to',
  SourceEncryptionContext: { a: 'b' },
};
const full = { CiphertextBlob: 'AQL/', KeyId: 'to', SourceKeyId: 'from' };
const metadata = { $metadata: { httpStatusCode: 200, requestId: REQUEST_ID } };

test('blobs are base64 in both directions, and only named members are taken', async () => {
  const { wire, met } = await wireTo(({ response }) =>
    answer(response, { ...full, Plaintext: 'b29wcw==', SourceEncryptionAlgorithm: 7 }),
  );
  expect(await reEncryptOver(wire, input)).toEqual({
    blob: Uint8Array.of(1, 2, 255),
    sourceKeyArn: 'from',
    destinationKeyArn: 'to',
    sourceAlgorithm: null,
    destinationAlgorithm: null,
    sourceKeyMaterialId: null,
    destinationKeyMaterialId: null,
    requestId: REQUEST_ID,
  });
  expect(met[0]?.body).toEqual({ ...input, CiphertextBlob: 'AQL/' });
});

test.each<[string, object]>([
  ['no blob', { KeyId: 'to' }],
  ['no key', { CiphertextBlob: 'AQL/' }],
  ['a key longer than any', { ...full, KeyId: 'k'.repeat(2049) }],
  ['an empty blob', { ...full, CiphertextBlob: '' }],
  ['an empty key', { ...full, KeyId: '' }],
  ['a blob that is no text', { ...full, CiphertextBlob: [1, 2, 255] }],
  ['a blob that is no base64', { ...full, CiphertextBlob: 'AQ*/' }],
  ['a blob that lost its end', { ...full, CiphertextBlob: 'AQL/A' }],
  ['a blob that lost its padding', { ...full, CiphertextBlob: 'AQ' }],
])('%s is an incomplete reply, reported with its request id', async (_what, body) => {
  const { wire, met } = await wireTo(({ response }) => answer(response, body));
  expect(await errorOf(reEncryptOver(wire, input))).toMatchObject({ name: 'IncompleteReply', ...metadata });
  expect(met).toHaveLength(1);
});

test('a dry run says DryRun, and its refusal is success', async () => {
  const { wire, met } = await wireTo(({ response }) => refuse(response, 'DryRunOperationException', 412));
  expect(await dryRunOver(wire, input)).toEqual({ outcome: 'would-succeed', requestId: REQUEST_ID });
  expect(met[0]?.body).toMatchObject({ DryRun: true, DestinationKeyId: 'alias/to' });
});

test('a dry run without ciphertext sends none', async () => {
  const { wire, met } = await wireTo(({ response }) => refuse(response, 'DryRunOperationException', 412));
  await dryRunOver(wire, { ...input, CiphertextBlob: undefined });
  expect(met[0]?.body).not.toHaveProperty('CiphertextBlob');
});

test('a dry run that is carried out is reported as ignored, and nothing of its answer is needed', async () => {
  const { wire } = await wireTo(({ response }) => answer(response, {}));
  expect(await dryRunOver(wire, input)).toEqual({ outcome: 'ignored', requestId: REQUEST_ID });
});

test('a dry run that is refused for another reason is refused', async () => {
  const { wire } = await wireTo(({ response }) => refuse(response, 'AccessDeniedException'));
  expect(await errorOf(dryRunOver(wire, input))).toMatchObject({ name: 'AccessDeniedException' });
});
