import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  type ReEncryptCommandInput,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedPractice } from '../samples/sample-keys.ts';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';
import { PRACTICE_IDENTITIES, REFUSED_ACCESS_KEY_IDS } from './identities.ts';

const ROOT = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'kms:*',
  Resource: '*',
};
const CONTEXT = { app: 'payments' };

let kit: Kit;
let operator: KMSClient;
let auditor: KMSClient;
let partner: KMSClient;
let from: string;
let to: string;
let blob: Uint8Array | undefined;

beforeAll(async () => {
  kit = await startKit();
  const as = (name: keyof typeof PRACTICE_IDENTITIES) =>
    clientFor(kit.practice, { accessKeyId: PRACTICE_IDENTITIES[name].accessKeyId });
  [operator, auditor, partner] = [as('operator'), as('auditor'), as('partner')];
  [from, to] = [await kit.key('alias/from'), await kit.key('alias/to')];
  const made = await kit.client.send(
    new EncryptCommand({ KeyId: from, Plaintext: Buffer.from('p'), EncryptionContext: CONTEXT }),
  );
  blob = made.CiphertextBlob;
});
afterAll(async () => {
  for (const client of [operator, auditor, partner]) client.destroy();
  await kit.end();
});

const move = (input: Partial<ReEncryptCommandInput> = {}) =>
  new ReEncryptCommand({
    CiphertextBlob: blob,
    SourceKeyId: from,
    SourceEncryptionContext: CONTEXT,
    DestinationKeyId: to,
    ...input,
  });
const put = (KeyId: string, ...statements: unknown[]) =>
  kit.client.send(
    new PutKeyPolicyCommand({
      KeyId,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    }),
  );
const user = (name: string, action: string, resource: string) =>
  `User: arn:aws:iam::111122223333:user/${name} is not authorized to perform: kms:${action} on resource: ${resource} `;

describe('identities', () => {
  it('let the operator re-encrypt and nothing else', async () => {
    expect((await operator.send(move())).KeyId).toBe(to);
    await refused(
      operator.send(new DecryptCommand({ CiphertextBlob: blob, KeyId: from, EncryptionContext: CONTEXT })),
      'AccessDeniedException',
      `${user('practice-operator', 'Decrypt', from)}because no identity-based policy allows the kms:Decrypt action`,
    );
    // A key that the request does not name is not named by the refusal.
    await refused(
      operator.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: CONTEXT })),
      'AccessDeniedException',
      /^The ciphertext refers to a customer master key that does not exist/,
    );
    for (const [client, command, action] of [
      [operator, new ListKeysCommand({}), 'ListKeys'],
      [operator, new ListAliasesCommand({}), 'ListAliases'],
      [auditor, new CreateKeyCommand({}), 'CreateKey'],
    ] as const)
      await refused(
        client.send(command as ListKeysCommand),
        'AccessDeniedException',
        new RegExp(`kms:${action} on resource: \\* because no identity-based policy`),
      );
  });

  it('let the auditor look and nothing else', async () => {
    expect((await auditor.send(new ListKeysCommand({}))).Keys?.length).toBeGreaterThan(1);
    expect((await auditor.send(new DescribeKeyCommand({ KeyId: from }))).KeyMetadata?.Arn).toBe(from);
    await refused(
      auditor.send(move()),
      'AccessDeniedException',
      `${user('practice-auditor', 'ReEncryptFrom', from)}because no identity-based policy allows the kms:ReEncryptFrom action`,
    );
    await refused(
      auditor.send(new DisableKeyCommand({ KeyId: from })),
      'AccessDeniedException',
      /DisableKey/,
    );
    await refused(
      auditor.send(new CreateAliasCommand({ AliasName: 'alias/mine', TargetKeyId: from })),
      'AccessDeniedException',
      /kms:CreateAlias on resource: arn:aws:kms:us-east-1:111122223333:alias\/mine/,
    );
  });

  it('take an unknown access key id for the administrator, and refuse two that are known for it', async () => {
    const any = clientFor(kit.practice, { accessKeyId: 'AKIAWHATEVERITMAYBE1', sessionToken: 'x' });
    expect((await any.send(new ListKeysCommand({}))).Keys?.length).toBeGreaterThan(1);
    for (const [accessKeyId, name] of [
      [REFUSED_ACCESS_KEY_IDS.expired, 'ExpiredTokenException'],
      [REFUSED_ACCESS_KEY_IDS.unknown, 'UnrecognizedClientException'],
    ] as const)
      await refused(clientFor(kit.practice, { accessKeyId }).send(new ListKeysCommand({})), name);
  });
});

