/** Blobs in the history of git repositories: read by git itself, which a repository cannot make do anything else. */

export { fileAtCommit } from './file-at-commit.ts';
export { type HistoryInput, readHistory } from './read-history.ts';
