import { expect, it } from 'vitest';
import { FaultError, fault } from '#shared/model/fault.ts';
import { identifyCandidates } from './identify-rsa.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111';

/** A connection on which no RSA key opens anything. `code`: how KMS refuses each dry run. */
function parts(code: string) {
  const asked: string[] = [];
  const kms = {
    describeKey: async () => ({
      arn: KEY,
      spec: 'RSA_2048',
      algorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    }),
    dryRun: async ({ sourceAlgorithm }: { sourceAlgorithm: string }) => {
      asked.push(sourceAlgorithm);
      throw new FaultError(fault(code, 'no', '', ''));
    },
  };
  const connection = { state: { status: 'ready' }, kms: () => kms };
  return { asked, parts: { connection, recorder: { note: () => {} } } as never };
}
const samples = Array.from({ length: 4 }, (_, i) => ({
  sha256: `sum ${i}`,
  blob: { bytes: Buffer.alloc(256, i), identification: { kind: 'kms-asymmetric-candidate' } },
  context: null,
  file: 'a',
  place: '',
})) as never[];

it('sends no more dry runs than it may, and says how many blobs are left', async () => {
  const { asked, parts: given } = parts('InvalidCiphertextException');
  const { dryRuns, left, proof } = await identifyCandidates(given, samples, [KEY], 3, () => false);
  expect({ dryRuns, left, asked: asked.length }).toEqual({ dryRuns: 4, left: 2, asked: 4 });
  expect([0, 1, 2].map((i) => proof(`sum ${i}`, KEY))).toEqual(['does not open', 'does not open', null]);
});

it('takes no refusal for an answer', async () => {
  const { parts: given } = parts('AccessDeniedException');
  const { proof } = await identifyCandidates(given, samples, [KEY], 100, () => false);
  expect(proof('sum 0', KEY)).toBeNull();
});
