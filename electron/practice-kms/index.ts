export {
  PARTNER_ACCOUNT_ID,
  PRACTICE_ACCESS_KEY_ID,
  PRACTICE_ACCOUNT_ID,
  PRACTICE_EXTERNAL_ID,
  PRACTICE_IDENTITIES,
  PRACTICE_MFA_CODE,
  PRACTICE_MFA_SERIAL,
  PRACTICE_ROLES,
  PRACTICE_SECRET_ACCESS_KEY,
  type PracticeIdentity,
  type PracticeRole,
  REFUSED_ACCESS_KEY_IDS,
} from './access/identities.ts';
export {
  type By,
  PRACTICE_REGION,
  type PracticeKms,
  type PracticeOptions,
  startPracticeKms,
} from './practice-kms.ts';
export { seedPractice } from './samples/sample-keys.ts';
export { makeSampleVault, SAMPLE_CONTEXTS, type SampleVault } from './samples/sample-vault.ts';
export type { FaultRule, Faults } from './server/faults.ts';
export { FAULTS_VARIABLE } from './server/faults.ts';
