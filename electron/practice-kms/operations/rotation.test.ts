import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';

let kit: Kit;
let ireland: KMSClient;
beforeAll(async () => {
  kit = await startKit();
  ireland = clientFor(kit.practice, { region: 'eu-west-1' });
});
afterAll(async () => {
  ireland.destroy();
  await kit.end();
});

async function seal(KeyId: string, client = kit.client): Promise<Uint8Array> {
  const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('p') }));
  return CiphertextBlob ?? new Uint8Array();
}
const fingerprint = (blob: Uint8Array) => Buffer.from(blob.subarray(5, 37)).toString('hex');
const rotate = (KeyId: string, client = kit.client) => client.send(new RotateKeyOnDemandCommand({ KeyId }));
const current = async (KeyId: string, client = kit.client) =>
  (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId;
const multiRegionKey = async (): Promise<string> => {
  const { KeyMetadata } = await kit.client.send(new CreateKeyCommand({ MultiRegion: true }));
  return KeyMetadata?.Arn ?? '';
};

describe('rotation on demand', () => {
  it('gives new material, while the old goes on to decrypt', async () => {
    const KeyId = await kit.key(null);
    const [before, oldId] = [await seal(KeyId), await current(KeyId)];
    expect((await rotate(KeyId)).KeyId).toBe(KeyId);
    const [after, newId] = [await seal(KeyId), await current(KeyId)];
    expect(fingerprint(after)).not.toBe(fingerprint(before));
    expect(newId).not.toBe(oldId);
    for (const [CiphertextBlob, id] of [
      [before, oldId],
      [after, newId],
    ] as const) {
      const opened = await kit.client.send(new DecryptCommand({ CiphertextBlob, KeyId }));
      expect(opened).toMatchObject({ KeyId, KeyMaterialId: id });
    }
    const moved = await kit.client.send(
      new ReEncryptCommand({ CiphertextBlob: before, DestinationKeyId: KeyId }),
    );
    expect(moved).toMatchObject({ SourceKeyMaterialId: oldId, DestinationKeyMaterialId: newId });
    expect(fingerprint(moved.CiphertextBlob ?? before)).toBe(fingerprint(after));
  });

  it('is listed with key material ids, in pages', async () => {
    const KeyId = await kit.key(null);
    const ids = [await current(KeyId)];
    for (let round = 0; round < 2; round += 1) {
      await rotate(KeyId);
      ids.push(await current(KeyId));
    }
    const list = (input: Partial<ConstructorParameters<typeof ListKeyRotationsCommand>[0]> = {}) =>
      kit.client.send(new ListKeyRotationsCommand({ KeyId, ...input }));
    const rotations = (await list()).Rotations ?? [];
    expect(rotations.map((entry) => entry.KeyMaterialId)).toEqual(ids.slice(1));
    for (const entry of rotations)
      expect(entry).toMatchObject({ RotationType: 'ON_DEMAND', RotationDate: expect.any(Date) });
    const whole = (await list({ IncludeKeyMaterial: 'ALL_KEY_MATERIAL' })).Rotations ?? [];
    expect(whole.map((entry) => [entry.KeyMaterialId, entry.KeyMaterialState])).toEqual([
      [ids[0], 'NON_CURRENT'],
      [ids[1], 'NON_CURRENT'],
      [ids[2], 'CURRENT'],
    ]);
    expect(whole[0]?.RotationDate).toBeUndefined();
    const page = await list({ IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 2 });
    expect(page).toMatchObject({ Truncated: true });
    const rest = await list({ IncludeKeyMaterial: 'ALL_KEY_MATERIAL', Limit: 2, Marker: page.NextMarker });
    expect(rest.Rotations?.map((entry) => entry.KeyMaterialId)).toEqual([ids[2]]);
  });

  it('ends after 25, and is refused where there is none', async () => {
    const KeyId = await kit.key(null);
    const first = await seal(KeyId);
    for (let round = 0; round < 25; round += 1) await rotate(KeyId);
    await refused(rotate(KeyId), 'LimitExceededException', /25/);
    await kit.client.send(new DecryptCommand({ CiphertextBlob: first }));
    await kit.client.send(new DisableKeyCommand({ KeyId }));
    await refused(rotate(KeyId), 'DisabledException');
    const rsa = await kit.key(null, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await refused(rotate(rsa), 'UnsupportedOperationException');
    await refused(
      kit.client.send(new GetKeyRotationStatusCommand({ KeyId: rsa })),
      'UnsupportedOperationException',
    );
    await refused(rotate('alias/some'), 'NotFoundException', /^Invalid keyId/);
  });
});

describe('automatic rotation', () => {
  it('is switched on and off, with its period and date', async () => {
    const KeyId = await kit.key(null);
    const status = () => kit.client.send(new GetKeyRotationStatusCommand({ KeyId }));
    const enable = (RotationPeriodInDays?: number) =>
      kit.client.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays }));
    expect(await status()).toMatchObject({ KeyId, KeyRotationEnabled: false });
    await enable();
    expect(await status()).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 365 });
    await enable(90);
    const { NextRotationDate, ...rest } = await status();
    expect(rest).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 });
    expect(((NextRotationDate?.getTime() ?? 0) - Date.now()) / 86_400_000).toBeCloseTo(90, 1);
    for (const days of [89, 2561]) await refused(enable(days), 'ValidationException');
    await kit.client.send(new DisableKeyRotationCommand({ KeyId }));
    const off = await status();
    expect(off.KeyRotationEnabled).toBe(false);
    expect(off.NextRotationDate).toBeUndefined();
  });

  it('happens when its date has come', async () => {
    const KeyId = await kit.key(null);
    const old = await seal(KeyId);
    await kit.client.send(new EnableKeyRotationCommand({ KeyId }));
    const db = new DatabaseSync(join(kit.stateDir, 'practice-kms.sqlite'), { timeout: 5000 });
    db.prepare('UPDATE keys SET rotates_at = 1 WHERE key_id = ?').run(KeyId.split('/')[1] ?? '');
    db.close();
    const { Rotations } = await kit.client.send(new ListKeyRotationsCommand({ KeyId }));
    expect(Rotations).toMatchObject([{ RotationType: 'AUTOMATIC', KeyMaterialState: 'CURRENT' }]);
    const status = await kit.client.send(new GetKeyRotationStatusCommand({ KeyId }));
    expect(status.NextRotationDate?.getTime()).toBeGreaterThan(Date.now());
    expect(fingerprint(await seal(KeyId))).not.toBe(fingerprint(old));
    await kit.client.send(new DecryptCommand({ CiphertextBlob: old }));
  });
});

