import type { PolicyAdvice } from '../../model/fault.ts';
import { regionOfArn } from '../facts.ts';
import { accountOf, identityAdvice, keyAdvice, type Wanted } from './policy.ts';
import type { Diagnosis, KmsSituation } from './situation.ts';

/** Parts of IAM's sentence "User: … is not authorized to perform: … on resource: … because …". */
interface Denial {
  readonly principal: string | null;
  readonly action: string;
  readonly resource: string | null;
  /** 'explicit' when a policy denies; 'missing' when none allows; 'ambiguous' when IAM will not say which. */
  readonly why: 'explicit' | 'missing' | 'ambiguous' | null;
  /** "identity-based policy", "resource-based policy", "service control policy", … */
  readonly policy: string | null;
}

/**
 * Reads an AccessDenied message. Null when it is not of that form. Source: "Troubleshoot access denied error
 * messages" of the IAM user guide; the ambiguous cross-account form is observed.
 */
export function parseDenial(said: string): Denial | null {
  const action = /not authorized to perform:?\s*(kms:\w+|sts:\w+)/i.exec(said)?.[1];
  if (action === undefined) return null;
  const resource = /on resource:\s*(arn:\S+?)[.,]?(?=\s|$)/i.exec(said)?.[1] ?? null;
  const principal = /User:\s*(arn:\S+)/i.exec(said)?.[1] ?? null;
  const explicit = /explicit deny in an? ([\w -]*?policy)/i.exec(said)?.[1];
  if (explicit !== undefined) return { principal, action, resource, why: 'explicit', policy: explicit };
  if (/does not exist in this Region/i.test(said))
    return { principal, action, resource, why: 'ambiguous', policy: null };
  const missing = /because no ([\w -]*?policy) allows/i.exec(said)?.[1];
  return { principal, action, resource, why: missing ? 'missing' : null, policy: missing ?? null };
}

/** Says which permission is missing, on which key, on which side, and in which policy. */
export function deniedCase(said: string, s: KmsSituation): Diagnosis {
  if (/ciphertext refers to a/i.test(said)) return cannotSay(s);
  const denial = parseDenial(said);
  if (denial === null) return unspecified(s);
  const side =
    denial.action === 'kms:ReEncryptFrom' || denial.action === 'kms:Decrypt'
      ? { name: 'source', id: s.sourceKeyId }
      : denial.action === 'kms:ReEncryptTo' || denial.action === 'kms:Encrypt'
        ? { name: 'destination', id: s.destinationKeyId }
        : null;
  const key = denial.resource ?? side?.id ?? null;
  const on = side
    ? ` on the ${side.name} key${key ? ` ${key}` : ''}`
    : key && denial.action.startsWith('kms:')
      ? ` on ${key}`
      : '';
  const who = denial.principal ? ` for ${denial.principal}` : '';
  return {
    message: `You are not allowed ${denial.action}${on}.`,
    causes: [...otherAccount(key, denial.principal ?? s.principal ?? null, 'the key'), ...why(denial)],
    remedy: remedyOf(denial, on, who),
    policies: denial.action.startsWith('kms:')
      ? advice(denial, {
          action: denial.action,
          keyArn: keyArnOf(key),
          principal: denial.principal ?? s.principal ?? null,
          side: side?.name ?? null,
        })
      : [],
  };
}

/**
 * The cause where a key belongs to another account than the caller: its key policy must allow it, and so must the
 * caller's identity policy (KMS developer guide, "Allowing users in other accounts to use a KMS key").
 */
function otherAccount(key: string | null, principal: string | null, what: string): string[] {
  const [owner, caller] = [accountOf(key), accountOf(principal)];
  if (owner === null || caller === null || owner === caller) return [];
  return [
    `${what} is of account ${owner}, and this connection is of account ${caller}: the key policy there and your own policy must both allow it.`,
  ];
}

/** Statements that would allow it. An explicit deny is lifted by no statement. */
function advice(d: Denial, wanted: Wanted): PolicyAdvice[] {
  if (d.why === 'explicit') return [];
  const owner = accountOf(wanted.keyArn);
  const caller = accountOf(wanted.principal);
  const foreign = owner !== null && caller !== null && owner !== caller;
  // A policy of the organisation (service control, permissions boundary) is not changed by a statement of these two.
  if (d.policy !== null && d.policy !== 'identity-based policy' && d.policy !== 'resource-based policy')
    return [];
  if (foreign || d.why === 'ambiguous') return [keyAdvice(wanted), identityAdvice(wanted)];
  if (d.policy === 'identity-based policy') return [identityAdvice(wanted)];
  if (d.policy === 'resource-based policy') return [keyAdvice(wanted)];
  return [identityAdvice(wanted), keyAdvice(wanted)];
}

