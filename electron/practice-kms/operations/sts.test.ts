import { DescribeKeyCommand, EncryptCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  PRACTICE_EXTERNAL_ID,
  PRACTICE_IDENTITIES,
  PRACTICE_MFA_CODE,
  PRACTICE_MFA_SERIAL,
  REFUSED_ACCESS_KEY_IDS,
} from '../access/identities.ts';
import { startPracticeKms } from '../practice-kms.ts';
import { clientFor, type Kit, refused, startKit } from '../testing/test-kit.ts';

const PLAIN = 'arn:aws:iam::111122223333:role/practice-reencrypt';
const WITH_MFA = 'arn:aws:iam::111122223333:role/practice-mfa';
const GUARDED = 'arn:aws:iam::444455556666:role/practice-guarded';
const MFA = { SerialNumber: PRACTICE_MFA_SERIAL, TokenCode: PRACTICE_MFA_CODE };

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
});
afterAll(() => kit.end());

function sts(
  accessKeyId: string = PRACTICE_IDENTITIES.operator.accessKeyId,
  sessionToken?: string,
): STSClient {
  return new STSClient({
    endpoint: kit.practice.endpoint,
    region: 'us-east-1',
    credentials: {
      accessKeyId,
      secretAccessKey: 'any',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    maxAttempts: 1,
  });
}

async function assume(input: Partial<AssumeRoleCommandInput> = {}, client = sts()) {
  const { Credentials, AssumedRoleUser } = await client.send(
    new AssumeRoleCommand({ RoleArn: PLAIN, RoleSessionName: 'me', ...input }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
    expiration: Credentials?.Expiration,
    user: AssumedRoleUser,
  };
}

const denied = (RoleArn: string) => ({
  name: 'AccessDenied',
  message: `User: arn:aws:iam::111122223333:user/practice-operator is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`,
});

describe('GetCallerIdentity', () => {
  it('tells each identity', async () => {
    for (const { accessKeyId, accountId, arn } of Object.values(PRACTICE_IDENTITIES))
      expect(await sts(accessKeyId).send(new GetCallerIdentityCommand({}))).toMatchObject({
        Account: accountId,
        Arn: arn,
      });
    await expect(
      sts(REFUSED_ACCESS_KEY_IDS.expired).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({ name: 'ExpiredToken' });
    await expect(
      sts(REFUSED_ACCESS_KEY_IDS.unknown).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  });
});

describe('AssumeRole', () => {
  it('gives a session that has the rights of the role', async () => {
    const session = await assume();
    expect(session.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(((session.expiration?.getTime() ?? 0) - Date.now()) / 1000).toBeCloseTo(3600, -1);
    const arn = 'arn:aws:sts::111122223333:assumed-role/practice-reencrypt/me';
    expect(session.user?.Arn).toBe(arn);
    const who = await sts(session.accessKeyId, session.sessionToken).send(new GetCallerIdentityCommand({}));
    expect(who.Arn).toBe(arn);
    expect(who.UserId).toBe(session.user?.AssumedRoleId);
    const KeyId = await kit.key(null);
    const client = clientFor(kit.practice, session);
    expect((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn).toBe(KeyId);
    await refused(
      client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('x') })),
      'AccessDeniedException',
      `User: ${arn} is not authorized to perform: kms:Encrypt on resource: ${KeyId} because no identity-based policy allows the kms:Encrypt action`,
    );
    await refused(
      clientFor(kit.practice, { ...session, sessionToken: 'another' }).send(new ListKeysCommand({})),
      'UnrecognizedClientException',
    );
    // Another server on the same state knows the session.
    const second = await startPracticeKms({ stateDir: kit.stateDir });
    expect((await clientFor(second, session).send(new ListKeysCommand({}))).Keys?.length).toBe(1);
    await second.close();
  });

  it('wants the MFA code where the role wants it', async () => {
    await expect(assume({ RoleArn: WITH_MFA })).rejects.toMatchObject(denied(WITH_MFA));
    for (const wrong of [
      { ...MFA, TokenCode: '000000' },
      { ...MFA, SerialNumber: 'arn:aws:iam::111122223333:mfa/other' },
      { SerialNumber: PRACTICE_MFA_SERIAL },
    ])
      await expect(assume({ RoleArn: WITH_MFA, ...wrong })).rejects.toMatchObject({
        name: 'AccessDenied',
        message: expect.stringMatching(/^MultiFactorAuthentication failed/),
      });
    await expect(assume({ RoleArn: WITH_MFA, ...MFA, TokenCode: '12a456' })).rejects.toMatchObject({
      name: 'ValidationError',
    });
    expect((await assume({ RoleArn: WITH_MFA, ...MFA })).user?.Arn).toMatch(/practice-mfa\/me$/);
  });

  it('wants the external id where the role wants it', async () => {
    const RoleArn = GUARDED;
    await expect(assume({ RoleArn, ...MFA })).rejects.toMatchObject(denied(RoleArn));
    await expect(assume({ RoleArn, ...MFA, ExternalId: 'wrong' })).rejects.toMatchObject(denied(RoleArn));
    await expect(assume({ RoleArn, ExternalId: PRACTICE_EXTERNAL_ID })).rejects.toMatchObject(
      denied(RoleArn),
    );
    const session = await assume({ RoleArn, ...MFA, ExternalId: PRACTICE_EXTERNAL_ID });
    expect(session.user?.Arn).toBe('arn:aws:sts::444455556666:assumed-role/practice-guarded/me');
  });

  it('is refused to who may not, and for what is not there', async () => {
    await expect(assume({}, sts(PRACTICE_IDENTITIES.auditor.accessKeyId))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    // The trust policy names the first account alone.
    await expect(assume({}, sts(PRACTICE_IDENTITIES.partner.accessKeyId))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    const missing = 'arn:aws:iam::111122223333:role/no<one>&';
    await expect(assume({ RoleArn: missing })).rejects.toMatchObject(denied(missing));
    for (const input of [
      { RoleArn: 'arn:aws:iam::111122223333:user/practice' },
      { RoleSessionName: 'no good' },
      { RoleSessionName: '' },
      { DurationSeconds: 899 },
      { DurationSeconds: 43_201 },
      { DurationSeconds: 3601 },
    ])
      await expect(assume(input)).rejects.toMatchObject({ name: 'ValidationError' });
  });

  it('gives sessions that end', async () => {
    const lasting = await assume();
    await clientFor(kit.practice, lasting).send(new ListKeysCommand({}));
    kit.practice.faults.set([{ kind: 'short-sessions', seconds: 1 }]);
    const session = await assume();
    kit.practice.faults.clear();
    const client = clientFor(kit.practice, session);
    const list = () =>
      client.send(new ListKeysCommand({})).then(
        () => null,
        (error: Error) => error.name,
      );
    await expect.poll(list).toBe('ExpiredTokenException');
    await refused(
      client.send(new ListKeysCommand({})),
      'ExpiredTokenException',
      'The security token included in the request is expired',
    );
    await expect(
      sts(session.accessKeyId, session.sessionToken).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({ name: 'ExpiredToken' });
  });
});
