import { describe, expect, it } from 'vitest';
import type { AuditKey } from '#shared/model/audit.ts';
import { COVERAGE, input, key, row } from '../audit.test-help.ts';
import { makeAudit } from '../audit.ts';
import { deletionGate } from './deletion-gate.ts';
import type { BlobProof } from './touched-blobs.ts';

const SM2 = key('11111111-1111-4111-8111-111111111111', { spec: 'SM2' });
const RSA = key('22222222-2222-4222-8222-222222222222', { spec: 'RSA_2048' });
const SYMMETRIC = key('33333333-3333-4333-8333-333333333333');

/** A blob of so many bytes in which nothing names a key. */
const candidate = (file: string, sizeBytes: number, algorithm?: string) => ({
  ...row({ file, material: null, kind: 'kms-asymmetric-candidate', ...(algorithm ? { algorithm } : {}) }),
  sizeBytes,
});

async function gate(
  rows: readonly ReturnType<typeof candidate>[],
  asked: AuditKey,
  proof: BlobProof = () => null,
  keys: readonly AuditKey[] = [SM2, RSA, SYMMETRIC],
) {
  const answer = await deletionGate(
    {
      audit: makeAudit(input(rows, keys)),
      keys: [asked.arn],
      nameless: [],
      asked: {
        coverage: { ...COVERAGE, skipped: [] },
        notAsked: { keys: 0, blobs: 0, names: [], elsewhere: [] },
        gaps: [],
      },
      history: null,
      inArchive: () => false,
      likely: new Map(),
      proof,
      dryRuns: 0,
      left: 0,
    },
    async () => {},
  );
  const { lost, possible } = answer.keys[0]?.impact ?? { lost: -1, possible: -1 };
  return { verdict: answer.verdict, lost, possible };
}

describe('the deletion gate of an SM2 key', () => {
  const blobs = [candidate('sm2.bin', 140), candidate('rsa.bin', 256)];

  it('does not pass blobs of any size that nothing names: SM2 ciphertext is as long as its plaintext makes it', async () => {
    expect(await gate(blobs, SM2)).toEqual({ verdict: 'unanswered', lost: 0, possible: 2 });
  });

  it('passes when KMS opened none of them under the key, and needs the key for one that it opened', async () => {
    expect(await gate(blobs, SM2, () => 'does not open')).toEqual({ verdict: 'safe', lost: 0, possible: 0 });
    const [first] = blobs;
    const opens: BlobProof = (sha256, arn) =>
      sha256 === first?.sha256 && arn === SM2.arn ? 'opens' : 'does not open';
    expect(await gate(blobs, SM2, opens)).toEqual({ verdict: 'needed', lost: 1, possible: 0 });
    expect(await gate(blobs, RSA, opens)).toEqual({ verdict: 'safe', lost: 0, possible: 0 });
  });

  it('asks of an RSA key blobs of its size alone, and of a symmetric key none', async () => {
    expect(await gate(blobs, RSA)).toEqual({ verdict: 'unanswered', lost: 0, possible: 1 });
    expect(await gate(blobs, SYMMETRIC)).toEqual({ verdict: 'safe', lost: 0, possible: 0 });
  });

  it('needs it for a blob with its ARN beside it', async () => {
    const named = { ...candidate('sm2.json', 140, 'SM2PKE') };
    const labelled = { ...named, declared: { ...named.declared, keyArn: SM2.arn } };
    expect(await gate([labelled], SM2)).toEqual({ verdict: 'needed', lost: 1, possible: 0 });
  });

  it('passes a key that signs: it made no ciphertext', async () => {
    const signs = key('44444444-4444-4444-8444-444444444444', { spec: 'SM2', usage: 'SIGN_VERIFY' });
    const asked = (one: AuditKey) => gate(blobs, one, undefined, [one]);
    expect(await asked(signs)).toEqual({ verdict: 'safe', lost: 0, possible: 0 });
    expect(await asked({ ...signs, usage: null })).toEqual({ verdict: 'unanswered', lost: 0, possible: 2 });
  });
});
