/** Blobs in the history of git repositories: read by git itself, which a repository cannot make do anything else. */

export { objectsNamed } from './objects.ts';
export { readHistory } from './read-history.ts';
export { fileAtCommit, gitBytes, gitText } from './run-git.ts';
