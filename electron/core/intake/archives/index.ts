/** Archives, read-only: their files as a stream, with limits. */
export { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.ts';
export { INSIDE, memberName, readMember } from './member.ts';
export { memberPath } from './member-path.ts';
export { archiveEntries, archiveEntriesOf, archiveFormatAt } from './read.ts';
