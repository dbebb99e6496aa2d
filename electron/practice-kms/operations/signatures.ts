/** `Sign`, `Verify`, `GenerateMac`, `VerifyMac`: what keys that are not for encryption are for. */
import {
  constants,
  createHmac,
  createPublicKey,
  type SignKeyObjectInput,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { permittedKey } from '../access/authorize.ts';
import { checkGrantTokens } from '../access/grants.ts';
import type { RequestContext } from '../access/identities.ts';
import { KEY_SPECS, type KeyUsage } from '../crypto/key-specs.ts';
import { dryRunSucceeded, KmsError, unsupported, wrongAlgorithm, wrongUsage } from '../protocol/errors.ts';
import { LENGTHS, type Output, type RequestMembers } from '../protocol/members.ts';
import { type KeyRecord, keyArn } from '../state/records.ts';
import { checkEnabled } from './cipher-sides.ts';

/** `SigningAlgorithmSpec` and `MacAlgorithmSpec` of the service model. */
const SIGNING = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA',
  'ML_DSA_SHAKE_256',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
] as const;
const MACS = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const;
/** Bytes of a message, a signature and a MAC (API reference). */
const MESSAGE = { min: 1, max: 4096 };
const SIGNATURE = { min: 1, max: 6144 };

/** `Sign`. The practice KMS hashes the message itself: a digest is refused, not signed as if it were the message. */
export function signOperation(world: RequestContext, members: RequestMembers): Output {
  const asked = signatureMembers(members);
  members.check();
  const key = signingKey(world, asked, 'Sign');
  const signature = sign(digestOf(asked.algorithm), asked.message, keyInput(key, asked.algorithm));
  world.state.usage.note(key, 'Sign', world.requestId);
  return { KeyId: keyArn(key), Signature: signature.toString('base64'), SigningAlgorithm: asked.algorithm };
}

/** `Verify`: a signature that does not fit is a refusal, not `SignatureValid: false` (API reference). */
export function verifyOperation(world: RequestContext, members: RequestMembers): Output {
  const asked = signatureMembers(members);
  const signature = members.requiredBlob('Signature', SIGNATURE);
  members.check();
  const key = signingKey(world, asked, 'Verify');
  const input = { ...keyInput(key, asked.algorithm), key: createPublicKey(key.material) };
  if (!verify(digestOf(asked.algorithm), asked.message, input, signature))
    throw new KmsError('KMSInvalidSignatureException', null);
  world.state.usage.note(key, 'Verify', world.requestId);
  return { KeyId: keyArn(key), SignatureValid: true, SigningAlgorithm: asked.algorithm };
}

/** `GenerateMac`. */
export function generateMac(world: RequestContext, members: RequestMembers): Output {
  const { key, algorithm, mac } = newMac(world, members, 'GenerateMac', () => {});
  return { KeyId: keyArn(key), Mac: mac.toString('base64'), MacAlgorithm: algorithm };
}

/** `VerifyMac`: a MAC that does not fit is a refusal, not `MacValid: false` (API reference). */
export function verifyMac(world: RequestContext, members: RequestMembers): Output {
  let given: Buffer = Buffer.alloc(0);
  const { key, algorithm, mac } = newMac(world, members, 'VerifyMac', () => {
    given = members.requiredBlob('Mac', SIGNATURE);
  });
  if (given.length !== mac.length || !timingSafeEqual(given, mac))
    throw new KmsError('KMSInvalidMacException', null);
  return { KeyId: keyArn(key), MacValid: true, MacAlgorithm: algorithm };
}

interface AskedSignature {
  readonly keyId: string;
  readonly message: Buffer;
  readonly type: 'RAW' | 'DIGEST' | 'EXTERNAL_MU' | null;
  readonly algorithm: string;
  readonly grantTokens: readonly string[];
  readonly dryRun: boolean;
}

function signatureMembers(members: RequestMembers): AskedSignature {
  const algorithm = members.choice('SigningAlgorithm', SIGNING);
  members.requireMember('SigningAlgorithm');
  return {
    keyId: members.requiredString('KeyId', LENGTHS.keyId),
    message: members.requiredBlob('Message', MESSAGE),
    type: members.choice('MessageType', ['RAW', 'DIGEST', 'EXTERNAL_MU']),
    algorithm: algorithm ?? '',
    grantTokens: members.grantTokens(),
    dryRun: members.boolean('DryRun'),
  };
}

function signingKey(world: RequestContext, asked: AskedSignature, operation: string): KeyRecord {
  checkGrantTokens(world, asked.grantTokens);
  const key = permittedKey(world, asked.keyId, { action: operation });
  checkUse(key, 'SIGN_VERIFY', asked.algorithm, operation);
  if (asked.type !== null && asked.type !== 'RAW')
    throw unsupported('The practice KMS signs messages, and no digests: MessageType must be RAW.');
  if (asked.dryRun) throw dryRunSucceeded();
  return key;
}

/** `more` reads what an operation has beside the members of both. */
function newMac(
  world: RequestContext,
  members: RequestMembers,
  operation: string,
  more: () => void,
): { readonly key: KeyRecord; readonly algorithm: string; readonly mac: Buffer } {
  const keyId = members.requiredString('KeyId', LENGTHS.keyId);
  const message = members.requiredBlob('Message', MESSAGE);
  const algorithm = members.choice('MacAlgorithm', MACS) ?? '';
  members.requireMember('MacAlgorithm');
  const grantTokens = members.grantTokens();
  const dryRun = members.boolean('DryRun');
  more();
  members.check();
  checkGrantTokens(world, grantTokens);
  const key = permittedKey(world, keyId, { action: operation });
  checkUse(key, 'GENERATE_VERIFY_MAC', algorithm, operation);
  if (dryRun) throw dryRunSucceeded();
  world.state.usage.note(key, operation, world.requestId);
  return { key, algorithm, mac: createHmac(digestOf(algorithm), key.material).update(message).digest() };
}

/** @throws KmsError InvalidKeyUsageException, DisabledException, KMSInvalidStateException. */
function checkUse(key: KeyRecord, usage: KeyUsage, algorithm: string, operation: string): void {
  if (key.keyUsage !== usage) throw wrongUsage(keyArn(key), key.keyUsage, operation);
  const spec = KEY_SPECS.get(key.keySpec);
  if (!spec?.signing.includes(algorithm) && !spec?.mac.includes(algorithm))
    throw wrongAlgorithm(algorithm, key.keySpec);
  checkEnabled(key);
}

/** Node's name of the hash: the last digits of an algorithm's name. */
const digestOf = (algorithm: string): string => `sha${algorithm.slice(-3)}`;

/** ECDSA signatures are DER (ANSI X9.62), the salt of PSS is as long as the hash (API reference). */
function keyInput({ material }: KeyRecord, algorithm: string): SignKeyObjectInput {
  return algorithm.startsWith('RSASSA_PSS')
    ? {
        key: material,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }
    : { key: material };
}
