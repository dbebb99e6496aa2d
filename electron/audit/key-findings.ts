import type { AuditFinding, AuditKey } from '#shared/model/audit.ts';
import type { Subject } from './subjects.ts';

const DAY = 86_400_000;

/** What decides whether something is worth telling. */
export interface Limits {
  /** A key that was not used for so many days is told of. */
  readonly unusedDays: number;
  /** Automatic rotation off is told of when the last rotation (or the key's making) is longer ago, days. */
  readonly rotationDays: number;
}
export const LIMITS: Limits = { unusedDays: 90, rotationDays: 365 };

/** What a finding says, before its blobs are counted. */
export type Told = Pick<
  AuditFinding,
  'code' | 'severity' | 'title' | 'reason' | 'evidence' | 'remedy' | 'source'
>;

/** Who asks KMS: the findings "other account" and "unknown account" are seen from there. */
export interface Caller {
  readonly arn: string;
  readonly account: string;
  readonly region: string;
}

const nameOf = (key: AuditKey): string => key.aliases[0] ?? key.arn;

/** What KMS told of the key of a subject that a security team wants to know. `now`: milliseconds. */
export function keyFindings(subject: Subject, caller: Caller | null, limits: Limits, now: number): Told[] {
  const { key } = subject;
  if (key === null) return withoutKey(subject, caller);
  const told = [state(key, now), aws(key), otherAccount(key, caller), open(key), granted(key)];
  if (key.manager !== 'AWS') told.push(notRotated(key, limits, now), unused(key, limits, now));
  return told.filter((one) => one !== null);
}

function withoutKey(subject: Subject, caller: Caller | null): Told[] {
  const { label, account, region } = subject;
  if (caller === null || label === null) return [];
  if (subject.gone)
    return [
      {
        code: 'key-gone',
        severity: 'critical',
        title: `KMS knows no key ${label}.`,
        reason:
          'It was deleted, or the label is wrong. Under a deleted key nothing can be opened any more, by anyone.',
        evidence: [`DescribeKey: NotFoundException, asked as ${caller.arn} in ${caller.region}`],
        remedy:
          'Find out whether the label is wrong: search the key of one of these blobs. If the key was deleted, what they hold must come from a backup or be made anew.',
        source: 'kms',
      },
    ];
  if (account === null || account === caller.account) return [];
  return [
    {
      code: 'key-unknown-account',
      severity: 'warning',
      title: `The key is in account ${account}, of which KMS tells nothing here.`,
      reason:
        'Whoever owns that account decides whether these blobs can be opened tomorrow, and who else can open them.',
      evidence: [`label ${label}${region === null ? '' : `, Region ${region}`}`, `asked as ${caller.arn}`],
      remedy:
        'Find out whose account it is. If it is yours, connect to it; if it is a partner’s, note it in the rules file; otherwise re-encrypt under a key of your own.',
      source: 'conclusion',
    },
  ];
}

function state(key: AuditKey, now: number): Told | null {
  const evidence = [`DescribeKey: KeyState ${key.state}`];
  switch (key.state) {
    case 'Disabled':
      return {
        code: 'key-disabled',
        severity: 'warning',
        title: `${nameOf(key)} is disabled.`,
        reason: 'Nothing under it can be opened or re-encrypted until it is enabled again.',
        evidence,
        remedy:
          'If these blobs are still needed, enable the key (EnableKey), re-encrypt them to a key in use, and disable it again. If not, delete the blobs before the key.',
        source: 'kms',
      };
    case 'PendingDeletion':
    case 'PendingReplicaDeletion': {
      const days =
        key.deletionDate === null ? null : Math.max(0, Math.ceil((Date.parse(key.deletionDate) - now) / DAY));
      const left = days === null ? '' : days === 0 ? ' today' : ` in ${days} ${days === 1 ? 'day' : 'days'}`;
      return {
        code: 'key-pending-deletion',
        severity: 'critical',
        title: `${nameOf(key)} will be deleted${left}.`,
        reason:
          key.otherRegions.length > 0
            ? `Every blob under it can then be opened through its replica in ${key.otherRegions.join(', ')} alone.`
            : 'Every blob under it can then never be opened again, by anyone, AWS included.',
        evidence: [
          ...evidence,
          ...(key.deletionDate === null ? [] : [`DeletionDate ${key.deletionDate.slice(0, 10)}`]),
        ],
        remedy:
          'Cancel the deletion (CancelKeyDeletion, then EnableKey), re-encrypt these blobs to another key, and schedule the deletion again.',
        source: 'kms',
      };
    }
    case 'PendingImport':
    case 'Unavailable':
      return {
        code: 'key-unavailable',
        severity: 'critical',
        title:
          key.state === 'PendingImport'
            ? `${nameOf(key)} has no key material: it expired, was deleted or was never imported.`
            : `The key store of ${nameOf(key)} is disconnected.`,
        reason: 'Nothing under it can be opened until its key material is there again.',
        evidence,
        remedy:
          key.state === 'PendingImport'
            ? 'Import the very same key material again (ImportKeyMaterial).'
            : 'Connect the custom key store again (ConnectCustomKeyStore).',
        source: 'kms',
      };
    default:
      return null;
  }
}

