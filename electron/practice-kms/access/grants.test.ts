import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  ReEncryptCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';
import { PRACTICE_IDENTITIES } from './identities.ts';

const AUDITOR = PRACTICE_IDENTITIES.auditor.arn;
const PARTNER = PRACTICE_IDENTITIES.partner.arn;

let kit: Kit;
let auditor: KMSClient;
let partner: KMSClient;
let KeyId: string;
let other: string;

beforeAll(async () => {
  kit = await startKit();
  auditor = clientFor(kit.practice, { accessKeyId: PRACTICE_IDENTITIES.auditor.accessKeyId });
  partner = clientFor(kit.practice, { accessKeyId: PRACTICE_IDENTITIES.partner.accessKeyId });
  [KeyId, other] = [await kit.key(null), await kit.key(null)];
});
afterAll(async () => {
  auditor.destroy();
  partner.destroy();
  await kit.end();
});

const grant = (input: Partial<CreateGrantCommandInput> = {}, client = kit.client) =>
  client.send(
    new CreateGrantCommand({ KeyId, GranteePrincipal: AUDITOR, Operations: ['Encrypt'], ...input }),
  );
const encrypt = (EncryptionContext: Record<string, string> = {}, GrantTokens: string[] = []) =>
  auditor.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('p'), EncryptionContext, GrantTokens }));
const revoke = (GrantId: string | undefined) => kit.client.send(new RevokeGrantCommand({ KeyId, GrantId }));

