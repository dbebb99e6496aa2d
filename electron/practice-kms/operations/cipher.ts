import { createPrivateKey, randomBytes } from 'node:crypto';
import { type Ask, authorize, permittedKey } from '../access/authorize.ts';
import { checkGrantTokens } from '../access/grants.ts';
import type { RequestContext } from '../access/identities.ts';
import { peekKey } from '../access/resolve.ts';
import { KIND } from '../crypto/blob-layout.ts';
import { publicKeyDer } from '../crypto/ciphers.ts';
import { KEY_SPECS } from '../crypto/key-specs.ts';
import { dryRunSucceeded, unsupported, validationError } from '../protocol/errors.ts';
import type { Output } from '../protocol/members.ts';
import { LENGTHS, type RequestMembers } from '../protocol/members.ts';
import type { KeyRecord } from '../state/records.ts';
import { keyArn } from '../state/records.ts';
import {
  ALGORITHMS,
  type CipherAlgorithm,
  checkCapacity,
  checkKey,
  decrypt,
  encrypt,
  findSource,
  keyIdNeeded,
  refuseContext,
} from './cipher-sides.ts';

/** `DataKeyPairSpec` of the service model. */
const PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
] as const;
const MODIFIERS = ['IGNORE_CIPHERTEXT'] as const;

/** `Encrypt`. */
export function encryptOperation(world: RequestContext, members: RequestMembers): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const plaintext = members.requiredBlob('Plaintext', LENGTHS.plaintext);
  const algorithm = members.choice('EncryptionAlgorithm', ALGORITHMS) ?? 'SYMMETRIC_DEFAULT';
  const context = members.context('EncryptionContext');
  const grantTokens = members.grantTokens();
  const dryRun = members.boolean('DryRun');
  members.check();

  refuseContext(algorithm, context);
  checkGrantTokens(world, grantTokens);
  const key = permittedKey(world, keyId, { action: 'Encrypt', context, algorithm });
  checkKey(key, algorithm, 'Encrypt');
  checkCapacity(key, algorithm, plaintext.length);
  if (dryRun) throw dryRunSucceeded();
  const blob = encrypt(key, algorithm, KIND.Encrypt, plaintext, context);
  plaintext.fill(0);
  world.state.usage.note(key, 'Encrypt', world.requestId);
  return {
    CiphertextBlob: blob.toString('base64'),
    KeyId: keyArn(key),
    EncryptionAlgorithm: algorithm,
  };
}

/** `Decrypt`. */
export function decryptOperation(world: RequestContext, members: RequestMembers): Output {
  const { blob, ignoreCiphertext, dryRun } = ciphertextMembers(members);
  const keyId = members.string('KeyId', LENGTHS.keyId);
  const algorithm = members.choice('EncryptionAlgorithm', ALGORITHMS) ?? 'SYMMETRIC_DEFAULT';
  const context = members.context('EncryptionContext');
  const grantTokens = members.grantTokens();
  refuseRecipient(members);
  members.check();

  refuseContext(algorithm, context);
  checkGrantTokens(world, grantTokens);
  const ask: Ask = { action: 'Decrypt', context, algorithm, named: keyId };
  if (ignoreCiphertext) {
    judgeKeyAlone(world, keyId, 'KeyId', algorithm, 'Decrypt', ask);
    throw dryRunSucceeded();
  }
  const source = findSource(world, blob, keyId, algorithm, 'Decrypt', ask);
  const plaintext = decrypt(source, context);
  if (dryRun) {
    plaintext.fill(0);
    throw dryRunSucceeded();
  }
  world.state.usage.note(source.key, 'Decrypt', world.requestId);
  const output = {
    KeyId: keyArn(source.key),
    Plaintext: plaintext.toString('base64'),
    EncryptionAlgorithm: algorithm,
    ...materialId('KeyMaterialId', source.key),
  };
  plaintext.fill(0);
  return output;
}