function aws(key: AuditKey): Told | null {
  if (key.manager !== 'AWS') return null;
  return {
    code: 'key-aws-managed',
    severity: 'warning',
    title: `${nameOf(key)} is an AWS managed key.`,
    reason:
      'Its policy is fixed: it works through its service alone and cannot be shared, disabled or deleted. ReEncrypt cannot take these blobs by a direct call.',
    evidence: ['DescribeKey: KeyManager AWS'],
    remedy: 'Let the service encrypt anew under a customer managed key.',
    source: 'kms',
  };
}

function otherAccount(key: AuditKey, caller: Caller | null): Told | null {
  if (caller === null || key.account === null || key.account === caller.account) return null;
  return {
    code: 'key-other-account',
    severity: 'info',
    title: `${nameOf(key)} belongs to another account, ${key.account}.`,
    reason: 'Its owner can take the permission away, or delete the key, without asking.',
    evidence: [`ARN ${key.arn}`, `asked as ${caller.arn}`],
    remedy:
      'Make sure that this is agreed. For data of your own, re-encrypt under a key of your own account.',
    source: 'kms',
  };
}

function open(key: AuditKey): Told | null {
  if (key.openTo === null || key.openTo.length === 0) return null;
  return {
    code: 'key-policy-wide',
    severity: 'critical',
    title: `The policy of ${nameOf(key)} lets more than its own account open or re-encrypt what is under it.`,
    reason:
      'With kms:Decrypt the content itself, with kms:ReEncryptFrom a copy under a key of their own, is in the hands of whoever the policy names, without a condition.',
    evidence: [
      ...key.openTo.map((principal) => `GetKeyPolicy: allows ${principal}`),
      'Not weighed: statements that deny, IAM and organisation policies',
    ],
    remedy:
      'Name the principals that need it, or add a condition (kms:CallerAccount, aws:PrincipalOrgID, kms:ViaService). Then re-encrypt what may have been copied.',
    source: 'kms',
  };
}

function granted(key: AuditKey): Told | null {
  if (key.grantedTo === null || key.grantedTo.length === 0) return null;
  return {
    code: 'key-grant-outside',
    severity: 'warning',
    title: `A grant lets somebody outside the account of ${nameOf(key)} open or re-encrypt what is under it.`,
    reason: 'Grants do not show in the key policy and hold until they are retired or revoked.',
    evidence: key.grantedTo.map((grantee) => `ListGrants: ${grantee}`),
    remedy:
      'Find out what the grant is for. If it is not needed any more, revoke it (RevokeGrant), then re-encrypt what may have been copied.',
    source: 'kms',
  };
}

function notRotated(key: AuditKey, { rotationDays }: Limits, now: number): Told | null {
  if (key.rotation === null || key.rotation.enabled || key.origin !== 'AWS_KMS') return null;
  const since = key.rotation.lastAt ?? key.createdAt;
  const recent = key.rotation.lastAt !== null && now - Date.parse(key.rotation.lastAt) < rotationDays * DAY;
  if (recent) return null;
  return {
    code: 'key-not-rotated',
    severity: 'warning',
    title: `${nameOf(key)} does not rotate.`,
    reason:
      'All that was ever encrypted under it hangs on one key material. Many policies ask for a yearly rotation.',
    evidence: [
      'GetKeyRotationStatus: KeyRotationEnabled false',
      key.rotation.lastAt === null
        ? `never rotated${since === null ? '' : `, made on ${since.slice(0, 10)}`}`
        : `last rotated on ${key.rotation.lastAt.slice(0, 10)}`,
    ],
    remedy:
      'Turn automatic rotation on (EnableKeyRotation). Blobs made before keep their old key material: re-encrypt them to the same key, or to one that rotates.',
    source: 'kms',
  };
}

function unused(key: AuditKey, { unusedDays }: Limits, now: number): Told | null {
  const { lastUse } = key;
  if (lastUse === null) return null;
  const since = lastUse.at ?? lastUse.trackedSince;
  if (since === null || now - Date.parse(since) < unusedDays * DAY) return null;
  const days = Math.floor((now - Date.parse(since)) / DAY);
  return {
    code: 'key-unused',
    severity: 'info',
    title: `${nameOf(key)} was not used for ${days} days.`,
    reason:
      'Blobs that nobody opens may not be needed any more; or what opens them runs so rarely that nobody will notice when the key is taken away.',
    evidence: [
      lastUse.at === null
        ? `GetKeyLastUsage: no use since ${since.slice(0, 10)}, when tracking began`
        : `GetKeyLastUsage: ${lastUse.operation ?? 'used'} on ${since.slice(0, 10)}`,
    ],
    remedy: 'Ask the owner of the files whether they are needed before the key is disabled or deleted.',
    source: 'kms',
  };
}