describe('key policies', () => {
  it('are the default one until another is put, and are given back as they were sent', async () => {
    const KeyId = await kit.key(null);
    const read = () => kit.client.send(new GetKeyPolicyCommand({ KeyId }));
    expect(JSON.parse((await read()).Policy ?? '')).toMatchObject({ Id: 'key-default-1', Statement: [ROOT] });
    const Policy = `{ "Statement" : [ ${JSON.stringify(ROOT)} ] }`;
    await kit.client.send(new PutKeyPolicyCommand({ KeyId, Policy, PolicyName: 'default' }));
    expect(await read()).toMatchObject({ Policy, PolicyName: 'default' });
    expect((await kit.client.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames).toEqual(['default']);
    await refused(
      kit.client.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'other' })),
      'NotFoundException',
    );
    const made = await kit.client.send(new CreateKeyCommand({ Policy }));
    const own = await kit.client.send(new GetKeyPolicyCommand({ KeyId: made.KeyMetadata?.KeyId }));
    expect(own.Policy).toBe(Policy);
  });

  it('say who may: none but those named, unless they name the account', async () => {
    const KeyId = await kit.key(null);
    const admin = { ...ROOT, Principal: { AWS: ['arn:aws:iam::111122223333:user/practice'] } };
    await put(KeyId, admin);
    await refused(
      operator.send(move({ DestinationKeyId: KeyId })),
      'AccessDeniedException',
      `${user('practice-operator', 'ReEncryptTo', KeyId)}because no resource-based policy allows the kms:ReEncryptTo action`,
    );
    expect((await kit.client.send(move({ DestinationKeyId: KeyId }))).KeyId).toBe(KeyId);
    // Named in the key policy, the auditor needs no policy of their own.
    await put(KeyId, admin, {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:user/practice-auditor' },
      Action: ['kms:encrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
    });
    const encrypt = new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') });
    expect((await auditor.send(encrypt)).KeyId).toBe(KeyId);
    await put(KeyId, { ...ROOT, Principal: { AWS: '111122223333' } });
    await refused(auditor.send(encrypt), 'AccessDeniedException', /no identity-based policy/);
    await put(KeyId, { ...ROOT, Principal: '*' });
    expect((await auditor.send(encrypt)).KeyId).toBe(KeyId);
  });

  it('deny before they allow, on conditions', async () => {
    const KeyId = await kit.key(null);
    const deny = (Condition: unknown) => ({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'kms:ReEncrypt*',
      Resource: '*',
      Condition,
    });
    const toIt = (context?: Record<string, string>) =>
      kit.client.send(move({ DestinationKeyId: KeyId, DestinationEncryptionContext: context }));
    const explicit = `${user('practice', 'ReEncryptTo', KeyId)}with an explicit deny in a resource-based policy`;

    await put(
      KeyId,
      ROOT,
      deny({ StringNotEquals: { 'kms:EncryptionContext:app': ['payments', 'orders'] } }),
    );
    await refused(toIt(), 'AccessDeniedException', explicit);
    await refused(toIt({ app: 'Payments' }), 'AccessDeniedException', explicit);
    const sealed = await toIt({ app: 'orders' });

    await put(KeyId, ROOT, deny({ Bool: { 'kms:ReEncryptOnSameKey': 'false' } }));
    await refused(toIt({ app: 'orders' }), 'AccessDeniedException', explicit);
    const same = move({
      CiphertextBlob: sealed.CiphertextBlob,
      SourceKeyId: KeyId,
      SourceEncryptionContext: { app: 'orders' },
      DestinationKeyId: KeyId,
    });
    expect((await kit.client.send(same)).SourceKeyId).toBe(KeyId);

    await put(KeyId, ROOT, deny({ 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': 'secret' } }));
    await refused(toIt({ secret: '1', app: 'x' }), 'AccessDeniedException', explicit);
    expect((await toIt({ app: 'x' })).KeyId).toBe(KeyId);
    await put(KeyId, ROOT, deny({ StringLike: { 'kms:RequestAlias': 'alias/t*' } }));
    expect((await toIt()).KeyId).toBe(KeyId);
    await kit.client.send(new CreateAliasCommand({ AliasName: 'alias/team', TargetKeyId: KeyId }));
    await refused(
      kit.client.send(move({ DestinationKeyId: 'alias/team' })),
      'AccessDeniedException',
      explicit,
    );
  });

  it('allow on conditions', async () => {
    const KeyId = await kit.key(null);
    await put(KeyId, ROOT, {
      Effect: 'Allow',
      Principal: { AWS: PRACTICE_IDENTITIES.auditor.arn },
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringEquals: { 'kms:EncryptionContext:App': 'a', 'kms:CallerAccount': '111122223333' } },
    });
    const encrypt = (EncryptionContext: Record<string, string>) =>
      auditor.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x'), EncryptionContext }));
    expect((await encrypt({ app: 'a', b: 'c' })).KeyId).toBe(KeyId);
    await refused(encrypt({ app: 'b' }), 'AccessDeniedException');
    await refused(encrypt({}), 'AccessDeniedException');
  });

  it('are refused when they cannot be read, judged or changed again', async () => {
    const KeyId = await kit.key(null);
    const bad = (Policy: string) => kit.client.send(new PutKeyPolicyCommand({ KeyId, Policy }));
    const malformed = 'MalformedPolicyDocumentException';
    for (const policy of [
      '{',
      '[]',
      '{}',
      '{"Statement":[]}',
      JSON.stringify({ Statement: [{ ...ROOT, Effect: 'Maybe' }] }),
      JSON.stringify({ Statement: [{ ...ROOT, Principal: { AWS: 'someone' } }] }),
      JSON.stringify({ Statement: [{ ...ROOT, Principal: undefined }] }),
      JSON.stringify({ Statement: [{ ...ROOT, Action: [] }] }),
      JSON.stringify({ Statement: [{ ...ROOT, Resource: undefined }] }),
      JSON.stringify({ Statement: [{ ...ROOT, Wrong: 1 }] }),
    ])
      await refused(bad(policy), malformed);
    for (const policy of [
      JSON.stringify({ Statement: [{ ...ROOT, NotAction: 'kms:Decrypt', Action: undefined }] }),
      JSON.stringify({
        Statement: [{ ...ROOT, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
      }),
      JSON.stringify({
        Statement: [{ ...ROOT, Condition: { StringEquals: { 'aws:PrincipalTag/x': 'y' } } }],
      }),
      JSON.stringify({ Statement: [{ ...ROOT, Resource: `arn:aws:kms:*:*:key/${'$'}{aws:username}` }] }),
    ])
      await refused(bad(policy), 'UnsupportedOperationException');
    const lockOut = JSON.stringify({
      Statement: [{ ...ROOT, Principal: { AWS: 'arn:aws:iam::111122223333:user/practice-auditor' } }],
    });
    await refused(bad(lockOut), malformed, /will not allow you to update the key policy in the future/);
    const large = JSON.stringify({ Statement: [{ ...ROOT, Sid: 'x'.repeat(33_000) }] });
    await refused(bad(large), 'LimitExceededException');
    await refused(bad('{"é":"✓"}'), 'ValidationException', /at 'policy'/);
    await kit.client.send(
      new PutKeyPolicyCommand({ KeyId, Policy: lockOut, BypassPolicyLockoutSafetyCheck: true }),
    );
    await refused(
      kit.client.send(new DescribeKeyCommand({ KeyId })),
      'AccessDeniedException',
      /no resource-based policy allows the kms:DescribeKey action$/,
    );
  });
});

describe('two accounts', () => {
  it('have keys and aliases of their own', async () => {
    const { KeyMetadata } = await partner.send(new CreateKeyCommand({}));
    expect(KeyMetadata?.Arn).toMatch(/^arn:aws:kms:us-east-1:444455556666:key\//);
    const own = { AliasName: 'alias/from', TargetKeyId: KeyMetadata?.KeyId };
    await partner.send(new CreateAliasCommand(own));
    expect((await partner.send(new DescribeKeyCommand({ KeyId: 'alias/from' }))).KeyMetadata?.Arn).toBe(
      KeyMetadata?.Arn,
    );
    expect((await kit.client.send(new DescribeKeyCommand({ KeyId: 'alias/from' }))).KeyMetadata?.Arn).toBe(
      from,
    );
    await refused(
      kit.client.send(new DescribeKeyCommand({ KeyId: KeyMetadata?.KeyId })),
      'NotFoundException',
    );
    const hidden =
      /on resource: arn:aws:kms:us-east-1:111122223333:key\/[0-9a-f-]+ because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access$/;
    const missing = from.replace(/[^/]+$/, '1234abcd-12ab-34cd-56ef-1234567890ab');
    for (const KeyId of [from, missing])
      await refused(partner.send(new DescribeKeyCommand({ KeyId })), 'AccessDeniedException', hidden);
  });

  it('meet where the key policy and the own policy both allow it', async () => {
    await seedPractice(kit.practice);
    const shared = 'arn:aws:kms:us-east-1:444455556666:alias/shared-with-practice';
    const sent = await operator.send(move({ DestinationKeyId: shared }));
    expect(sent.KeyId).toMatch(/:444455556666:key\//);
    const { CiphertextBlob } = sent;
    await refused(
      kit.client.send(new DecryptCommand({ CiphertextBlob })),
      'AccessDeniedException',
      /^The ciphertext refers/,
    );
    expect((await partner.send(new DecryptCommand({ CiphertextBlob }))).Plaintext).toHaveLength(1);
    await refused(
      auditor.send(new EncryptCommand({ KeyId: shared, Plaintext: Buffer.from('x') })),
      'AccessDeniedException',
      /because no identity-based policy allows the kms:Encrypt action$/,
    );
    // What no other account can do, whatever the policy says.
    const KeyId = await kit.key(null);
    await put(KeyId, ROOT, { ...ROOT, Principal: { AWS: 'arn:aws:iam::444455556666:root' } });
    expect((await partner.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn).toBe(KeyId);
    await refused(partner.send(new DisableKeyCommand({ KeyId })), 'AccessDeniedException');
  });
});
