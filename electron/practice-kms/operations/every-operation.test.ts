/** Every operation, and every refusal that an SDK can meet, through the AWS SDK's own client over HTTP. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as kms from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRACTICE_IDENTITIES } from '../access/identities.ts';
import { clientFor, type Kit, startKit } from '../testing/test-kit.ts';
import { OPERATIONS } from './index.ts';

type Members = Record<string, unknown>;
type AnyCommand = Parameters<kms.KMSClient['send']>[0];

const MISSING = '00000000-0000-4000-8000-000000000000';
const CONTEXT = { app: 'payments' };
const MESSAGE = Buffer.from('a message');

let kit: Kit;
/** Nothing is allowed to it but ReEncrypt. */
let operator: kms.KMSClient;
const succeeded = new Set<string>();
const refusals = new Set<string>();
const clients: kms.KMSClient[] = [];

/** The command of an operation, as the SDK exports it. */
function command(operation: string, members: Members): AnyCommand {
  const Command = Reflect.get(kms, `${operation}Command`) as new (input: Members) => AnyCommand;
  return new Command(members);
}

async function send(operation: string, members: Members, client = kit.client): Promise<Members> {
  try {
    const reply = (await client.send(command(operation, members))) as unknown as Members;
    succeeded.add(operation);
    return reply;
  } catch (error) {
    if (error instanceof kms.KMSServiceException) refusals.add(error.name);
    throw error;
  }
}

const refused = (operation: string, members: Members, client?: kms.KMSClient): Promise<string> =>
  send(operation, members, client).then(
    () => 'nothing',
    (error: unknown) => (error instanceof kms.KMSServiceException ? error.name : String(error)),
  );

const made = { symmetric: '', other: '', rsa: '', mac: '', disabled: '', pending: '', multi: '' };
let blob: Uint8Array;
let signature: Uint8Array;
let mac: Uint8Array;

