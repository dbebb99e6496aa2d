import { constants, createPrivateKey, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import {
  DecryptCommand,
  type DecryptCommandInput,
  DisableKeyCommand,
  EncryptCommand,
  type EncryptCommandInput,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  type GenerateDataKeyPairCommandInput,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GetPublicKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flipped, type Kit, refused, startKit } from '../testing/test-kit.ts';

let kit: Kit;
let symmetric: string;

beforeAll(async () => {
  kit = await startKit();
  symmetric = await kit.key('alias/main');
  await kit.key('alias/other');
  await kit.key('alias/rsa', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  await kit.key('alias/signing', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
  await kit.key('alias/hmac', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  await kit.client.send(new DisableKeyCommand({ KeyId: await kit.key('alias/disabled') }));
  await kit.client.send(new ScheduleKeyDeletionCommand({ KeyId: await kit.key('alias/pending') }));
});
afterAll(() => kit.end());

function encrypt(input: Partial<EncryptCommandInput> = {}) {
  return kit.client.send(
    new EncryptCommand({ KeyId: 'alias/main', Plaintext: Buffer.from('attack at dawn'), ...input }),
  );
}

function decrypt(input: DecryptCommandInput) {
  return kit.client.send(new DecryptCommand(input));
}

describe('Encrypt and Decrypt', () => {
  it('go there and back over the wire, at every size and with Unicode contexts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 4096, size: 'max' }),
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 4 }),
        async (Plaintext, EncryptionContext) => {
          const sealed = await encrypt({ Plaintext, EncryptionContext });
          expect(sealed.KeyId).toBe(symmetric);
          expect(sealed.EncryptionAlgorithm).toBe('SYMMETRIC_DEFAULT');
          const back = await decrypt({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext });
          expect(Buffer.from(back.Plaintext ?? []).equals(Plaintext)).toBe(true);
          expect(back.KeyId).toBe(symmetric);
          expect(back.KeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuse a blob with one flipped byte, wherever it is', async () => {
    const { CiphertextBlob = new Uint8Array() } = await encrypt({ Plaintext: randomBytes(5) });
    for (let at = 0; at < CiphertextBlob.length; at += 1) {
      const refusal = decrypt({ CiphertextBlob: flipped(CiphertextBlob, at) });
      // Bytes 5 to 36 are the fingerprint: another key, which does not exist.
      if (at >= 5 && at < 37)
        await refused(refusal, 'AccessDeniedException', /does not exist in this region/);
      else await refused(refusal, 'InvalidCiphertextException', '');
    }
  });

  it('refuse another context, and bytes that KMS did not make', async () => {
    const { CiphertextBlob } = await encrypt({ EncryptionContext: { app: 'a' } });
    for (const EncryptionContext of [undefined, {}, { app: 'b' }, { App: 'a' }, { app: 'a', b: '' }])
      await refused(decrypt({ CiphertextBlob, EncryptionContext }), 'InvalidCiphertextException');
    await refused(decrypt({ CiphertextBlob: Buffer.from('AQICAHg') }), 'InvalidCiphertextException');
    await refused(decrypt({ CiphertextBlob: randomBytes(256) }), 'InvalidCiphertextException');
  });

  it('know the wrong key from the right one', async () => {
    const { CiphertextBlob } = await encrypt();
    await refused(
      decrypt({ CiphertextBlob, KeyId: 'alias/other' }),
      'IncorrectKeyException',
      /does not identify/,
    );
    await refused(decrypt({ CiphertextBlob, KeyId: 'alias/hmac' }), 'IncorrectKeyException');
    await refused(decrypt({ CiphertextBlob, KeyId: 'alias/rsa' }), 'IncorrectKeyException');
    await refused(decrypt({ CiphertextBlob, KeyId: 'alias/none' }), 'NotFoundException');
    expect((await decrypt({ CiphertextBlob, KeyId: symmetric })).KeyId).toBe(symmetric);
  });

  it('use RSA-OAEP, and open what others encrypt to the public key', async () => {
    const { PublicKey } = await kit.client.send(new GetPublicKeyCommand({ KeyId: 'alias/rsa' }));
    const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
    for (const [EncryptionAlgorithm, oaepHash, capacity] of [
      ['RSAES_OAEP_SHA_1', 'sha1', 214],
      ['RSAES_OAEP_SHA_256', 'sha256', 190],
    ] as const) {
      const Plaintext = randomBytes(capacity);
      const ours = await encrypt({ KeyId: 'alias/rsa', Plaintext, EncryptionAlgorithm });
      expect(ours.CiphertextBlob?.length).toBe(256);
      const theirs = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, Plaintext);
      for (const CiphertextBlob of [ours.CiphertextBlob ?? new Uint8Array(), theirs]) {
        const back = await decrypt({ CiphertextBlob, KeyId: 'alias/rsa', EncryptionAlgorithm });
        expect(Plaintext.equals(back.Plaintext ?? Buffer.alloc(0))).toBe(true);
        expect(back.KeyMaterialId).toBeUndefined();
        await refused(
          decrypt({ CiphertextBlob: flipped(CiphertextBlob, 99), KeyId: 'alias/rsa', EncryptionAlgorithm }),
          'InvalidCiphertextException',
        );
        await refused(
          decrypt({ CiphertextBlob, EncryptionAlgorithm }),
          'ValidationException',
          /key ID is required/,
        );
        await refused(
          decrypt({ CiphertextBlob, KeyId: 'alias/rsa' }),
          'InvalidKeyUsageException',
          /incompatible/,
        );
      }
      await refused(
        encrypt({ KeyId: 'alias/rsa', Plaintext: randomBytes(capacity + 1), EncryptionAlgorithm }),
        'ValidationException',
        `Algorithm ${EncryptionAlgorithm} and key spec RSA_2048 cannot encrypt data larger than ${capacity} bytes.`,
      );
    }
  });

  it('refuse an RSA block of the wrong length and an empty plaintext in one', async () => {
    const { PublicKey } = await kit.client.send(new GetPublicKeyCommand({ KeyId: 'alias/rsa' }));
    const key = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
    const empty = publicEncrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      Buffer.alloc(0),
    );
    for (const CiphertextBlob of [empty, randomBytes(255), randomBytes(512), Buffer.alloc(256, 0xff)])
      await refused(
        decrypt({ CiphertextBlob, KeyId: 'alias/rsa', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
        'InvalidCiphertextException',
      );
  });

  it('check key usage, algorithm, context and state', async () => {
    await refused(
      encrypt({ KeyId: 'alias/signing', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
      'InvalidKeyUsageException',
      /key usage is SIGN_VERIFY which is not valid for Encrypt\.$/,
    );
    await refused(encrypt({ KeyId: 'alias/hmac' }), 'InvalidKeyUsageException', /GENERATE_VERIFY_MAC/);
    await refused(
      encrypt({ EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }),
      'InvalidKeyUsageException',
      'Algorithm RSAES_OAEP_SHA_1 is incompatible with key spec SYMMETRIC_DEFAULT.',
    );
    await refused(encrypt({ KeyId: 'alias/rsa' }), 'InvalidKeyUsageException');
    await refused(encrypt({ KeyId: 'alias/rsa', EncryptionAlgorithm: 'SM2PKE' }), 'InvalidKeyUsageException');
    await refused(
      encrypt({
        KeyId: 'alias/rsa',
        EncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
        EncryptionContext: { a: 'b' },
      }),
      'ValidationException',
      'EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.',
    );
    await refused(encrypt({ KeyId: 'alias/disabled' }), 'DisabledException', /^arn:.* is disabled\.$/);
    await refused(
      encrypt({ KeyId: 'alias/pending' }),
      'KMSInvalidStateException',
      /^arn:.* is pending deletion\.$/,
    );
  });

  it('check the limits of their members', async () => {
    await refused(
      encrypt({ Plaintext: Buffer.alloc(4097) }),
      'ValidationException',
      "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096",
    );
    await refused(
      encrypt({ Plaintext: Buffer.alloc(0) }),
      'ValidationException',
      /greater than or equal to 1$/,
    );
    await refused(
      decrypt({ CiphertextBlob: Buffer.alloc(6145) }),
      'ValidationException',
      /'ciphertextBlob'.*6144$/,
    );
    await refused(
      decrypt({ CiphertextBlob: undefined }),
      'ValidationException',
      /Value null at 'ciphertextBlob'/,
    );
    await refused(encrypt({ KeyId: 'k'.repeat(2049) }), 'ValidationException', /at 'keyId'.*2048$/);
    await refused(
      encrypt({ KeyId: '', Plaintext: Buffer.alloc(4097) }),
      'ValidationException',
      /^2 validation errors detected: .*'keyId'.*; .*'plaintext'/,
    );
    await refused(encrypt({ GrantTokens: Array(11).fill('t') }), 'ValidationException', /'grantTokens'/);
    await refused(encrypt({ GrantTokens: ['t'] }), 'InvalidGrantTokenException');
  });

  it('answer a dry run as KMS does', async () => {
    const { CiphertextBlob } = await encrypt();
    await refused(encrypt({ DryRun: true }), 'DryRunOperationException', /DryRun option is set/);
    await refused(encrypt({ DryRun: true, KeyId: 'alias/disabled' }), 'DisabledException');
    await refused(decrypt({ CiphertextBlob, DryRun: true }), 'DryRunOperationException');
    await refused(
      decrypt({ CiphertextBlob, DryRun: true, EncryptionContext: { a: 'b' } }),
      'InvalidCiphertextException',
    );
    await refused(
      decrypt({
        CiphertextBlob: undefined,
        KeyId: 'alias/main',
        DryRun: true,
        DryRunModifiers: ['IGNORE_CIPHERTEXT'],
      }),
      'DryRunOperationException',
    );
  });
});

describe('GenerateDataKey', () => {
  it.each([
    [{ KeySpec: 'AES_256' }, 32, 3],
    [{ KeySpec: 'AES_128' }, 16, 3],
    [{ NumberOfBytes: 1024 }, 1024, 1],
    [{ NumberOfBytes: 1 }, 1, 1],
  ] as const)('%o makes a key that Decrypt opens', async (size, bytes, kind) => {
    const EncryptionContext = { purpose: 'data key' };
    const made = await kit.client.send(
      new GenerateDataKeyCommand({ KeyId: 'alias/main', EncryptionContext, ...size }),
    );
    expect(made.Plaintext?.length).toBe(bytes);
    expect(made.CiphertextBlob?.[2]).toBe(kind);
    const back = await decrypt({ CiphertextBlob: made.CiphertextBlob, EncryptionContext });
    expect(back.Plaintext).toEqual(made.Plaintext);
    expect(back.KeyMaterialId).toBe(made.KeyMaterialId);
  });

  it('gives no plaintext when asked for none', async () => {
    const made = await kit.client.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: 'alias/main', KeySpec: 'AES_256' }),
    );
    expect(Object.keys(made).sort()).toEqual(['$metadata', 'CiphertextBlob', 'KeyId', 'KeyMaterialId']);
    expect((await decrypt({ CiphertextBlob: made.CiphertextBlob })).Plaintext?.length).toBe(32);
  });

  it('takes one size, and symmetric keys only', async () => {
    const generate = (input: Partial<ConstructorParameters<typeof GenerateDataKeyCommand>[0]>) =>
      kit.client.send(new GenerateDataKeyCommand({ KeyId: 'alias/main', ...input }));
    await refused(generate({}), 'ValidationException', 'Please specify either number of bytes or key spec.');
    await refused(generate({ KeySpec: 'AES_256', NumberOfBytes: 32 }), 'ValidationException');
    await refused(generate({ NumberOfBytes: 1025 }), 'ValidationException', /less than or equal to 1024$/);
    await refused(generate({ NumberOfBytes: 0 }), 'ValidationException', /'numberOfBytes'.*equal to 1$/);
    await refused(generate({ KeyId: 'alias/rsa', KeySpec: 'AES_256' }), 'InvalidKeyUsageException');
    await refused(generate({ KeySpec: 'AES_256', DryRun: true }), 'DryRunOperationException');
    await refused(
      generate({ KeySpec: 'AES_256', Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } }),
      'UnsupportedOperationException',
    );
  });
});

describe('GenerateDataKeyPair', () => {
  const pair = (input: Partial<GenerateDataKeyPairCommandInput> = {}) =>
    kit.client.send(
      new GenerateDataKeyPairCommand({ KeyId: 'alias/main', KeyPairSpec: 'ECC_NIST_P256', ...input }),
    );

  it.each(['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521'] as const)(
    '%s: both halves belong together, and the private one opens',
    async (KeyPairSpec) => {
      const context = { purpose: 'pairs' };
      const made = await pair({ KeyPairSpec, EncryptionContext: context });
      expect(made.KeyPairSpec).toBe(KeyPairSpec);
      expect(made.KeyId).toContain(`:key/${symmetric.split('/').at(-1)}`);
      expect(made.KeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
      const clear = Buffer.from(made.PrivateKeyPlaintext ?? []);
      const key = createPrivateKey({ key: clear, format: 'der', type: 'pkcs8' });
      const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
      expect(der.equals(Buffer.from(made.PublicKey ?? []))).toBe(true);
      const opened = await decrypt({
        CiphertextBlob: made.PrivateKeyCiphertextBlob,
        EncryptionContext: context,
      });
      expect(Buffer.from(opened.Plaintext ?? []).equals(clear)).toBe(true);
      // Of a key pair, KMS's blobs have the third operation byte.
      expect(made.PrivateKeyCiphertextBlob?.[2]).toBe(3);
    },
  );

  it('gives no plaintext where none is asked for', async () => {
    const made = await kit.client.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({ KeyId: 'alias/main', KeyPairSpec: 'ECC_NIST_P256' }),
    );
    expect(made).not.toHaveProperty('PrivateKeyPlaintext');
    expect(made.PublicKey?.length).toBe(91);
  });

  it.each([
    ['a key pair spec that is none', { KeyPairSpec: 'RSA_1024' as never }, 'ValidationException'],
    ['no key pair spec', { KeyPairSpec: undefined }, 'ValidationException'],
    ['an asymmetric key', { KeyId: 'alias/rsa' }, 'InvalidKeyUsageException'],
    ['a disabled key', { KeyId: 'alias/disabled' }, 'DisabledException'],
    ['a key pending deletion', { KeyId: 'alias/pending' }, 'KMSInvalidStateException'],
    ['no such key', { KeyId: 'alias/nowhere' }, 'NotFoundException'],
    ['a curve that is not here', { KeyPairSpec: 'SM2' as const }, 'UnsupportedOperationException'],
    ['a dry run', { DryRun: true }, 'DryRunOperationException'],
    ['no such grant token', { GrantTokens: ['x'] }, 'InvalidGrantTokenException'],
  ])('refuses %s', async (_, input, name) => {
    await refused(pair(input), name);
  });
});
