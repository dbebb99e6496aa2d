export {
  PRACTICE_ACCESS_KEY_ID,
  PRACTICE_ACCOUNT_ID,
  PRACTICE_REGION,
  PRACTICE_SECRET_ACCESS_KEY,
  type PracticeKms,
  type PracticeOptions,
  startPracticeKms,
} from './practice-kms.ts';
export { seedPractice } from './sample-keys.ts';
export { makeSampleVault, SAMPLE_CONTEXTS, type SampleVault } from './sample-vault.ts';
