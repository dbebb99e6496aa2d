export { type MergedRun, mergeRuns } from './merge/merge-runs.ts';
export { saysPlan } from './plan-file.ts';
export { LineBuffer } from './plan-lines.ts';
export { PlanService } from './plan-service.ts';
export { openPlan, type PlanSource, readWholePlan } from './plan-source.ts';
export {
  openShard,
  readShards,
  type ShardManifest,
  shardName,
  shardPath,
  shardPlan,
  shardsNotWritten,
} from './shard-plan.ts';
export { bindState, stateNotWritable } from './shard-state.ts';
