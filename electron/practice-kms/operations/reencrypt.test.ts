import { randomBytes } from 'node:crypto';
import {
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  ReEncryptCommand,
  type ReEncryptCommandInput,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flipped, type Kit, refused, startKit } from '../testing/test-kit.ts';

const CONTEXT = { app: 'payments', env: 'Prüfung 🔑' };
const RSA = { DestinationKeyId: 'alias/rsa', DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } as const;

let kit: Kit;
let from: string;
let to: string;
const plaintext = randomBytes(100);
let blob: Uint8Array;

beforeAll(async () => {
  kit = await startKit();
  [from, to] = await Promise.all([kit.key('alias/from'), kit.key('alias/to')]);
  await Promise.all([
    kit.key('alias/rsa', { KeySpec: 'RSA_4096', KeyUsage: 'ENCRYPT_DECRYPT' }),
    kit.key('alias/signing', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
  ]);
  await kit.client.send(new DisableKeyCommand({ KeyId: await kit.key('alias/disabled') }));
  await kit.client.send(new ScheduleKeyDeletionCommand({ KeyId: await kit.key('alias/pending') }));
  blob = await sealed('alias/from', CONTEXT);
});
afterAll(() => kit.end());

async function sealed(
  KeyId: string,
  EncryptionContext: Record<string, string> = {},
  Plaintext: Uint8Array = plaintext,
): Promise<Uint8Array> {
  const made = await kit.client.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
  return made.CiphertextBlob ?? new Uint8Array();
}

/** The standing case: `blob` with its context to alias/to. */
function reEncrypt(input: Partial<ReEncryptCommandInput> = {}) {
  return kit.client.send(
    new ReEncryptCommand({
      CiphertextBlob: blob,
      SourceEncryptionContext: CONTEXT,
      DestinationKeyId: 'alias/to',
      ...input,
    }),
  );
}

async function opens(CiphertextBlob: Uint8Array | undefined, EncryptionContext: Record<string, string> = {}) {
  const { Plaintext } = await kit.client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  return Buffer.from(Plaintext ?? []);
}

describe('ReEncrypt', () => {
  it('moves a blob to another key and context, and says so in full', async () => {
    const moved = await reEncrypt({ DestinationEncryptionContext: { app: 'new' } });
    expect(moved).toMatchObject({
      SourceKeyId: from,
      KeyId: to,
      SourceEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      DestinationEncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    });
    expect(moved.SourceKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(moved.DestinationKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(moved.SourceKeyMaterialId).not.toBe(moved.DestinationKeyMaterialId);
    expect(moved).not.toHaveProperty('Plaintext');
    expect(moved.CiphertextBlob?.[2]).toBe(2);
    const fingerprint = Buffer.from(moved.CiphertextBlob?.subarray(5, 37) ?? []).toString('hex');
    expect(fingerprint).not.toBe(moved.DestinationKeyMaterialId);
    expect(await opens(moved.CiphertextBlob, { app: 'new' })).toEqual(plaintext);
    await refused(opens(moved.CiphertextBlob, CONTEXT), 'InvalidCiphertextException');
    expect(await opens(blob, CONTEXT)).toEqual(plaintext);
  });

  it('moves any plaintext and any pair of contexts', async () => {
    const contexts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
      maxKeys: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 4096, size: 'max' }),
        contexts,
        contexts,
        async (bytes, before, after) => {
          const moved = await reEncrypt({
            CiphertextBlob: await sealed('alias/from', before, bytes),
            SourceEncryptionContext: before,
            DestinationEncryptionContext: after,
          });
          expect((await opens(moved.CiphertextBlob, after)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes every form of key id on both sides', async () => {
    const forms = (arn: string, alias: string) => [
      arn.split('/')[1] ?? '',
      arn,
      alias,
      `arn:aws:kms:us-east-1:111122223333:${alias}`,
    ];
    for (const SourceKeyId of forms(from, 'alias/from'))
      for (const DestinationKeyId of forms(to, 'alias/to'))
        expect(await reEncrypt({ SourceKeyId, DestinationKeyId })).toMatchObject({
          SourceKeyId: from,
          KeyId: to,
        });
  });

  it('goes to RSA and back with either hash, with material ids for the symmetric side alone', async () => {
    for (const algorithm of ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] as const) {
      const there = await reEncrypt({ ...RSA, DestinationEncryptionAlgorithm: algorithm });
      expect(there.CiphertextBlob?.length).toBe(512);
      expect(there.DestinationKeyMaterialId).toBeUndefined();
      expect(there.SourceKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
      const back = await reEncrypt({
        CiphertextBlob: there.CiphertextBlob,
        SourceKeyId: 'alias/rsa',
        SourceEncryptionAlgorithm: algorithm,
        SourceEncryptionContext: undefined,
        DestinationEncryptionContext: { back: 'again' },
      });
      expect(back.SourceKeyMaterialId).toBeUndefined();
      expect(back.SourceEncryptionAlgorithm).toBe(algorithm);
      expect(await opens(back.CiphertextBlob, { back: 'again' })).toEqual(plaintext);
    }
  });

  it('moves a blob to the key it is under', async () => {
    const moved = await reEncrypt({ DestinationKeyId: 'alias/from' });
    expect(moved.KeyId).toBe(moved.SourceKeyId);
    expect(await opens(moved.CiphertextBlob)).toEqual(plaintext);
  });

  it('refuses changed bytes, wrong contexts and foreign bytes', async () => {
    await refused(
      reEncrypt({ CiphertextBlob: flipped(blob, blob.length - 1) }),
      'InvalidCiphertextException',
      '',
    );
    await refused(reEncrypt({ CiphertextBlob: flipped(blob, 45) }), 'InvalidCiphertextException');
    await refused(
      reEncrypt({ CiphertextBlob: flipped(blob, 9) }),
      'AccessDeniedException',
      /customer master key/,
    );
    await refused(reEncrypt({ SourceEncryptionContext: { app: 'payments' } }), 'InvalidCiphertextException');
    await refused(reEncrypt({ SourceEncryptionContext: undefined }), 'InvalidCiphertextException');
    await refused(reEncrypt({ CiphertextBlob: randomBytes(512) }), 'InvalidCiphertextException');
  });

  it('refuses the wrong source key', async () => {
    await refused(reEncrypt({ SourceKeyId: 'alias/to' }), 'IncorrectKeyException');
    await refused(reEncrypt({ SourceKeyId: 'alias/rsa' }), 'IncorrectKeyException');
    await refused(reEncrypt({ SourceKeyId: 'alias/nothing' }), 'NotFoundException', /is not found\.$/);
  });

  it('refuses keys by what they name', async () => {
    const id = '1234abcd-12ab-34cd-56ef-1234567890ab';
    for (const side of ['SourceKeyId', 'DestinationKeyId']) {
      const call = (named: string) => reEncrypt({ [side]: named });
      await refused(
        call(`arn:aws:kms:eu-west-1:111122223333:key/${id}`),
        'NotFoundException',
        'Invalid arn eu-west-1',
      );
      await refused(
        call('arn:aws:kms:eu-west-1:111122223333:alias/to'),
        'NotFoundException',
        'Invalid arn eu-west-1',
      );
      await refused(call('arn:aws:s3:::bucket'), 'NotFoundException', 'Invalid arn');
      await refused(
        call(id),
        'NotFoundException',
        `Key 'arn:aws:kms:us-east-1:111122223333:key/${id}' does not exist`,
      );
      await refused(call('nonsense'), 'NotFoundException', "Invalid keyId 'nonsense'");
      await refused(
        call(`arn:aws:kms:us-east-1:999988887777:key/${id}`),
        'AccessDeniedException',
        /kms:ReEncrypt/,
      );
      await refused(call('x'.repeat(2049)), 'ValidationException', /2048$/);
    }
  });

  it('refuses keys that are disabled or waiting for deletion, on both sides', async () => {
    await refused(reEncrypt({ DestinationKeyId: 'alias/disabled' }), 'DisabledException', / is disabled\.$/);
    await refused(
      reEncrypt({ DestinationKeyId: 'alias/pending' }),
      'KMSInvalidStateException',
      / is pending deletion\.$/,
    );
    const spare = await kit.key(null);
    const CiphertextBlob = await sealed(spare, CONTEXT);
    await kit.client.send(new DisableKeyCommand({ KeyId: spare }));
    await refused(reEncrypt({ CiphertextBlob }), 'DisabledException', `${spare} is disabled.`);
    await kit.client.send(new EnableKeyCommand({ KeyId: spare }));
    expect((await reEncrypt({ CiphertextBlob })).SourceKeyId).toBe(spare);
    await kit.client.send(new ScheduleKeyDeletionCommand({ KeyId: spare, PendingWindowInDays: 7 }));
    await refused(reEncrypt({ CiphertextBlob }), 'KMSInvalidStateException', `${spare} is pending deletion.`);
  });

  it('refuses keys and algorithms that do not go together', async () => {
    await refused(
      reEncrypt({ ...RSA, DestinationKeyId: 'alias/signing' }),
      'InvalidKeyUsageException',
      /key usage is SIGN_VERIFY/,
    );
    await refused(
      reEncrypt({ DestinationKeyId: 'alias/rsa' }),
      'InvalidKeyUsageException',
      /SYMMETRIC_DEFAULT is incompatible with key spec RSA_4096\.$/,
    );
    await refused(
      reEncrypt({ DestinationEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      'InvalidKeyUsageException',
    );
    const rsaBlob = (await reEncrypt(RSA)).CiphertextBlob;
    const asRsa = { CiphertextBlob: rsaBlob, SourceEncryptionContext: undefined };
    await refused(reEncrypt({ ...asRsa, SourceKeyId: 'alias/rsa' }), 'InvalidKeyUsageException');
    await refused(
      reEncrypt({ ...asRsa, SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'ValidationException',
      /key ID is required/,
    );
    await refused(
      reEncrypt({ ...asRsa, SourceKeyId: 'alias/rsa', SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      'InvalidCiphertextException',
    );
    await refused(
      reEncrypt({ SourceEncryptionAlgorithm: 'ROT13' as 'SYMMETRIC_DEFAULT' }),
      'ValidationException',
      /Value 'ROT13' at 'sourceEncryptionAlgorithm' .*enum value set/,
    );
  });

  it('refuses a context on an asymmetric side', async () => {
    const message = 'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.';
    await refused(
      reEncrypt({ ...RSA, DestinationEncryptionContext: { a: 'b' } }),
      'ValidationException',
      message,
    );
    await refused(
      reEncrypt({ SourceKeyId: 'alias/rsa', SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'ValidationException',
      message,
    );
  });

  it('refuses what does not fit the destination', async () => {
    const fits = await sealed('alias/from', CONTEXT, randomBytes(446));
    const tooLong = await sealed('alias/from', CONTEXT, randomBytes(447));
    expect((await reEncrypt({ CiphertextBlob: fits, ...RSA })).CiphertextBlob?.length).toBe(512);
    await refused(
      reEncrypt({ CiphertextBlob: tooLong, ...RSA }),
      'ValidationException',
      'Algorithm RSAES_OAEP_SHA_256 and key spec RSA_4096 cannot encrypt data larger than 446 bytes.',
    );
    await refused(reEncrypt({ CiphertextBlob: randomBytes(6145) }), 'ValidationException', /6144$/);
    await refused(reEncrypt({ CiphertextBlob: Buffer.alloc(0) }), 'ValidationException', /equal to 1$/);
  });

  it('refuses grant tokens, since no grant exists', async () => {
    await refused(reEncrypt({ GrantTokens: ['AQpAM2Rh'] }), 'InvalidGrantTokenException');
    await refused(reEncrypt({ GrantTokens: Array(11).fill('t') }), 'ValidationException', /equal to 10$/);
    await refused(reEncrypt({ GrantTokens: [''] }), 'ValidationException');
    expect((await reEncrypt({ GrantTokens: [] })).KeyId).toBe(to);
  });

  it('answers a dry run with success or with the very refusal', async () => {
    const success = await refused(reEncrypt({ DryRun: true }), 'DryRunOperationException');
    expect(success.$metadata.httpStatusCode).toBe(400);
    expect(success.message).toBe('The request would have succeeded, but the DryRun option is set.');
    await refused(reEncrypt({ DryRun: true, SourceEncryptionContext: {} }), 'InvalidCiphertextException');
    await refused(reEncrypt({ DryRun: true, DestinationKeyId: 'alias/disabled' }), 'DisabledException');
    const tooLong = await sealed('alias/from', CONTEXT, randomBytes(447));
    await refused(reEncrypt({ DryRun: true, CiphertextBlob: tooLong, ...RSA }), 'ValidationException');
    expect(await opens(blob, CONTEXT)).toEqual(plaintext);
  });

  it('judges the keys alone under IGNORE_CIPHERTEXT', async () => {
    const keysAlone = (input: Partial<ReEncryptCommandInput>) =>
      reEncrypt({
        CiphertextBlob: undefined,
        DryRun: true,
        DryRunModifiers: ['IGNORE_CIPHERTEXT'],
        SourceKeyId: 'alias/from',
        ...input,
      });
    await refused(keysAlone({}), 'DryRunOperationException');
    await refused(keysAlone({ CiphertextBlob: randomBytes(9) }), 'DryRunOperationException');
    await refused(keysAlone({ SourceKeyId: undefined }), 'ValidationException', /SourceKeyId is required/);
    await refused(keysAlone({ SourceKeyId: 'alias/disabled' }), 'DisabledException');
    await refused(keysAlone({ DestinationKeyId: 'alias/pending' }), 'KMSInvalidStateException');
    await refused(keysAlone({ DryRun: false }), 'ValidationException', /DryRun is true/);
    await refused(
      keysAlone({ DryRunModifiers: ['MAYBE' as 'IGNORE_CIPHERTEXT'] }),
      'ValidationException',
      /MAYBE/,
    );
    await refused(
      reEncrypt({ CiphertextBlob: undefined }),
      'ValidationException',
      /Value null at 'ciphertextBlob'/,
    );
    await refused(reEncrypt({ CiphertextBlob: undefined, DryRun: true }), 'ValidationException');
  });
});