describe('multi-Region keys', () => {
  it('are one key in two Regions: same id, material and fingerprint', async () => {
    const primary = await multiRegionKey();
    expect(primary).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\/mrk-[0-9a-f]{32}$/);
    const old = await seal(primary);
    await rotate(primary);
    const made = await kit.client.send(
      new ReplicateKeyCommand({
        KeyId: primary,
        ReplicaRegion: 'eu-west-1',
        Tags: [{ TagKey: 'a', TagValue: 'b' }],
      }),
    );
    const replica = primary.replace('us-east-1', 'eu-west-1');
    const configuration = {
      PrimaryKey: { Arn: primary, Region: 'us-east-1' },
      ReplicaKeys: [{ Arn: replica, Region: 'eu-west-1' }],
    };
    expect(made).toMatchObject({
      ReplicaKeyMetadata: {
        Arn: replica,
        MultiRegion: true,
        MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', ...configuration },
      },
      ReplicaTags: [{ TagKey: 'a', TagValue: 'b' }],
    });
    const { KeyMetadata } = await kit.client.send(new DescribeKeyCommand({ KeyId: primary }));
    expect(KeyMetadata?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: 'PRIMARY',
      ...configuration,
    });
    const there = await seal(replica, ireland);
    expect(fingerprint(there)).toBe(fingerprint(await seal(primary)));
    for (const CiphertextBlob of [old, there, await seal(primary)])
      expect((await ireland.send(new DecryptCommand({ CiphertextBlob }))).KeyId).toBe(replica);
    expect((await kit.client.send(new DecryptCommand({ CiphertextBlob: there }))).KeyId).toBe(primary);

    // Rotation is the primary key's, and reaches both.
    await refused(rotate(replica, ireland), 'UnsupportedOperationException', /replica/);
    await rotate(primary);
    expect(await current(replica, ireland)).toBe(await current(primary));
    expect(fingerprint(await seal(replica, ireland))).toBe(fingerprint(await seal(primary)));
    await ireland.send(new DecryptCommand({ CiphertextBlob: there }));

    await ireland.send(new DisableKeyCommand({ KeyId: replica }));
    await refused(ireland.send(new DecryptCommand({ CiphertextBlob: old })), 'DisabledException');
    await kit.client.send(new DecryptCommand({ CiphertextBlob: old }));
  });

  it('are replicated once, from the primary key, to another Region', async () => {
    const primary = await multiRegionKey();
    const replicate = (KeyId: string, ReplicaRegion: string, client = kit.client) =>
      client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion }));
    await replicate(primary, 'eu-west-1');
    await refused(replicate(primary, 'eu-west-1'), 'AlreadyExistsException');
    await refused(replicate(primary, 'us-east-1'), 'ValidationException');
    await refused(replicate(primary, 'Ireland'), 'ValidationException', /'replicaRegion'/);
    await refused(replicate(await kit.key(null), 'eu-west-1'), 'UnsupportedOperationException');
    const replica = primary.replace('us-east-1', 'eu-west-1');
    await refused(replicate(replica, 'us-west-2', ireland), 'UnsupportedOperationException');
    await refused(
      kit.client.send(new ScheduleKeyDeletionCommand({ KeyId: primary })),
      'UnsupportedOperationException',
      /after its replicas/,
    );
  });

  it('may be asymmetric, with one key pair', async () => {
    const { KeyMetadata } = await kit.client.send(
      new CreateKeyCommand({ MultiRegion: true, KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' }),
    );
    const KeyId = KeyMetadata?.KeyId ?? '';
    await kit.client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1' }));
    const [here, there] = await Promise.all(
      [kit.client, ireland].map((client) => client.send(new GetPublicKeyCommand({ KeyId }))),
    );
    expect(there?.PublicKey).toEqual(here?.PublicKey);
  });
});