beforeAll(async () => {
  kit = await startKit();
  operator = clientFor(kit.practice, { accessKeyId: PRACTICE_IDENTITIES.operator.accessKeyId });
  clients.push(operator);
  made.symmetric = await kit.key('alias/symmetric');
  made.other = await kit.key('alias/other');
  made.rsa = await kit.key('alias/rsa', { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
  made.mac = await kit.key('alias/mac', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  made.disabled = await kit.key('alias/disabled');
  made.pending = await kit.key('alias/pending');
  made.multi = await kit.key('alias/multi', { MultiRegion: true });
  const encrypted = await send('Encrypt', {
    KeyId: made.symmetric,
    Plaintext: MESSAGE,
    EncryptionContext: CONTEXT,
  });
  blob = encrypted.CiphertextBlob as Uint8Array;
  await send('DisableKey', { KeyId: made.disabled });
  await send('ScheduleKeyDeletion', { KeyId: made.pending, PendingWindowInDays: 7 });
  const signed = { Message: MESSAGE, SigningAlgorithm: 'RSASSA_PSS_SHA_256' };
  signature = (await send('Sign', { KeyId: made.rsa, ...signed })).Signature as Uint8Array;
  mac = (await send('GenerateMac', { KeyId: made.mac, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' }))
    .Mac as Uint8Array;
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await kit.end();
});

/**
 * Operations on one key with members that work under the key of `with`. Of each: a key that is not there, a caller who
 * may not, a member that is missing, and where KMS looks at the state a key that is disabled or going.
 */
const ON_A_KEY: readonly {
  readonly operation: string;
  readonly with?: keyof typeof made;
  readonly members?: () => Members;
  /** What refuses a disabled key, and one that is pending deletion; absent: neither is refused. */
  readonly states?: readonly [disabled: string | null, pending: string];
}[] = [
  { operation: 'DescribeKey' },
  { operation: 'GetKeyPolicy' },
  { operation: 'ListKeyPolicies' },
  { operation: 'GetKeyRotationStatus' },
  { operation: 'ListKeyRotations' },
  { operation: 'ListResourceTags' },
  { operation: 'ListGrants' },
  { operation: 'GetKeyLastUsage' },
  { operation: 'GetPublicKey', with: 'rsa' },
  { operation: 'EnableKeyRotation', states: ['DisabledException', 'KMSInvalidStateException'] },
  { operation: 'DisableKeyRotation', states: ['DisabledException', 'KMSInvalidStateException'] },
  { operation: 'RotateKeyOnDemand', states: ['DisabledException', 'KMSInvalidStateException'] },
  {
    operation: 'UpdateKeyDescription',
    members: () => ({ Description: 'said' }),
    states: [null, 'KMSInvalidStateException'],
  },
  {
    operation: 'TagResource',
    members: () => ({ Tags: [{ TagKey: 'a', TagValue: 'b' }] }),
    states: [null, 'KMSInvalidStateException'],
  },
  {
    operation: 'UntagResource',
    members: () => ({ TagKeys: ['a'] }),
    states: [null, 'KMSInvalidStateException'],
  },
  {
    operation: 'Encrypt',
    members: () => ({ Plaintext: MESSAGE }),
    states: ['DisabledException', 'KMSInvalidStateException'],
  },
  {
    operation: 'GenerateDataKey',
    members: () => ({ KeySpec: 'AES_256' }),
    states: ['DisabledException', 'KMSInvalidStateException'],
  },
  {
    operation: 'GenerateDataKeyWithoutPlaintext',
    members: () => ({ NumberOfBytes: 24 }),
    states: ['DisabledException', 'KMSInvalidStateException'],
  },
  {
    operation: 'GenerateDataKeyPair',
    members: () => ({ KeyPairSpec: 'ECC_NIST_P256' }),
    states: ['DisabledException', 'KMSInvalidStateException'],
  },
  {
    operation: 'GenerateDataKeyPairWithoutPlaintext',
    members: () => ({ KeyPairSpec: 'ECC_NIST_P384' }),
    states: ['DisabledException', 'KMSInvalidStateException'],
  },
  {
    operation: 'CreateGrant',
    members: () => ({ GranteePrincipal: PRACTICE_IDENTITIES.operator.arn, Operations: ['Decrypt'] }),
    states: ['DisabledException', 'KMSInvalidStateException'],
  },
  {
    operation: 'Sign',
    with: 'rsa',
    members: () => ({ Message: MESSAGE, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }),
  },
  {
    operation: 'Verify',
    with: 'rsa',
    members: () => ({ Message: MESSAGE, SigningAlgorithm: 'RSASSA_PSS_SHA_256', Signature: signature }),
  },
  {
    operation: 'GenerateMac',
    with: 'mac',
    members: () => ({ Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' }),
  },
  {
    operation: 'VerifyMac',
    with: 'mac',
    members: () => ({ Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256', Mac: mac }),
  },
];

describe.each(ON_A_KEY)(
  '$operation',
  ({ operation, with: name = 'symmetric', members = () => ({}), states }) => {
    it('answers, and refuses what KMS refuses', async () => {
      await send(operation, { KeyId: made[name], ...members() });
      expect(await refused(operation, { KeyId: MISSING, ...members() })).toBe('NotFoundException');
      expect(await refused(operation, { KeyId: made[name], ...members() }, operator)).toBe(
        'AccessDeniedException',
      );
      expect(await refused(operation, members())).toBe('ValidationException');
      const [disabled = null, pending = null] = states ?? [];
      if (disabled !== null)
        expect(await refused(operation, { KeyId: made.disabled, ...members() })).toBe(disabled);
      if (pending !== null)
        expect(await refused(operation, { KeyId: made.pending, ...members() })).toBe(pending);
    });
  },
);

describe('wrong usage', () => {
  const encryption = { KeyId: 'alias/rsa', Plaintext: MESSAGE };
  it.each<[string, () => Members]>([
    ['Encrypt', () => encryption],
    ['Encrypt', () => ({ ...encryption, KeyId: 'alias/mac' })],
    [
      'Encrypt',
      () => ({ ...encryption, KeyId: 'alias/symmetric', EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }),
    ],
    ['GenerateDataKey', () => ({ KeyId: 'alias/mac', KeySpec: 'AES_256' })],
    [
      'ReEncrypt',
      () => ({ CiphertextBlob: blob, SourceEncryptionContext: CONTEXT, DestinationKeyId: 'alias/rsa' }),
    ],
    [
      'ReEncrypt',
      () => ({ CiphertextBlob: blob, SourceEncryptionContext: CONTEXT, DestinationKeyId: 'alias/mac' }),
    ],
    ['Sign', () => ({ KeyId: made.symmetric, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' })],
    ['Sign', () => ({ KeyId: made.rsa, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' })],
    [
      'Verify',
      () => ({ KeyId: made.mac, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256', Signature: signature }),
    ],
    ['GenerateMac', () => ({ KeyId: made.rsa, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' })],
    ['GenerateMac', () => ({ KeyId: made.mac, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_512' })],
    [
      'VerifyMac',
      () => ({ KeyId: made.symmetric, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256', Mac: mac }),
    ],
  ])('%s is refused, with the usage or the algorithm named (%#)', async (operation, members) => {
    expect(await refused(operation, members())).toBe('InvalidKeyUsageException');
  });

  it('a signature or a MAC of something else is a refusal', async () => {
    const other = Buffer.from('another message');
    expect(
      await refused('Verify', {
        KeyId: made.rsa,
        Message: other,
        SigningAlgorithm: 'RSASSA_PSS_SHA_256',
        Signature: signature,
      }),
    ).toBe('KMSInvalidSignatureException');
    expect(
      await refused('VerifyMac', { KeyId: made.mac, Message: other, MacAlgorithm: 'HMAC_SHA_256', Mac: mac }),
    ).toBe('KMSInvalidMacException');
  });

  it('a digest is not signed as if it were a message', async () => {
    const asked = {
      KeyId: made.rsa,
      Message: MESSAGE,
      SigningAlgorithm: 'RSASSA_PSS_SHA_256',
      MessageType: 'DIGEST',
    };
    expect(await refused('Sign', asked)).toBe('UnsupportedOperationException');
  });

  it.each(['RSASSA_PKCS1_V1_5_SHA_384', 'RSASSA_PSS_SHA_512'])('%s verifies', async (SigningAlgorithm) => {
    const asked = { KeyId: made.rsa, Message: MESSAGE, SigningAlgorithm };
    const { Signature } = await send('Sign', asked);
    expect(await send('Verify', { ...asked, Signature })).toMatchObject({ SignatureValid: true });
  });
});

it.each(['SM2', 'ECC_SECG_P256K1', 'ML_DSA_65'])('a key of spec %s is refused by name', async (KeySpec) => {
  const error = await kit.client
    .send(new kms.CreateKeyCommand({ KeySpec: KeySpec as kms.KeySpec, KeyUsage: 'SIGN_VERIFY' }))
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'UnsupportedOperationException',
    message: expect.stringContaining(KeySpec),
  });
});

it('dry runs of all that has one', async () => {
  for (const [operation, members] of [
    ['Encrypt', { KeyId: made.symmetric, Plaintext: MESSAGE }],
    ['Decrypt', { CiphertextBlob: blob, EncryptionContext: CONTEXT }],
    ['ReEncrypt', { CiphertextBlob: blob, SourceEncryptionContext: CONTEXT, DestinationKeyId: made.other }],
    ['GenerateDataKey', { KeyId: made.symmetric, KeySpec: 'AES_256' }],
    ['GenerateDataKeyPair', { KeyId: made.symmetric, KeyPairSpec: 'ECC_NIST_P256' }],
    ['Sign', { KeyId: made.rsa, Message: MESSAGE, SigningAlgorithm: 'RSASSA_PSS_SHA_256' }],
    ['GenerateMac', { KeyId: made.mac, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' }],
    [
      'CreateGrant',
      { KeyId: made.symmetric, GranteePrincipal: PRACTICE_IDENTITIES.operator.arn, Operations: ['Decrypt'] },
    ],
  ] as const)
    expect(await refused(operation, { ...members, DryRun: true }), operation).toBe(
      'DryRunOperationException',
    );
});

it('ciphertext: opens, moves, and is refused where it is not what it was', async () => {
  expect((await send('Decrypt', { CiphertextBlob: blob, EncryptionContext: CONTEXT })).KeyId).toBe(
    made.symmetric,
  );
  const moved = await send('ReEncrypt', {
    CiphertextBlob: blob,
    SourceEncryptionContext: CONTEXT,
    DestinationKeyId: made.other,
  });
  expect(moved).toMatchObject({ KeyId: made.other, SourceKeyId: made.symmetric });
  expect(await refused('Decrypt', { CiphertextBlob: blob })).toBe('InvalidCiphertextException');
  expect(
    await refused('Decrypt', { CiphertextBlob: blob, EncryptionContext: CONTEXT, KeyId: made.other }),
  ).toBe('IncorrectKeyException');
  expect(await refused('Decrypt', { CiphertextBlob: Buffer.alloc(7000) })).toBe('ValidationException');
  expect(await refused('Decrypt', { CiphertextBlob: blob, GrantTokens: ['AAAA'] })).toBe(
    'InvalidGrantTokenException',
  );
});

it('keys, aliases, grants, policies, tags, Regions', async () => {
  const { KeyMetadata } = await send('CreateKey', { Description: 'one more' });
  const { KeyId } = KeyMetadata as { KeyId: string };
  expect(await refused('CreateAlias', { AliasName: 'alias/symmetric', TargetKeyId: KeyId })).toBe(
    'AlreadyExistsException',
  );
  expect(await refused('CreateAlias', { AliasName: 'alias/aws/mine', TargetKeyId: KeyId })).toBe(
    'NotAuthorizedException',
  );
  await send('CreateAlias', { AliasName: 'alias/more', TargetKeyId: KeyId });
  await send('UpdateAlias', { AliasName: 'alias/more', TargetKeyId: made.other });
  await send('ListAliases', {});
  expect(await refused('ListAliases', { Marker: 'nonsense' })).toBe('InvalidMarkerException');
  await send('DeleteAlias', { AliasName: 'alias/more' });
  expect(await refused('DeleteAlias', { AliasName: 'alias/more' })).toBe('NotFoundException');
  await send('ListKeys', {});
  await send('DisableKey', { KeyId });
  await send('EnableKey', { KeyId });
  await send('ScheduleKeyDeletion', { KeyId });
  await send('CancelKeyDeletion', { KeyId });
  expect(await refused('CancelKeyDeletion', { KeyId })).toBe('KMSInvalidStateException');
  // A key that was to be deleted is disabled afterwards.
  await send('EnableKey', { KeyId });

  const { Policy } = await send('GetKeyPolicy', { KeyId });
  await send('PutKeyPolicy', { KeyId, Policy });
  expect(await refused('PutKeyPolicy', { KeyId, Policy: '{' })).toBe('MalformedPolicyDocumentException');
  expect(await refused('TagResource', { KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] })).toBe(
    'TagException',
  );
  expect(await refused('DescribeKey', { KeyId: 5 })).toBe('SerializationException');

  expect(
    await refused('CreateGrant', { KeyId, GranteePrincipal: 'not-an-arn', Operations: ['Encrypt'] }),
  ).toBe('InvalidArnException');
  const grantee = PRACTICE_IDENTITIES.operator.arn;
  const grant = () =>
    send('CreateGrant', {
      KeyId,
      GranteePrincipal: grantee,
      RetiringPrincipal: PRACTICE_IDENTITIES.admin.arn,
      Operations: ['Encrypt'],
    });
  const first = await grant();
  await send('ListRetirableGrants', { RetiringPrincipal: PRACTICE_IDENTITIES.admin.arn });
  await send('RetireGrant', { GrantToken: first.GrantToken });
  const { GrantId } = await grant();
  await send('RevokeGrant', { KeyId, GrantId });
  expect(await refused('RevokeGrant', { KeyId, GrantId })).toBe('NotFoundException');

  await send('ReplicateKey', { KeyId: made.multi, ReplicaRegion: 'eu-west-1' });
  expect(await refused('ReplicateKey', { KeyId: made.multi, ReplicaRegion: 'eu-west-1' })).toBe(
    'AlreadyExistsException',
  );
  expect(await refused('ReplicateKey', { KeyId, ReplicaRegion: 'eu-west-1' })).toBe(
    'UnsupportedOperationException',
  );
});

it('limits: on-demand rotations of a key', async () => {
  let last = '';
  for (let n = 0; n < 30 && last === ''; n++)
    last = (await refused('RotateKeyOnDemand', { KeyId: made.other })).replace('nothing', '');
  expect(last).toBe('LimitExceededException');
});

it('who a caller is: an ended session, a revoked key, faults of the service', async () => {
  for (const [accessKeyId, code] of [
    ['ASIAPRACTICEEXPIREDX', 'ExpiredTokenException'],
    ['AKIAPRACTICEREVOKEDX', 'UnrecognizedClientException'],
  ] as const) {
    const client = clientFor(kit.practice, { accessKeyId });
    clients.push(client);
    expect(await refused('ListKeys', {}, client)).toBe(code);
  }
  for (const [kind, code] of [
    ['internal', 'KMSInternalException'],
    ['dependency-timeout', 'DependencyTimeoutException'],
    ['key-unavailable', 'KeyUnavailableException'],
    ['throttling', 'ThrottlingException'],
  ] as const) {
    kit.practice.faults.set([{ kind }]);
    expect(await refused('ListKeys', {}), kind).toBe(code);
  }
  kit.practice.faults.clear();
  expect(await refused('UpdatePrimaryRegion', { KeyId: made.multi, PrimaryRegion: 'eu-west-1' })).toBe(
    'UnknownOperationException',
  );
});

/** Of requests that no SDK sends: `http-server.test.ts`. */
const NOT_FROM_AN_SDK = [
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'RequestEntityTooLargeException',
];

it('nothing is left out: every operation was answered, and every refusal that the sources name was met', () => {
  expect([...OPERATIONS.keys()].filter((name) => !succeeded.has(name))).toEqual([]);
  const folder = join(import.meta.dirname, '..');
  const named = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/KmsError\(\s*'(\w+)'/g)].map(
        ([, code]) => code ?? '',
      ),
    );
  const wanted = new Set(named.filter((code) => !NOT_FROM_AN_SDK.includes(code)));
  expect(wanted.size).toBeGreaterThan(20);
  expect([...wanted].filter((code) => !refusals.has(code)).sort()).toEqual([]);
});
