/** AWS KMS makes grants and aliases known bit by bit (guide, "Eventual consistency"); the practice KMS on request. */
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  ReEncryptCommand,
  RevokeGrantCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PRACTICE_IDENTITIES } from '../access/identities.ts';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';

/** Longer than any test: nothing settles while one runs. */
const LONG = 600_000;
const { partner } = PRACTICE_IDENTITIES;

let kit: Kit;
let other: KMSClient;
beforeAll(async () => {
  kit = await startKit();
  other = clientFor(kit.practice, { accessKeyId: partner.accessKeyId });
});
afterAll(async () => {
  other.destroy();
  await kit.end();
});
beforeEach(() => kit.practice.faults.set([{ kind: 'eventual-consistency', ms: LONG }]));

const grantTo = async (key: string) => {
  const { GrantId, GrantToken = '' } = await kit.client.send(
    new CreateGrantCommand({
      KeyId: key,
      GranteePrincipal: partner.arn,
      Operations: ['Decrypt', 'ReEncryptTo'],
    }),
  );
  return { GrantId, GrantTokens: [GrantToken] };
};
const sealed = async (key: string) =>
  (await kit.client.send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from('x') }))).CiphertextBlob;

describe('a grant', () => {
  it('counts at once with its token, without it only once it is known', async () => {
    const key = await kit.key(null);
    const CiphertextBlob = await sealed(key);
    const { GrantTokens } = await grantTo(key);
    await refused(other.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException');
    expect((await other.send(new DecryptCommand({ CiphertextBlob, GrantTokens }))).KeyId).toBe(key);
    kit.practice.faults.set([{ kind: 'eventual-consistency', ms: 0 }]);
    expect((await other.send(new DecryptCommand({ CiphertextBlob }))).KeyId).toBe(key);
  });

  it('lets ReEncrypt move something to a key at once, with its token alone', async () => {
    const key = await kit.key(null);
    const { CiphertextBlob } = await other.send(
      new EncryptCommand({ KeyId: await keyOf(other), Plaintext: Buffer.from('x') }),
    );
    const { GrantTokens } = await grantTo(key);
    const move = { CiphertextBlob, DestinationKeyId: key };
    await refused(other.send(new ReEncryptCommand(move)), 'AccessDeniedException');
    expect((await other.send(new ReEncryptCommand({ ...move, GrantTokens }))).KeyId).toBe(key);
  });

  it('that was revoked still counts for a while', async () => {
    const key = await kit.key(null);
    const CiphertextBlob = await sealed(key);
    const { GrantId } = await grantTo(key);
    await kit.client.send(new RevokeGrantCommand({ KeyId: key, GrantId }));
    expect((await other.send(new DecryptCommand({ CiphertextBlob }))).KeyId).toBe(key);
    kit.practice.faults.clear();
    await refused(other.send(new DecryptCommand({ CiphertextBlob })), 'AccessDeniedException');
  });
});

describe('an alias', () => {
  const target = async (name: string) =>
    (await kit.client.send(new DescribeKeyCommand({ KeyId: name }))).KeyMetadata?.Arn;

  it('that is new names nothing yet', async () => {
    const key = await kit.key('alias/new');
    await refused(kit.client.send(new DescribeKeyCommand({ KeyId: 'alias/new' })), 'NotFoundException');
    kit.practice.faults.clear();
    expect(await target('alias/new')).toBe(key);
  });

  it('that was pointed to another key still names the first: ReEncrypt says which key it used', async () => {
    kit.practice.faults.clear();
    const first = await kit.key('alias/moved');
    const second = await kit.key(null);
    const CiphertextBlob = await sealed(second);
    await kit.client.send(new UpdateAliasCommand({ AliasName: 'alias/moved', TargetKeyId: second }));
    kit.practice.faults.set([{ kind: 'eventual-consistency', ms: LONG }]);
    const moved = await kit.client.send(
      new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: 'alias/moved' }),
    );
    expect(moved.KeyId).toBe(first);
    kit.practice.faults.clear();
    expect(await target('alias/moved')).toBe(second);
  });

  it('that was deleted still names its key', async () => {
    kit.practice.faults.clear();
    const key = await kit.key(null);
    await kit.client.send(new CreateAliasCommand({ AliasName: 'alias/gone', TargetKeyId: key }));
    await kit.client.send(new DeleteAliasCommand({ AliasName: 'alias/gone' }));
    kit.practice.faults.set([{ kind: 'eventual-consistency', ms: LONG }]);
    expect(await target('alias/gone')).toBe(key);
    kit.practice.faults.clear();
    await refused(kit.client.send(new DescribeKeyCommand({ KeyId: 'alias/gone' })), 'NotFoundException');
  });
});

/** A new key of the client's own account. */
async function keyOf(client: KMSClient): Promise<string> {
  return (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
}