/** `ReEncrypt`. */
export function reEncryptOperation(world: RequestContext, members: RequestMembers): Output {
  const { blob, ignoreCiphertext, dryRun } = ciphertextMembers(members);
  const sourceKeyId = members.string('SourceKeyId', LENGTHS.keyId);
  const destinationKeyId = members.requiredString('DestinationKeyId', LENGTHS.keyId);
  const sourceAlgorithm = members.choice('SourceEncryptionAlgorithm', ALGORITHMS) ?? 'SYMMETRIC_DEFAULT';
  const destinationAlgorithm =
    members.choice('DestinationEncryptionAlgorithm', ALGORITHMS) ?? 'SYMMETRIC_DEFAULT';
  const sourceContext = members.context('SourceEncryptionContext');
  const destinationContext = members.context('DestinationEncryptionContext');
  const grantTokens = members.grantTokens();
  members.check();

  refuseContext(sourceAlgorithm, sourceContext);
  refuseContext(destinationAlgorithm, destinationContext);
  checkGrantTokens(world, grantTokens);
  // Both keys are judged before anything is opened, source first.
  const ahead = peekKey(world, destinationKeyId);
  const from: Ask = {
    action: 'ReEncryptFrom',
    context: sourceContext,
    algorithm: sourceAlgorithm,
    other: ahead,
    named: sourceKeyId,
  };
  const source = ignoreCiphertext
    ? judgeKeyAlone(world, sourceKeyId, 'SourceKeyId', sourceAlgorithm, 'ReEncrypt', from)
    : findSource(world, blob, sourceKeyId, sourceAlgorithm, 'ReEncrypt', from);
  const to: Ask = {
    action: 'ReEncryptTo',
    context: destinationContext,
    algorithm: destinationAlgorithm,
    other: source.key,
    named: destinationKeyId,
  };
  const destination = ahead ?? permittedKey(world, destinationKeyId, to);
  if (ahead) authorize(world, ahead, to);
  checkKey(destination, destinationAlgorithm, 'ReEncrypt');
  if (source.blob === null) throw dryRunSucceeded();

  const plaintext = decrypt(source, sourceContext);
  try {
    checkCapacity(destination, destinationAlgorithm, plaintext.length);
    if (dryRun) throw dryRunSucceeded();
    const output = encrypt(destination, destinationAlgorithm, KIND.Encrypt, plaintext, destinationContext);
    world.state.usage.note(source.key, 'ReEncrypt', world.requestId);
    world.state.usage.note(destination, 'ReEncrypt', world.requestId);
    return {
      CiphertextBlob: output.toString('base64'),
      SourceKeyId: source.key.arn,
      KeyId: destination.arn,
      SourceEncryptionAlgorithm: sourceAlgorithm,
      DestinationEncryptionAlgorithm: destinationAlgorithm,
      ...materialId('SourceKeyMaterialId', source.key),
      ...materialId('DestinationKeyMaterialId', destination),
    };
  } finally {
    plaintext.fill(0);
  }
}

/** `GenerateDataKey`. */
export function generateDataKey(world: RequestContext, members: RequestMembers): Output {
  return newDataKey(world, members, 'GenerateDataKey');
}

/** `GenerateDataKeyWithoutPlaintext`. */
export function generateDataKeyWithoutPlaintext(world: RequestContext, members: RequestMembers): Output {
  const { Plaintext: _, ...output } = newDataKey(world, members, 'GenerateDataKeyWithoutPlaintext');
  return output;
}

function newDataKey(world: RequestContext, members: RequestMembers, operation: string): Output {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const spec = members.choice('KeySpec', ['AES_256', 'AES_128']);
  const bytes = members.integer('NumberOfBytes', 1, 1024);
  const context = members.context('EncryptionContext');
  const grantTokens = members.grantTokens();
  const dryRun = members.boolean('DryRun');
  refuseRecipient(members);
  members.check();

  if ((spec === null) === (bytes === null))
    throw validationError('Please specify either number of bytes or key spec.');
  checkGrantTokens(world, grantTokens);
  const key = permittedKey(world, keyId, { action: operation, context, algorithm: 'SYMMETRIC_DEFAULT' });
  checkKey(key, 'SYMMETRIC_DEFAULT', operation);
  if (dryRun) throw dryRunSucceeded();
  const plaintext = randomBytes(bytes ?? (spec === 'AES_128' ? 16 : 32));
  const kind = bytes === null ? KIND.GenerateDataKeySpec : KIND.GenerateDataKeyBytes;
  const blob = encrypt(key, 'SYMMETRIC_DEFAULT', kind, plaintext, context);
  world.state.usage.note(key, operation, world.requestId);
  const output = {
    CiphertextBlob: blob.toString('base64'),
    Plaintext: plaintext.toString('base64'),
    KeyId: keyArn(key),
    ...materialId('KeyMaterialId', key),
  };
  plaintext.fill(0);
  return output;
}