function why(d: Denial): string[] {
  if (d.why === 'explicit') return [`a ${d.policy} denies it explicitly; no other policy can allow it then.`];
  if (d.why === 'missing') {
    if (d.policy === 'resource-based policy') return ['the key policy does not allow it (nor a grant).'];
    return [`no ${d.policy} allows it.`];
  }
  if (d.why === 'ambiguous')
    return [
      'the key policy (in the account that owns the key) does not allow it.',
      'the key is not in this Region.',
      'the key policy denies it explicitly.',
    ];
  return [
    'neither your identity policy nor the key policy allows it.',
    'a condition of the policy is not met (encryption context, algorithm, kms:ViaService, kms:ReEncryptOnSameKey).',
  ];
}

function remedyOf(d: Denial, on: string, who: string): string {
  if (d.why === 'explicit')
    return `Have the deny of ${d.action} in the ${d.policy} changed, or work as another identity.`;
  const where =
    d.policy === 'resource-based policy'
      ? 'in the key policy'
      : d.policy === 'identity-based policy'
        ? 'in the policy of your user or role (and in the key policy, when the key is in another account)'
        : 'in the key policy, and in the policy of your user or role when the key is in another account';
  return `Have ${d.action}${on} allowed${who} ${where}.`;
}

/**
 * KMS's one sentence for four different things, which it uses where no source key is pinned: they are distinguished as
 * hypotheses, likeliest first. What the file says of its key counts as a label.
 */
function cannotSay(s: KmsSituation): Diagnosis {
  const region = s.region ?? null;
  const pinned = s.sourceKeyId ?? null;
  const named = pinned ?? s.declaredKeyId ?? null;
  const namedRegion = named === null ? null : regionOfArn(named);
  const who = pinned === null ? 'the file says that its key' : 'the source key';
  const key = named === null ? '' : pinned === null ? ` (${named}, as the file says)` : ` (${named})`;
  const right = s.operation === 'Decrypt' ? 'kms:Decrypt' : 'kms:ReEncryptFrom';
  const causes = [
    `you lack ${right} on the key that made the blob${key}.`,
    `the blob was made in another Region than ${region ?? 'this Region'}; the bytes do not say which.`,
    'its key is in another account that does not let you in.',
    'its key or its key material has been deleted.',
  ];
  causes.unshift(...otherAccount(named, s.principal ?? null, who));
  const far = region !== null && namedRegion !== null && namedRegion !== region;
  if (far) causes.unshift(`${who} is of ${namedRegion}, and this connection is of ${region}.`);
  const foreign = otherAccount(named, s.principal ?? null, who).length > 0;
  const wanted = {
    action: right,
    keyArn: keyArnOf(named),
    principal: s.principal ?? null,
    side: 'source',
  };
  return {
    message: 'KMS will not open this blob, and does not say which of several reasons applies.',
    causes,
    policies: far ? [] : [identityAdvice(wanted), keyAdvice(wanted)],
    remedy: [
      far
        ? `Connect to ${namedRegion}.`
        : foreign
          ? `Connect as an identity of account ${accountOf(named)}, or have its key policy allow ${right} for yours.`
          : `Check ${right} on the source key for your identity, then try the Region in which the blob was made.`,
      pinned === null ? 'Pin the source key: KMS then says which reason applies.' : '',
      'If other blobs with the same fingerprint work, it is not the permission.',
    ]
      .filter((part) => part !== '')
      .join(' '),
  };
}

function unspecified(s: KmsSituation): Diagnosis {
  if (s.operation !== 'ReEncrypt')
    return {
      message: `You are not allowed ${s.operation === 'GetCallerIdentity' ? 'sts' : 'kms'}:${s.operation}.`,
      remedy: `Have ${s.operation === 'GetCallerIdentity' ? 'sts' : 'kms'}:${s.operation} allowed for your identity.`,
    };
  const source = s.sourceKeyId ? ` ${s.sourceKeyId}` : '';
  const destination = s.destinationKeyId ? ` ${s.destinationKeyId}` : '';
  return {
    message:
      'You are not allowed to re-encrypt this blob to this key; KMS does not say which right is missing.',
    causes: [
      ...otherAccount(s.sourceKeyId ?? s.declaredKeyId ?? null, s.principal ?? null, 'the source key'),
      ...otherAccount(s.destinationKeyId ?? null, s.principal ?? null, 'the destination key'),
      `kms:ReEncryptFrom on the source key${source} is missing.`,
      `kms:ReEncryptTo on the destination key${destination} is missing.`,
    ],
    remedy: `Have kms:ReEncryptFrom allowed on the source key${source} and kms:ReEncryptTo on the destination key${destination}.`,
    policies: [
      { action: 'kms:ReEncryptFrom', keyArn: keyArnOf(s.sourceKeyId), side: 'source' },
      { action: 'kms:ReEncryptTo', keyArn: keyArnOf(s.destinationKeyId), side: 'destination' },
    ].map((wanted) => identityAdvice({ ...wanted, principal: s.principal ?? null })),
  };
}

/** A policy takes key ARNs alone: an alias in `Resource` allows nothing (KMS guide, "Using aliases to control access"). */
function keyArnOf(keyId: string | null | undefined): string | null {
  return keyId?.startsWith('arn:') && keyId.includes(':key/') ? keyId : null;
}
