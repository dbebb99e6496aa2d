import { type PracticeKms, worldOf } from './practice-kms.ts';

interface SampleKey {
  readonly alias: string;
  readonly description: string;
  readonly spec: Record<string, string>;
  /** State that the key is put in once made. */
  readonly afterwards?: 'DisableKey' | 'ScheduleKeyDeletion';
}

/** One key for each situation a person should meet while practising. */
const SAMPLE_KEYS: readonly SampleKey[] = [
  { alias: 'alias/payments', description: 'Payments, in use', spec: {} },
  { alias: 'alias/payments-2027', description: 'Payments, the new key: a fresh destination', spec: {} },
  { alias: 'alias/legacy', description: 'Legacy applications', spec: {} },
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
];

/**
 * Makes the sample keys that are missing, each under its alias. Run again it changes nothing: a key is known by its
 * alias, whatever a person did with it since. RSA keys take up to some seconds, off the event loop.
 */
export async function seedPractice(practice: PracticeKms): Promise<void> {
  await Promise.all(SAMPLE_KEYS.map((sample) => seedKey(practice, sample)));
}

async function seedKey(practice: PracticeKms, sample: SampleKey): Promise<void> {
  const { state, region } = worldOf(practice);
  state.sweep();
  if (state.alias(region, sample.alias)) return;
  const { KeyMetadata } = await practice.call('CreateKey', {
    Description: sample.description,
    ...sample.spec,
  });
  const { KeyId } = KeyMetadata as { KeyId: string };
  // The alias comes last: where it exists, the key is finished.
  if (sample.afterwards) await practice.call(sample.afterwards, { KeyId });
  // False: another process seeded the same file at the same time and was first.
  if (!state.addAlias(region, sample.alias, KeyId)) state.removeKey(region, KeyId);
}
