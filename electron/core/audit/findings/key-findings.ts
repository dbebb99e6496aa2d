import { hash } from 'node:crypto';
import { finding } from '#shared/finding.ts';
import { entryOf } from '#shared/findings.ts';
import type { AuditKey } from '#shared/model/audit.ts';
import type { Finding } from '#shared/model/blob.ts';
import { readKeyName } from '../../key-material/index.ts';
import type { FindingDraft, KeySubject, KmsCaller } from '../model.ts';

const DAY = 86_400_000;

/** What decides whether something is worth telling. */
interface Limits {
  /** A key that was not used for so many days is reported. */
  readonly unusedDays: number;
  /** Automatic rotation off is reported when the last rotation (or the key's making) is longer ago, days. */
  readonly rotationDays: number;
}
export const LIMITS: Limits = { unusedDays: 90, rotationDays: 365 };

/** `code`: of the finding, or the id of one that stands at several places. */
export const findingId = (code: string, about: string): string =>
  `${code}.${hash('sha256', `${code}\0${about}`, 'hex').slice(0, 16)}`;

/** A finding as an audit reports it. */
export function draftOf({ range: _, ...found }: Finding): FindingDraft {
  return { ...found, source: entryOf(found.code).source };
}

const nameOf = (key: AuditKey): string => key.aliases[0] ?? key.arn;

/** Findings about the key of a subject, from KMS's description of it. `now`: milliseconds. */
export function keyFindings(
  subject: KeySubject,
  caller: KmsCaller | null,
  limits: Limits,
  now: number,
): FindingDraft[] {
  const { key } = subject;
  if (key === null) return withoutKey(subject, caller);
  const drafts = [state(key, now), aws(key), otherAccount(key, caller), open(key), named(key), granted(key)];
  if (key.manager !== 'AWS')
    drafts.push(notRotated(key, limits, now), unused(key, limits, now), rotationsUsedUp(key), unguarded(key));
  return drafts.flatMap((one) => (one === null ? [] : [withConnection(one, caller)]));
}

/** A reply of KMS holds for the connection that was asked: another account's keys may have the same names. */
export function withConnection(draft: FindingDraft, caller: KmsCaller | null): FindingDraft {
  if (caller === null || draft.source !== 'kms') return draft;
  return { ...draft, evidence: [...draft.evidence, `Asked: ${caller.connection}`] };
}

function withoutKey(subject: KeySubject, caller: KmsCaller | null): FindingDraft[] {
  const { label, account, region } = subject;
  if (caller === null || label === null) return [];
  if (subject.gone && readKeyName(label).alias) {
    const evidence = [`DescribeKey: NotFoundException, asked as ${caller.arn} in ${caller.region}`];
    return [withConnection(draftOf(finding('alias-gone', { evidence, values: { alias: label } })), caller)];
  }
  if (subject.gone)
    return [
      withConnection(
        draftOf(
          finding('key-gone', {
            evidence: [`DescribeKey: NotFoundException, asked as ${caller.arn} in ${caller.region}`],
            values: { key: label },
          }),
        ),
        caller,
      ),
    ];
  if (account === null || account === caller.account) return [];
  return [
    draftOf(
      finding('key-unknown-account', {
        evidence: [`label ${label}${region === null ? '' : `, Region ${region}`}`, `asked as ${caller.arn}`],
        values: { account },
      }),
    ),
  ];
}

function state(key: AuditKey, now: number): FindingDraft | null {
  const evidence = [`DescribeKey: KeyState ${key.state}`];
  switch (key.state) {
    case 'Disabled':
      return draftOf(finding('key-disabled', { evidence, values: { key: nameOf(key) } }));
    case 'PendingDeletion':
    case 'PendingReplicaDeletion': {
      const days =
        key.deletionDate === null ? null : Math.max(0, Math.ceil((Date.parse(key.deletionDate) - now) / DAY));
      const left = days === null ? '' : days === 0 ? ' today' : ` in ${days} ${days === 1 ? 'day' : 'days'}`;
      return draftOf(
        finding('key-pending-deletion', {
          evidence: [
            ...evidence,
            ...(key.deletionDate === null ? [] : [`DeletionDate ${key.deletionDate.slice(0, 10)}`]),
          ],
          values: {
            key: nameOf(key),
            when: left,
            reason:
              key.otherRegions.length > 0
                ? `Every blob under it can then be opened through its replica in ${key.otherRegions.join(', ')}, no longer through this key.`
                : 'Every blob under it can then never be opened again, by anyone, AWS included.',
          },
        }),
      );
    }
    case 'PendingImport':
    case 'Unavailable':
      return draftOf(
        finding('key-unavailable', {
          evidence,
          values:
            key.state === 'PendingImport'
              ? {
                  what: `${nameOf(key)} has no key material: it expired, was deleted or was never imported.`,
                  remedy: 'Import the very same key material again (ImportKeyMaterial).',
                }
              : {
                  what: `The key store of ${nameOf(key)} is disconnected.`,
                  remedy: 'Connect the custom key store again (ConnectCustomKeyStore).',
                },
        }),
      );
    default:
      return null;
  }
}

