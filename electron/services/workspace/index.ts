export { ownFindings } from './blob-row.ts';
export { Blobs } from './blobs.ts';
export { Intake, type PathOrigin, type PlanOpener } from './intake.ts';
export { keyGroupsHandlers } from './key-groups.ts';
export type { BlobEntry, ListedSource } from './source.ts';
export { Workspace } from './workspace.ts';
