import type { PermissionChecks } from '#shared/model/preflight.ts';
import { OK, SOME_FAILED } from './exit-code.ts';
import { faultLines, safe } from './text.ts';

const KNOWN = {
  pinned: 'pinned',
  kms: 'confirmed by KMS before',
  person: 'named by a person',
  declared: 'as the file says',
} as const;
const WORDS = { allowed: 'allowed', refused: 'NOT allowed', 'cannot-tell': 'cannot tell' } as const;

/** Prints what KMS said of the rights; the exit code. */
export function printPermissions({ checks, withoutKey, unasked }: PermissionChecks): number {
  for (const { step, answer, sourceKeyId, sourceKnownBy, blobs, fault, ignoredDryRun } of checks) {
    const what = step === 'verify' ? 'verify under' : 're-encrypt from';
    const by = sourceKnownBy === null ? '' : ` (${KNOWN[sourceKnownBy]})`;
    console.log(
      `${WORDS[answer]}: ${what} ${safe(sourceKeyId)}${by}, ${blobs} ${blobs === 1 ? 'blob' : 'blobs'}`,
    );
    if (ignoredDryRun)
      console.error('  This endpoint ignores DryRun: that is no proof of what KMS would say.');
    if (fault !== null) console.error(faultLines(fault));
  }
  if (withoutKey > 0)
    console.error(`cannot tell for ${withoutKey}: the source key is not named; pin it with --from`);
  if (unasked > 0) console.error(`not asked for ${unasked}: too many different contexts; use --dry-run`);
  return permissionsCode({ checks, withoutKey, unasked });
}

/** 0 only where every right was asked about and is there. */
export function permissionsCode({ checks, withoutKey, unasked }: PermissionChecks): number {
  return checks.every(({ answer }) => answer === 'allowed') && withoutKey + unasked === 0 ? OK : SOME_FAILED;
}