describe('tags and last use', () => {
  it('are set, changed, listed and taken away', async () => {
    const { KeyMetadata } = await kit.client.send(
      new CreateKeyCommand({ Tags: [{ TagKey: 'team', TagValue: 'a' }] }),
    );
    const KeyId = KeyMetadata?.KeyId;
    const tag = (Tags: { TagKey: string; TagValue: string }[]) =>
      kit.client.send(new TagResourceCommand({ KeyId, Tags }));
    const list = async (Limit?: number) =>
      (await kit.client.send(new ListResourceTagsCommand({ KeyId, Limit }))).Tags;
    await tag([
      { TagKey: 'team', TagValue: 'b' },
      { TagKey: 'cost', TagValue: '' },
    ]);
    expect(await list()).toEqual([
      { TagKey: 'cost', TagValue: '' },
      { TagKey: 'team', TagValue: 'b' },
    ]);
    expect(await list(1)).toHaveLength(1);
    await kit.client.send(new UntagResourceCommand({ KeyId, TagKeys: ['cost', 'nothing'] }));
    expect(await list()).toEqual([{ TagKey: 'team', TagValue: 'b' }]);
    await refused(tag([{ TagKey: 'aws:x', TagValue: '' }]), 'TagException');
    await refused(
      tag([
        { TagKey: 'x', TagValue: '' },
        { TagKey: 'x', TagValue: '1' },
      ]),
      'TagException',
      'Duplicate tag keys',
    );
    await refused(tag([{ TagKey: '', TagValue: '' }]), 'ValidationException', /at 'tags\.1\.member\.tagKey'/);
    await refused(
      tag(Array.from({ length: 50 }, (_, at) => ({ TagKey: `t${at}`, TagValue: '' }))),
      'LimitExceededException',
    );
    expect(await list()).toHaveLength(1);
  });

  it('tells the last successful use, of both keys of a ReEncrypt', async () => {
    const [a, b] = [await kit.key(null), await kit.key(null)];
    const usage = (KeyId: string) => kit.client.send(new GetKeyLastUsageCommand({ KeyId }));
    const unused = await usage(a);
    expect(unused.KeyLastUsage).toBeUndefined();
    expect(unused.TrackingStartDate).toEqual(unused.KeyCreationDate);
    const blob = await seal(a);
    expect((await usage(a)).KeyLastUsage?.Operation).toBe('Encrypt');
    const moved = await kit.client.send(new ReEncryptCommand({ CiphertextBlob: blob, DestinationKeyId: b }));
    for (const KeyId of [a, b])
      expect((await usage(KeyId)).KeyLastUsage).toMatchObject({
        Operation: 'ReEncrypt',
        Timestamp: expect.any(Date),
        KmsRequestId: moved.$metadata.requestId,
        CloudTrailEventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    await refused(
      kit.client.send(new DecryptCommand({ CiphertextBlob: blob, EncryptionContext: { a: 'b' } })),
      'InvalidCiphertextException',
    );
    expect((await usage(a)).KeyLastUsage?.Operation).toBe('ReEncrypt');
  });
});
