/** Results of a secret scanner that are ciphertext, and no secret. */
export { type JudgedResult, judgeResults } from './judge.ts';
export { type JudgedReport, judgeReport, type ReportRoot } from './judge-report.ts';
export { readReport, type ScanResult } from './report.ts';
