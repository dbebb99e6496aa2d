import type { FaultRule } from '../../electron/practice-kms/index.ts';
import type { DiskTrouble } from './disk.ts';
import type { TortureOutput } from './harness.ts';

/** One thing that goes wrong, and how. */
export interface FaultScenario {
  readonly name: string;
  readonly output: TortureOutput;
  /** The real SDK against the practice KMS, with these faults; absent: a KMS in the process, which is well. */
  readonly kms?: readonly FaultRule[];
  /** The endpoint is gone for a while. */
  readonly outage?: true;
  readonly disk?: DiskTrouble;
  /** The disk of the files, or of Rewrap's own data, is a small one (needs root) to which this happens on the way. */
  readonly mount?: { readonly of: 'files' | 'home'; readonly turns: 'full' | 'read-only' };
  /** Another program does this to files meanwhile. */
  readonly outsider?: 'changes' | 'replaces' | 'deletes';
  /** A second Rewrap on the same files: of the same data folder, or of another. */
  readonly second?: 'same-home' | 'other-home';
  /** Why the run has to be held back meanwhile: a fault's code. */
  readonly holds?: string;
}

const every = (kind: 'drop' | 'drop-after' | 'truncate' | 'duplicate' | 'stale' | 'garbage', n: number) =>
  ({ kind, every: n }) as FaultRule;

/** Needs the practice KMS, the sealing KMS, or mounts: all that `npm run torture` goes through. */
export const FAULT_SCENARIOS: readonly FaultScenario[] = [
  { name: 'KMS drops connections', output: 'in-place', kms: [every('drop', 3), every('drop-after', 4)] },
  { name: 'KMS breaks off its replies', output: 'folder', kms: [every('truncate', 3)] },
  { name: 'KMS answers twice', output: 'in-place', kms: [every('duplicate', 2)] },
  {
    name: 'KMS gives replies to other requests',
    output: 'in-place',
    kms: [{ kind: 'stale', operations: ['ReEncrypt'], every: 3 }],
  },
  { name: 'KMS answers with a web page', output: 'no-backup', kms: [every('garbage', 3)] },
  {
    name: 'KMS fails inside',
    output: 'in-place',
    kms: [
      { kind: 'internal', every: 3 },
      { kind: 'dependency-timeout', every: 5 },
      { kind: 'key-unavailable', every: 7 },
      { kind: 'error', code: 'ServiceUnavailable', status: 503, every: 11 },
    ],
  },
  { name: 'KMS is slow', output: 'in-place', kms: [{ kind: 'latency', every: 2, ms: 40 }] },
  {
    name: 'KMS throttles in three phases',
    output: 'in-place',
    kms: [
      { kind: 'throttling', skip: 4, times: 10 },
      { kind: 'throttling', skip: 40, times: 15 },
      { kind: 'throttling', skip: 80, times: 20 },
    ],
  },
  { name: 'KMS has a small quota', output: 'folder', kms: [{ kind: 'quota', perSecond: 8 }] },
  {
    name: 'credentials expire',
    output: 'in-place',
    kms: [{ kind: 'expired-token', skip: 12, times: 8 }],
    holds: 'ExpiredTokenException',
  },
  { name: 'the network goes and comes', output: 'in-place', kms: [], outage: true, holds: 'network' },
  { name: 'KMS ignores DryRun', output: 'in-place', kms: [{ kind: 'ignore-dry-run' }] },
  { name: 'a slow disk', output: 'in-place', disk: { slowMs: 12 } },
  ...(['in-place', 'folder'] as const).flatMap((output): FaultScenario[] => [
    { name: `the disk is full (${output})`, output, disk: failing('ENOSPC', 'create', 'write', 'link') },
    { name: `the quota is used up on flushing (${output})`, output, disk: failing('EDQUOT', 'sync') },
    { name: `fsync fails (${output})`, output, disk: failing('EIO', 'sync') },
    { name: `the folder cannot be flushed (${output})`, output, disk: failing('EIO', 'syncFolder') },
    { name: `a read-only folder (${output})`, output, disk: failing('EROFS', 'create', 'link', 'rename') },
    { name: `no links are made (${output})`, output, disk: failing('EPERM', 'link') },
  ]),
  { name: 'rename fails', output: 'in-place', disk: failing('EACCES', 'rename') },
  { name: 'files are in use', output: 'no-backup', disk: failing('EBUSY', 'rename') },
  { name: 'another program changes files', output: 'in-place', outsider: 'changes' },
  { name: 'another program changes files, no backups', output: 'no-backup', outsider: 'changes' },
  { name: 'another program replaces files', output: 'in-place', outsider: 'replaces' },
  { name: 'another program deletes files', output: 'in-place', outsider: 'deletes' },
  {
    name: 'another program changes files where no links are made',
    output: 'in-place',
    outsider: 'changes',
    disk: failing('EPERM', 'link'),
  },
  { name: 'two processes on the same files', output: 'in-place', second: 'same-home' },
  { name: 'two users on the same files', output: 'in-place', second: 'other-home' },
];

/** Those that need a disk of their own, which only root can mount. */
export const MOUNTED_SCENARIOS: readonly FaultScenario[] = (
  ['in-place', 'no-backup', 'folder'] as const
).flatMap((output) => [
  { name: `the disk fills up (${output})`, output, mount: { of: 'files', turns: 'full' } },
  {
    name: `the disk turns read-only (${output})`,
    output,
    mount: { of: 'files', turns: 'read-only' },
  },
  {
    name: `the disk of the journal fills up (${output})`,
    output,
    mount: { of: 'home', turns: 'full' },
    holds: 'JournalFailed',
  },
]);

function failing(code: string, ...calls: (keyof NonNullable<DiskTrouble['fails']>)[]): DiskTrouble {
  return { fails: Object.fromEntries(calls.map((call) => [call, { code, part: 0.4 }])) };
}