function aws(key: AuditKey): FindingDraft | null {
  if (key.manager !== 'AWS') return null;
  return draftOf(
    finding('key-aws-managed', { evidence: ['DescribeKey: KeyManager AWS'], values: { key: nameOf(key) } }),
  );
}

function otherAccount(key: AuditKey, caller: KmsCaller | null): FindingDraft | null {
  if (caller === null || key.account === null || key.account === caller.account) return null;
  return draftOf(
    finding('key-other-account', {
      evidence: [`ARN ${key.arn}`, `asked as ${caller.arn}`],
      values: { key: nameOf(key), account: key.account },
    }),
  );
}

function open(key: AuditKey): FindingDraft | null {
  if (key.openTo === null || key.openTo.length === 0) return null;
  return draftOf(
    finding('key-policy-wide', {
      evidence: [
        ...key.openTo.map((principal) => `GetKeyPolicy: allows ${principal}`),
        'Not weighed: statements that deny, IAM and organisation policies',
      ],
      values: { key: nameOf(key) },
    }),
  );
}

function named(key: AuditKey): FindingDraft | null {
  if (key.policyNames === null || key.policyNames.length === 0) return null;
  return draftOf(
    finding('key-policy-outside', {
      evidence: [
        ...key.policyNames.map((principal) => `GetKeyPolicy: allows ${principal}`),
        'Not weighed: statements that deny, IAM and organisation policies',
      ],
      values: { key: nameOf(key) },
    }),
  );
}

function granted(key: AuditKey): FindingDraft | null {
  if (key.grantedTo === null || key.grantedTo.length === 0) return null;
  return draftOf(
    finding('key-grant-outside', {
      evidence: key.grantedTo.map((grantee) => `ListGrants: ${grantee}`),
      values: { key: nameOf(key) },
    }),
  );
}

function notRotated(key: AuditKey, { rotationDays }: Limits, now: number): FindingDraft | null {
  if (key.rotation === null || key.rotation.enabled || key.origin !== 'AWS_KMS') return null;
  const since = key.rotation.lastAt ?? key.createdAt;
  if (since !== null && now - Date.parse(since) < rotationDays * DAY) return null;
  return draftOf(
    finding('key-not-rotated', {
      evidence: [
        'GetKeyRotationStatus: KeyRotationEnabled false',
        key.rotation.lastAt === null
          ? `never rotated${since === null ? '' : `, made on ${since.slice(0, 10)}`}`
          : `last rotated on ${key.rotation.lastAt.slice(0, 10)}`,
      ],
      values: { key: nameOf(key) },
    }),
  );
}

/** On-demand rotations of one key. Source: KMS developer guide, "Rotate keys on demand". */
const MOST_ON_DEMAND = 25;

function rotationsUsedUp(key: AuditKey): FindingDraft | null {
  const { onDemandRotations: rotations } = key;
  if (rotations === null || rotations < MOST_ON_DEMAND) return null;
  return draftOf(
    finding('key-rotations-used-up', {
      evidence: [`ListKeyRotations: ${rotations} of type ON_DEMAND`],
      values: { key: nameOf(key), rotations },
    }),
  );
}

function unguarded(key: AuditKey): FindingDraft | null {
  if (key.deletionGuarded !== false) return null;
  return draftOf(
    finding('key-deletion-unguarded', {
      evidence: [
        'GetKeyPolicy: no statement limits kms:ScheduleKeyDeletion by kms:TrailingDaysWithoutKeyUsage',
      ],
      values: { key: nameOf(key) },
    }),
  );
}

/** What KMS says of a key's last use, a line each: nothing on record means never only where it was tracked all its life. */
export function lastUseWords({ lastUse, createdAt, otherRegions }: AuditKey): string[] {
  if (lastUse === null) return [];
  const { at, operation, trackedSince } = lastUse;
  const day = (text: string): string => text.slice(0, 10);
  const never =
    at === null &&
    trackedSince !== null &&
    createdAt !== null &&
    Date.parse(createdAt) >= Date.parse(trackedSince);
  const said =
    at !== null
      ? `KMS says it was last used on ${day(at)} (${operation ?? 'unknown operation'}).`
      : never
        ? `KMS says it was never used since it was made on ${day(createdAt ?? '')}.`
        : `KMS has no use on record${trackedSince === null ? '' : ` since ${day(trackedSince)}, when it began to keep one: that is not “never”`}.`;
  return [
    said,
    ...(otherRegions.length === 0
      ? []
      : [`The use of its replicas in ${otherRegions.join(', ')} is kept apart, and was not asked there.`]),
  ];
}

function unused(key: AuditKey, { unusedDays }: Limits, now: number): FindingDraft | null {
  const { lastUse } = key;
  if (lastUse === null) return null;
  const since = lastUse.at ?? lastUse.trackedSince;
  if (since === null || now - Date.parse(since) <= unusedDays * DAY) return null;
  const days = Math.floor((now - Date.parse(since)) / DAY);
  return draftOf(
    finding('key-unused', {
      evidence: [
        lastUse.at === null
          ? `GetKeyLastUsage: no use since ${since.slice(0, 10)}, when tracking began`
          : `GetKeyLastUsage: ${lastUse.operation ?? 'used'} on ${since.slice(0, 10)}`,
      ],
      values: { key: nameOf(key), days },
    }),
  );
}
