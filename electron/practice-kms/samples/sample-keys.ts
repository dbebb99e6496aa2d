import { PARTNER_ACCOUNT_ID, PRACTICE_ACCOUNT_ID, PRACTICE_IDENTITIES } from '../access/identities.ts';
import { rootArn } from '../access/policy.ts';
import { type PracticeKms, practiceState } from '../practice-kms.ts';

interface SampleKey {
  readonly alias: string;
  readonly description: string;
  readonly spec: Record<string, unknown>;
  /** State that the key is put in once made. */
  readonly afterwards?: 'DisableKey' | 'ScheduleKeyDeletion' | 'RotateKeyOnDemand' | 'CreateGrant';
  /** Account of the key; absent: the practice account's. */
  readonly owner?: 'partner';
}

/** The two Regions of the practice: the pair of `alias/global` has a key in each. */
const REGIONS = ['us-east-1', 'eu-west-1'] as const;
const SHARED_ALIAS = 'alias/shared-with-practice';

/** The partner's key: the first account may encrypt and re-encrypt to it, and look at it, but open nothing. */
const SHARED_POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: rootArn(PARTNER_ACCOUNT_ID) },
      Action: 'kms:*',
      Resource: '*',
    },
    {
      Sid: 'The practice account may hand things over',
      Effect: 'Allow',
      Principal: { AWS: rootArn(PRACTICE_ACCOUNT_ID) },
      Action: ['kms:DescribeKey', 'kms:Encrypt', 'kms:ReEncryptTo'],
      Resource: '*',
    },
  ],
});

/** What the partner was once given for a migration, and was never revoked: it shows in no key policy. */
const FORGOTTEN_GRANT = {
  Name: 'partner-migration',
  GranteePrincipal: PRACTICE_IDENTITIES.partner.arn,
  Operations: ['Decrypt', 'DescribeKey'],
};

/** One key for each situation a person should meet while practising. */
const SAMPLE_KEYS: readonly SampleKey[] = [
  { alias: 'alias/payments', description: 'Payments, in use', spec: {} },
  { alias: 'alias/payments-2027', description: 'Payments, the new key: a fresh destination', spec: {} },
  {
    alias: 'alias/legacy',
    description: 'Legacy applications; a grant of old lets the partner account open',
    spec: {},
    afterwards: 'CreateGrant',
  },
  {
    alias: 'alias/retired',
    description: 'Retired: disabled, so that nothing opens under it',
    spec: {},
    afterwards: 'DisableKey',
  },
  {
    alias: 'alias/archive-2019',
    description: 'Archive of 2019: waiting for deletion',
    spec: {},
    afterwards: 'ScheduleKeyDeletion',
  },
  {
    alias: 'alias/partner-rsa',
    description: 'Handover with a partner, who has the public key',
    spec: { KeySpec: 'RSA_4096', KeyUsage: 'ENCRYPT_DECRYPT' },
  },
  {
    alias: 'alias/signing',
    description: 'Signs releases: not for encryption',
    spec: { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
  },
  {
    alias: 'alias/rotated',
    description: 'Rotated once: two generations of key material',
    spec: {},
    afterwards: 'RotateKeyOnDemand',
  },
  {
    alias: SHARED_ALIAS,
    description: 'A key of the partner account, who lets others hand things over',
    spec: { Policy: SHARED_POLICY },
    owner: 'partner',
  },
];

const GLOBAL: SampleKey = {
  alias: 'alias/global',
  description: 'Multi-Region: the same key in two Regions',
  spec: { MultiRegion: true },
};

/**
 * Makes the sample keys that are missing, each under its alias. Run again it changes nothing: a key is known by its
 * alias, whatever a person did with it since. RSA keys take up to some seconds, off the event loop.
 */
export async function seedPractice(practice: PracticeKms): Promise<void> {
  await Promise.all([...SAMPLE_KEYS.map((sample) => seedKey(practice, sample)), seedReplica(practice)]);
}

async function seedKey(practice: PracticeKms, sample: SampleKey): Promise<void> {
  const state = practiceState(practice);
  const { region } = practice;
  const identity = PRACTICE_IDENTITIES[sample.owner ?? 'admin'];
  const by = { accessKeyId: identity.accessKeyId };
  state.sweep();
  if (state.aliases.get(identity.accountId, region, sample.alias)) return;
  const { KeyMetadata } = await practice.call(
    'CreateKey',
    { Description: sample.description, ...sample.spec },
    by,
  );
  const { KeyId } = KeyMetadata as { KeyId: string };
  // The alias comes last: where it exists, the key is finished.
  const { afterwards } = sample;
  if (afterwards === 'CreateGrant') await practice.call(afterwards, { KeyId, ...FORGOTTEN_GRANT }, by);
  else if (afterwards) await practice.call(afterwards, { KeyId }, by);
  // False: another process seeded the same file at the same time and was first.
  if (!state.aliases.add(sample.alias, { accountId: identity.accountId, region, keyId: KeyId }))
    state.removeKey(region, KeyId);
}

/** The second key of the multi-Region pair, once the first is there. */
async function seedReplica(practice: PracticeKms): Promise<void> {
  const state = practiceState(practice);
  await seedKey(practice, GLOBAL);
  const region = REGIONS.find((name) => name !== practice.region) ?? REGIONS[0];
  const primary = state.aliases.get(PRACTICE_ACCOUNT_ID, practice.region, GLOBAL.alias);
  if (!primary || state.aliases.get(PRACTICE_ACCOUNT_ID, region, GLOBAL.alias)) return;
  const replica = { accountId: PRACTICE_ACCOUNT_ID, region, keyId: primary.targetKeyId };
  if (!state.regionsOf(replica.keyId).includes(region))
    await practice
      .call('ReplicateKey', {
        KeyId: replica.keyId,
        ReplicaRegion: region,
        Description: GLOBAL.description,
      })
      // Another process made it, or a person has since made the key one that cannot be replicated.
      .catch(() => {});
  if (state.regionsOf(replica.keyId).includes(region)) state.aliases.add(GLOBAL.alias, replica);
}
