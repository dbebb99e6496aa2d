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

it('asks an SM2 key of any size, by its one algorithm, and no RSA key of another size', async () => {
  const asked: string[] = [];
  const opening = Buffer.alloc(140, 1);
  const keys = new Map([
    [KEY, { arn: KEY, spec: 'SM2', algorithms: ['SM2PKE'] }],
    [`${KEY}-rsa`, { arn: `${KEY}-rsa`, spec: 'RSA_2048', algorithms: ['RSAES_OAEP_SHA_256'] }],
  ]);
  const kms = {
    describeKey: async (key: string) => keys.get(key),
    dryRun: async ({ blob, sourceKeyId, sourceAlgorithm, sourceContext, destinationAlgorithm }: Asked) => {
      asked.push(`${sourceKeyId} ${sourceAlgorithm} ${sourceContext} ${destinationAlgorithm}`);
      if (blob !== opening) throw new FaultError(fault('InvalidCiphertextException', 'no', '', ''));
      return { outcome: 'would-succeed', requestId: 'r' };
    },
  };
  const given = {
    connection: { state: { status: 'ready' }, kms: () => kms },
    recorder: { note: () => {} },
  } as never;
  const of = [opening, Buffer.alloc(141, 2)].map((bytes, i) => ({
    context: null,
    file: 'a',
    place: '',
    sha256: `sm2 ${i}`,
    blob: { bytes, identification: { kind: 'kms-asymmetric-candidate' } },
  })) as never[];
  const { proof, dryRuns } = await identifyCandidates(given, of, [...keys.keys()], 10, () => false);
  expect(asked).toEqual(Array(2).fill(`${KEY} SM2PKE null SM2PKE`));
  expect([dryRuns, proof('sm2 0', KEY), proof('sm2 1', KEY)]).toEqual([2, 'opens', 'does not open']);
  expect(proof('sm2 0', `${KEY}-rsa`)).toBeNull();
});

interface Asked {
  readonly blob: Uint8Array;
  readonly sourceKeyId: string;
  readonly sourceAlgorithm: string;
  readonly sourceContext: object | null;
  readonly destinationAlgorithm: string;
}

it('takes no refusal for an answer', async () => {
  const { parts: given } = parts('AccessDeniedException');
  const { proof } = await identifyCandidates(given, samples, [KEY], 100, () => false);
  expect(proof('sum 0', KEY)).toBeNull();
});
