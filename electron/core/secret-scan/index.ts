/** Results of a secret scanner that are ciphertext, and no secret. */
export type { JudgedResult } from './judge.ts';
export { type JudgedReport, judgeReport } from './judge-report.ts';
export { readReport } from './report.ts';
