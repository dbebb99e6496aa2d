/** New contents of a commit's files as a branch, made without the working tree. */
export { makeBranch } from './make-branch.ts';
export { checkedRepository, type GitRepository } from './repository.ts';
export { BRANCH_COPIES, changedFiles, type Snapshot, writeSnapshot } from './snapshot.ts';