/** `GenerateDataKeyPair`. */
export function generateDataKeyPair(world: RequestContext, members: RequestMembers): Promise<Output> {
  return newKeyPair(world, members, 'GenerateDataKeyPair');
}

/** `GenerateDataKeyPairWithoutPlaintext`. */
export async function generateDataKeyPairWithoutPlaintext(
  world: RequestContext,
  members: RequestMembers,
): Promise<Output> {
  const { PrivateKeyPlaintext: _, ...output } = await newKeyPair(
    world,
    members,
    'GenerateDataKeyPairWithoutPlaintext',
  );
  return output;
}

/** The private key as PKCS#8 DER, the public one as SubjectPublicKeyInfo (API reference). */
async function newKeyPair(
  world: RequestContext,
  members: RequestMembers,
  operation: string,
): Promise<Output> {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const specName = members.choice('KeyPairSpec', PAIR_SPECS);
  members.requireMember('KeyPairSpec');
  const context = members.context('EncryptionContext');
  const grantTokens = members.grantTokens();
  const dryRun = members.boolean('DryRun');
  refuseRecipient(members);
  members.check();

  checkGrantTokens(world, grantTokens);
  const key = permittedKey(world, keyId, { action: operation, context, algorithm: 'SYMMETRIC_DEFAULT' });
  checkKey(key, 'SYMMETRIC_DEFAULT', operation);
  const spec = KEY_SPECS.get(specName ?? '');
  if (spec === undefined) throw unsupported(`The practice KMS makes no key pair of ${specName}.`);
  if (dryRun) throw dryRunSucceeded();
  const plaintext = await spec.generate();
  const publicKey = publicKeyDer(createPrivateKey({ key: plaintext, format: 'der', type: 'pkcs8' }));
  const blob = encrypt(key, 'SYMMETRIC_DEFAULT', KIND.GenerateDataKeySpec, plaintext, context);
  world.state.usage.note(key, operation, world.requestId);
  const output = {
    PrivateKeyCiphertextBlob: blob.toString('base64'),
    PrivateKeyPlaintext: plaintext.toString('base64'),
    PublicKey: publicKey.toString('base64'),
    KeyId: keyArn(key),
    KeyPairSpec: specName ?? '',
    ...materialId('KeyMaterialId', key),
  };
  plaintext.fill(0);
  return output;
}

/** `CiphertextBlob` with the two members that say whether it must be there. */
function ciphertextMembers(members: RequestMembers): {
  blob: Buffer;
  ignoreCiphertext: boolean;
  dryRun: boolean;
} {
  const dryRun = members.boolean('DryRun');
  const ignoreCiphertext = members.choices('DryRunModifiers', MODIFIERS).includes('IGNORE_CIPHERTEXT');
  if (ignoreCiphertext && !dryRun)
    throw validationError('DryRunModifiers can only be specified when DryRun is true.');
  const blob = members.blob('CiphertextBlob', LENGTHS.ciphertextBlob);
  if (!ignoreCiphertext) members.requireMember('CiphertextBlob');
  return { blob: blob ?? Buffer.alloc(0), ignoreCiphertext, dryRun };
}

/** IGNORE_CIPHERTEXT: the key alone is judged, so it must be named. */
function judgeKeyAlone(
  world: RequestContext,
  keyId: string | null,
  member: string,
  algorithm: CipherAlgorithm,
  operation: string,
  ask: Ask,
): { readonly key: KeyRecord; readonly blob: null } {
  if (keyId === null)
    throw algorithm === 'SYMMETRIC_DEFAULT'
      ? validationError(`${member} is required when DryRunModifiers contains IGNORE_CIPHERTEXT.`)
      : keyIdNeeded(algorithm);
  const key = permittedKey(world, keyId, ask);
  checkKey(key, algorithm, operation);
  return { key, blob: null };
}

function refuseRecipient(members: RequestMembers): void {
  if (members.has('Recipient'))
    throw unsupported('The practice KMS has no Nitro enclaves: leave Recipient out.');
}

function materialId(member: string, key: KeyRecord): Output {
  return key.keyMaterialId === null ? {} : { [member]: key.keyMaterialId };
}
