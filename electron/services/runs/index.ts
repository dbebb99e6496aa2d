export { Comparisons } from './comparisons.ts';
export { PlanHash, planJob } from './jobs.ts';
export { preflightHandlers } from './preflight.ts';
export { RunApprovals } from './run-approvals.ts';
export { Runs } from './runs.ts';
