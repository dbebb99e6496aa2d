/** CloudTrail's own record of what KMS was asked, read from files, and compared with the history of Rewrap. */
export { readTrail, type TrailEvent, type TrailFiles } from './read-trail.ts';
export { type OwnRequest, Reconciler } from './reconciler.ts';
