import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetPublicKeyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  paginateListAliases,
  paginateListKeys,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Kit, refused, startKit } from '../testing/test-kit.ts';

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
});
afterAll(() => kit.end());

const create = (input: CreateKeyCommandInput) => kit.client.send(new CreateKeyCommand(input));
const describeKey = async (KeyId: string) =>
  (await kit.client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

describe('CreateKey and DescribeKey', () => {
  it('make a symmetric key and tell all of it', async () => {
    const before = Date.now();
    const { KeyMetadata: key } = await create({ Description: 'a key for Übung' });
    expect(key).toEqual({
      AWSAccountId: '111122223333',
      KeyId: key?.Arn?.split('/')[1],
      Arn: expect.stringMatching(/^arn:aws:kms:us-east-1:111122223333:key\/[0-9a-f-]{36}$/),
      CreationDate: expect.any(Date),
      Enabled: true,
      Description: 'a key for Übung',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager: 'CUSTOMER',
      CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
      CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(Math.abs((key?.CreationDate?.getTime() ?? 0) - before)).toBeLessThan(60_000);
    expect(await describeKey(key?.KeyId ?? '')).toEqual(key);
  });

  it.each([
    ['RSA_2048', 'ENCRYPT_DECRYPT', { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] }],
    ['RSA_3072', 'ENCRYPT_DECRYPT', { EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'] }],
    ['RSA_2048', 'SIGN_VERIFY', { SigningAlgorithms: expect.arrayContaining(['RSASSA_PSS_SHA_256']) }],
    ['ECC_NIST_P256', 'SIGN_VERIFY', { SigningAlgorithms: ['ECDSA_SHA_256'] }],
    ['HMAC_384', 'GENERATE_VERIFY_MAC', { MacAlgorithms: ['HMAC_SHA_384'] }],
  ] as const)('make %s for %s', async (KeySpec, KeyUsage, algorithms) => {
    const { KeyMetadata: key } = await create({ KeySpec, KeyUsage });
    expect(key).toMatchObject({ KeySpec, KeyUsage, ...algorithms });
    expect(key?.CurrentKeyMaterialId).toBeUndefined();
  });

  it('refuse what does not go together or is not here', async () => {
    await refused(create({ KeySpec: 'RSA_2048' }), 'ValidationException', /You must specify a KeyUsage/);
    await refused(
      create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' }),
      'ValidationException',
      /not compatible/,
    );
    await refused(create({ KeyUsage: 'SIGN_VERIFY' }), 'ValidationException');
    await refused(
      create({ KeySpec: 'RSA_512' as 'RSA_2048' }),
      'ValidationException',
      /Value 'RSA_512' at 'keySpec'/,
    );
    for (const input of [{ Origin: 'EXTERNAL' as const }, { CustomKeyStoreId: 'cks-1' }, { XksKeyId: 'x' }])
      await refused(create(input), 'UnsupportedOperationException');
    await refused(
      describeKey('alias/none'),
      'NotFoundException',
      'Alias arn:aws:kms:us-east-1:111122223333:alias/none is not found.',
    );
  });
});

describe('key state', () => {
  it('goes through disabled and pending deletion, and back', async () => {
    const KeyId = await kit.key('alias/state');
    await kit.client.send(new DisableKeyCommand({ KeyId }));
    await kit.client.send(new DisableKeyCommand({ KeyId }));
    expect(await describeKey(KeyId)).toMatchObject({ KeyState: 'Disabled', Enabled: false });
    const scheduled = await kit.client.send(
      new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }),
    );
    expect(scheduled).toMatchObject({ KeyId, KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
    const days = ((scheduled.DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
    expect((await describeKey(KeyId))?.DeletionDate).toEqual(scheduled.DeletionDate);
    await refused(
      kit.client.send(new EnableKeyCommand({ KeyId })),
      'KMSInvalidStateException',
      `${KeyId} is pending deletion.`,
    );
    await refused(kit.client.send(new DisableKeyCommand({ KeyId })), 'KMSInvalidStateException');
    await refused(kit.client.send(new ScheduleKeyDeletionCommand({ KeyId })), 'KMSInvalidStateException');
    await refused(
      kit.client.send(new CreateAliasCommand({ AliasName: 'alias/late', TargetKeyId: KeyId })),
      'KMSInvalidStateException',
    );
    expect((await kit.client.send(new CancelKeyDeletionCommand({ KeyId }))).KeyId).toBe(KeyId);
    const cancelled = await describeKey(KeyId);
    expect(cancelled?.KeyState).toBe('Disabled');
    expect(cancelled?.DeletionDate).toBeUndefined();
    await refused(
      kit.client.send(new CancelKeyDeletionCommand({ KeyId })),
      'KMSInvalidStateException',
      `${KeyId} is not pending deletion.`,
    );
    await kit.client.send(new EnableKeyCommand({ KeyId }));
    expect((await describeKey(KeyId))?.KeyState).toBe('Enabled');
  });

  it('takes no alias, and a window of 7 to 30 days', async () => {
    const KeyId = await kit.key('alias/window');
    for (const command of [
      new DisableKeyCommand({ KeyId: 'alias/window' }),
      new ScheduleKeyDeletionCommand({ KeyId: 'arn:aws:kms:us-east-1:111122223333:alias/window' }),
    ])
      await refused(kit.client.send(command as DisableKeyCommand), 'NotFoundException', /^Invalid keyId/);
    for (const PendingWindowInDays of [0, 6, 31, 366])
      await refused(
        kit.client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays })),
        'ValidationException',
      );
  });
});

describe('GetPublicKey', () => {
  it('gives the public half of key pairs alone', async () => {
    const KeyId = await kit.key('alias/public', { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    const found = await kit.client.send(new GetPublicKeyCommand({ KeyId: 'alias/public' }));
    expect(found).toMatchObject({
      KeyId,
      KeySpec: 'RSA_2048',
      KeyUsage: 'ENCRYPT_DECRYPT',
      EncryptionAlgorithms: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    });
    expect(found.PublicKey?.length).toBe(294);
    await kit.client.send(new DisableKeyCommand({ KeyId }));
    await refused(kit.client.send(new GetPublicKeyCommand({ KeyId })), 'DisabledException');
    await refused(
      kit.client.send(new GetPublicKeyCommand({ KeyId: await kit.key(null) })),
      'UnsupportedOperationException',
    );
  });
});

describe('aliases and lists', () => {
  it('come in pages that hold everything once', async () => {
    const keys = await Promise.all(Array.from({ length: 7 }, () => kit.key(null)));
    for (const [at, TargetKeyId] of keys.entries())
      await kit.client.send(new CreateAliasCommand({ AliasName: `alias/page-${at}`, TargetKeyId }));
    const listed: string[] = [];
    let pages = 0;
    for await (const page of paginateListAliases({ client: kit.client, pageSize: 3 }, {})) {
      pages += 1;
      expect(page.Aliases?.length).toBeLessThanOrEqual(3);
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      listed.push(...(page.Aliases ?? []).map((alias) => alias.AliasName ?? ''));
    }
    expect(pages).toBeGreaterThan(2);
    expect(listed).toEqual([...new Set(listed)].sort());
    for (let at = 0; at < 7; at += 1) expect(listed).toContain(`alias/page-${at}`);

    const keyArns: string[] = [];
    for await (const page of paginateListKeys({ client: kit.client, pageSize: 4 }, {}))
      keyArns.push(...(page.Keys ?? []).map((key) => key.KeyArn ?? ''));
    expect(new Set(keyArns).size).toBe(keyArns.length);
    for (const key of keys) expect(keyArns).toContain(key);

    const whole = await kit.client.send(new ListKeysCommand({ Limit: 1000 }));
    expect(whole).toMatchObject({ Truncated: false });
    expect(whole.NextMarker).toBeUndefined();
    expect(whole.Keys?.length).toBe(keyArns.length);
  });

  it('refuse limits and markers that are not theirs', async () => {
    await refused(
      kit.client.send(new ListAliasesCommand({ Limit: 101 })),
      'ValidationException',
      /equal to 100$/,
    );
    await refused(kit.client.send(new ListKeysCommand({ Limit: 0 })), 'ValidationException');
    await refused(kit.client.send(new ListKeysCommand({ Limit: 1001 })), 'ValidationException');
    await refused(kit.client.send(new ListKeysCommand({ Marker: 'made up' })), 'InvalidMarkerException');
  });

  it('are made, listed, moved and removed', async () => {
    const [one, two] = [await kit.key('alias/team/one'), await kit.key(null)];
    const AliasName = 'alias/team/one';
    const of = async (KeyId: string) =>
      (await kit.client.send(new ListAliasesCommand({ KeyId }))).Aliases ?? [];
    expect(await of(one)).toEqual([
      {
        AliasName,
        AliasArn: 'arn:aws:kms:us-east-1:111122223333:alias/team/one',
        TargetKeyId: one.split('/')[1],
        CreationDate: expect.any(Date),
        LastUpdatedDate: expect.any(Date),
      },
    ]);
    await refused(
      kit.client.send(new CreateAliasCommand({ AliasName, TargetKeyId: two })),
      'AlreadyExistsException',
    );
    expect((await describeKey(AliasName))?.Arn).toBe(one);
    await kit.client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: two }));
    expect((await describeKey(AliasName))?.Arn).toBe(two);
    const rsa = await kit.key(null, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await refused(
      kit.client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: rsa })),
      'ValidationException',
    );
    await kit.client.send(new DeleteAliasCommand({ AliasName }));
    await refused(describeKey(AliasName), 'NotFoundException');
    await refused(kit.client.send(new DeleteAliasCommand({ AliasName })), 'NotFoundException');
    expect((await describeKey(two))?.KeyState).toBe('Enabled');
  });

  it('have names as KMS wants them', async () => {
    const TargetKeyId = await kit.key(null);
    const make = (AliasName: string, target = TargetKeyId) =>
      kit.client.send(new CreateAliasCommand({ AliasName, TargetKeyId: target }));
    await refused(make('payments'), 'ValidationException', /must start with the prefix "alias\/"/);
    await refused(make('alias/'), 'ValidationException');
    await refused(make('alias/a b'), 'ValidationException', /regular expression/);
    await refused(make('alias/aws/s3'), 'NotAuthorizedException');
    await refused(make(`alias/${'x'.repeat(256)}`), 'ValidationException', /256$/);
    await refused(
      make('alias/x', 'alias/other'),
      'ValidationException',
      'Aliases must refer to keys. Not aliases',
    );
  });
});

describe('UpdateKeyDescription', () => {
  const update = (KeyId: string, Description: string) =>
    kit.client.send(new UpdateKeyDescriptionCommand({ KeyId, Description }));

  it('changes what DescribeKey tells, of a disabled key too', async () => {
    const { KeyMetadata: key } = await create({ Description: 'old' });
    const id = key?.KeyId ?? '';
    await update(id, 'new');
    expect((await describeKey(id))?.Description).toBe('new');
    await kit.client.send(new DisableKeyCommand({ KeyId: id }));
    await update(key?.Arn ?? '', '');
    expect((await describeKey(id))?.Description).toBe('');
  });

  it('refuses a key pending deletion, an alias, a key that is not, and a description too long', async () => {
    const { KeyMetadata: key } = await create({});
    const id = key?.KeyId ?? '';
    await refused(update(id, 'x'.repeat(8193)), 'ValidationException');
    await kit.client.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    await refused(update(id, 'x'), 'KMSInvalidStateException');
    await refused(update('00000000-0000-4000-8000-000000000000', 'x'), 'NotFoundException');
    await refused(update('alias/main', 'x'), 'NotFoundException');
  });
});
