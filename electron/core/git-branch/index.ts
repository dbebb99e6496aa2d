/** New contents of a commit's files as a branch, made without the working tree. */
export { type BranchCommit, makeBranch } from './make-branch.ts';
export { checkedRepository, type GitRepository } from './repository.ts';
export { BRANCH_COPIES, changedFiles, type Snapshot, type SnapshotFile, writeSnapshot } from './snapshot.ts';