describe('grants', () => {
  it('allow what they name, at once, until they are revoked', async () => {
    await refused(encrypt(), 'AccessDeniedException');
    const { GrantId, GrantToken = '' } = await grant();
    expect(GrantId).toMatch(/^[0-9a-f]{64}$/);
    const { CiphertextBlob } = await encrypt({}, [GrantToken]);
    await encrypt();
    await refused(auditor.send(new DecryptCommand({ CiphertextBlob, KeyId })), 'AccessDeniedException');
    await refused(
      auditor.send(new ReEncryptCommand({ CiphertextBlob, SourceKeyId: KeyId, DestinationKeyId: other })),
      'AccessDeniedException',
      /kms:ReEncryptFrom/,
    );
    const both = await grant({ Operations: ['ReEncryptFrom', 'ReEncryptTo'] });
    const move = new ReEncryptCommand({ CiphertextBlob, SourceKeyId: KeyId, DestinationKeyId: KeyId });
    expect((await auditor.send(move)).KeyId).toBe(KeyId);
    await revoke(both.GrantId);
    await refused(auditor.send(move), 'AccessDeniedException');
    await refused(kit.client.send(new RevokeGrantCommand({ KeyId: other, GrantId })), 'NotFoundException');
    await refused(
      kit.client.send(new RevokeGrantCommand({ KeyId, GrantId, DryRun: true })),
      'DryRunOperationException',
    );
    await revoke(GrantId);
    await refused(encrypt({}, [GrantToken]), 'InvalidGrantTokenException', 'Invalid grant token.');
    await refused(encrypt(), 'AccessDeniedException');
    await refused(revoke(GrantId), 'NotFoundException');
  });

  it('hold to their constraints', async () => {
    const equal = await grant({ Constraints: { EncryptionContextEquals: { app: 'a', env: 'p' } } });
    await encrypt({ env: 'p', app: 'a' });
    for (const context of [{ app: 'a' }, { app: 'a', env: 'q' }, { app: 'a', env: 'p', more: 'x' }, {}])
      await refused(encrypt(context), 'AccessDeniedException');
    await revoke(equal.GrantId);
    const subset = await grant({ Constraints: { EncryptionContextSubset: { app: 'a' } } });
    await encrypt({ app: 'a', more: 'x' });
    await encrypt({ App: 'a' });
    for (const context of [{ app: 'A' }, { more: 'x' }, {}])
      await refused(encrypt(context), 'AccessDeniedException');
    await revoke(subset.GrantId);
  });

  it('reach over accounts, for principals that their own policy allows', async () => {
    const describe = () => partner.send(new DescribeKeyCommand({ KeyId }));
    await refused(describe(), 'AccessDeniedException');
    const { GrantId } = await grant({ GranteePrincipal: PARTNER, Operations: ['DescribeKey'] });
    expect((await describe()).KeyMetadata?.Arn).toBe(KeyId);
    await revoke(GrantId);
    await refused(describe(), 'AccessDeniedException');
  });

  it('are passed on no further than they reach', async () => {
    const { GrantId } = await grant({ Operations: ['CreateGrant', 'Encrypt'] });
    const passed = await grant({ GranteePrincipal: PARTNER }, auditor);
    await refused(
      grant({ GranteePrincipal: PARTNER, Operations: ['Decrypt'] }, auditor),
      'AccessDeniedException',
      /kms:Decrypt/,
    );
    await revoke(passed.GrantId);
    await revoke(GrantId);
  });

  it('are listed in pages, and by grantee and id', async () => {
    const key = await kit.key(null);
    const ids: (string | undefined)[] = [];
    for (const Name of ['one', 'two', 'three'])
      ids.push((await grant({ KeyId: key, Name, RetiringPrincipal: PARTNER })).GrantId);
    const list = (input: Record<string, unknown> = {}) =>
      kit.client.send(new ListGrantsCommand({ KeyId: key, ...input }));
    const first = await list({ Limit: 2 });
    expect(first).toMatchObject({ Truncated: true });
    const rest = await list({ Limit: 2, Marker: first.NextMarker });
    expect(rest.Truncated).toBe(false);
    const all = [...(first.Grants ?? []), ...(rest.Grants ?? [])];
    expect(all.map((entry) => entry.GrantId).sort()).toEqual([...ids].sort());
    expect((await list({ GrantId: ids[0] })).Grants).toEqual([
      {
        KeyId: key,
        GrantId: ids[0],
        Name: 'one',
        CreationDate: expect.any(Date),
        GranteePrincipal: AUDITOR,
        RetiringPrincipal: PARTNER,
        IssuingAccount: 'arn:aws:iam::111122223333:root',
        Operations: ['Encrypt'],
      },
    ]);
    expect((await list({ GranteePrincipal: PARTNER })).Grants).toEqual([]);
    await refused(list({ GrantId: 'ab'.repeat(32) }), 'NotFoundException');
    await refused(list({ Limit: 101 }), 'ValidationException');
    // The same request again makes no second grant, but another token.
    const again = await grant({ KeyId: key, Name: 'one', RetiringPrincipal: PARTNER });
    expect(again.GrantId).toBe(ids[0]);
    const retirable = await partner.send(new ListRetirableGrantsCommand({ RetiringPrincipal: PARTNER }));
    expect(retirable.Grants?.map((entry) => entry.KeyId)).toEqual([key, key, key]);
  });

  it('are retired by who may', async () => {
    const retire = (client: KMSClient, input: Record<string, unknown>) =>
      client.send(new RetireGrantCommand(input));
    const one = await grant({ RetiringPrincipal: PARTNER });
    await refused(retire(auditor, { GrantToken: one.GrantToken }), 'AccessDeniedException', /RetireGrant/);
    await refused(retire(partner, { GrantToken: one.GrantToken, DryRun: true }), 'DryRunOperationException');
    await retire(partner, { GrantToken: one.GrantToken });
    await refused(retire(partner, { GrantToken: one.GrantToken }), 'InvalidGrantTokenException');
    const two = await grant({ Operations: ['Encrypt', 'RetireGrant'] });
    await retire(auditor, { KeyId, GrantId: two.GrantId });
    await refused(encrypt(), 'AccessDeniedException');
    for (const input of [{}, { KeyId }, { GrantToken: 'AAAA', KeyId, GrantId: two.GrantId }])
      await refused(retire(kit.client, input), 'ValidationException');
  });

  it('are refused when they make no sense', async () => {
    await refused(grant({ GranteePrincipal: 'someone' }), 'InvalidArnException', /valid principal: someone/);
    await refused(grant({ RetiringPrincipal: 'arn:aws:iam::1:user/x' }), 'InvalidArnException');
    await refused(grant({ GranteePrincipal: 'a b' }), 'ValidationException', /regular expression/);
    await refused(grant({ Operations: [] }), 'ValidationException');
    await refused(grant({ Operations: undefined }), 'ValidationException', /'operations'/);
    await refused(grant({ Operations: ['Fly' as 'Encrypt'] }), 'ValidationException', /Fly/);
    await refused(grant({ Operations: ['Sign'] }), 'ValidationException', /Sign/);
    await refused(grant({ Name: 'no good' }), 'ValidationException');
    await refused(grant({ GrantTokens: ['AAAA'] }), 'InvalidGrantTokenException');
    await refused(grant({ DryRun: true }), 'DryRunOperationException');
    const nine = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`k${at}`, 'v']));
    await refused(grant({ Constraints: { EncryptionContextEquals: nine } }), 'ValidationException', /8/);
    const rsa = await kit.key(null, { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
    await refused(
      grant({ KeyId: rsa, Constraints: { EncryptionContextSubset: { a: 'b' } } }),
      'ValidationException',
    );
    expect((await grant({ KeyId: rsa, Operations: ['ReEncryptTo'] })).GrantId).toBeTruthy();
    expect((await kit.client.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([]);
  });
});
