import type { PolicyAdvice } from '../../model/fault.ts';
import { regionOfArn } from '../facts.ts';
import { accountOf, identityAdvice, keyAdvice, limitAdvice, type Wanted } from './policy.ts';
import { type PolicyType, policyTypeOf } from './policy-types.ts';
import type { Diagnosis, KmsSituation } from './situation.ts';

/** Parts of IAM's sentence "User: … is not authorized to perform: … on resource: … because …". */
interface Denial {
  readonly principal: string | null;
  /** "kms:ReEncryptFrom", "sts:AssumeRole". */
  readonly action: string;
  readonly resource: string | null;
  /** 'explicit' when a policy denies; 'missing' when none allows; 'ambiguous' when IAM will not say which. */
  readonly why: 'explicit' | 'missing' | 'ambiguous' | null;
  /** The policy as the message names it: "service control policy", "permissions boundary", … */
  readonly policy: string | null;
  readonly type: PolicyType | null;
  /** ARN of the policy that denies, where the message gives it. */
  readonly policyArn: string | null;
}

const ACTION = String.raw`\w[\w-]*:\w+`;
/** What the message calls a policy: "service control policy", "permissions boundary". */
const POLICY = String.raw`(?:an?|the|your)?\s*([\w][\w -]*?(?:polic(?:y|ies)|boundar(?:y|ies)))`;
const EXPLICIT = new RegExp(String.raw`explicit(?:ly)? den(?:y|ied|ies)\s+(?:in|by)\s+${POLICY}\b`, 'i');
const MISSING = new RegExp(String.raw`because no\s+${POLICY}\s+allows?\b`, 'i');

/**
 * Reads an AccessDenied message. Null when it is not of that form. Source: "Troubleshoot access denied error
 * messages" of the IAM user guide, which lists both forms for each type of policy, and the AWS security blog "Enhanced
 * access denied error messages with policy ARNs"; the ambiguous cross-account form is observed.
 */
export function parseDenial(said: string): Denial | null {
  const action = new RegExp(`not authorized to perform:?\\s*(${ACTION})`, 'i').exec(said)?.[1];
  if (action === undefined) return null;
  const found = /on (?:the )?resource:?\s*"?(arn:\S+?|\*)"?[.,]?(?=\s|$)/i.exec(said)?.[1] ?? null;
  const resource = found === '*' ? null : found;
  const principal = /User:\s*(arn:[^\s,]+)/i.exec(said)?.[1] ?? null;
  const policyArn =
    /(?:polic(?:y|ies)|boundar(?:y|ies)|action):?\s+(arn:[^\s,]+?)[.,]?(?=\s|$)/i.exec(said)?.[1] ?? null;
  const common = { principal, action, resource, policyArn };
  const explicit = EXPLICIT.exec(said)?.[1];
  if (/does not exist in this Region/i.test(said))
    return { ...common, why: 'ambiguous', policy: null, type: null };
  if (explicit !== undefined)
    return { ...common, why: 'explicit', policy: explicit, type: policyTypeOf(explicit) };
  const missing = MISSING.exec(said)?.[1] ?? null;
  return {
    ...common,
    why: missing === null ? null : 'missing',
    policy: missing,
    type: missing === null ? null : policyTypeOf(missing),
  };
}

/** Says which permission is missing, on which key, on which side, and in which policy. */
export function deniedCase(said: string, s: KmsSituation): Diagnosis {
  if (/ciphertext refers to a/i.test(said)) return cannotSay(s);
  const denial = parseDenial(said);
  if (denial === null) return decoded(said, unspecified(s));
  const side =
    denial.action === 'kms:ReEncryptFrom' || denial.action === 'kms:Decrypt'
      ? { name: 'source', id: s.sourceKeyId }
      : denial.action === 'kms:ReEncryptTo' || denial.action === 'kms:Encrypt'
        ? { name: 'destination', id: s.destinationKeyId }
        : null;
  const key = denial.resource ?? side?.id ?? null;
  const on = side ? ` on the ${side.name} key${key ? ` ${key}` : ''}` : key ? ` on ${key}` : '';
  return {
    message: `You are not allowed ${denial.action}${on}.`,
    causes: [...otherAccount(key, denial.principal ?? s.principal ?? null, 'the key'), ...why(denial)],
    remedy: remedyOf(denial, on, key, s.service ?? 'KMS'),
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
  const place = d.type?.place ?? null;
  if (place !== null && place !== 'identity' && place !== 'key') return [limitAdvice(place, wanted)];
  if (d.policy !== null && place === null) return [];
  if (foreign || d.why === 'ambiguous') return [keyAdvice(wanted), identityAdvice(wanted)];
  if (place === 'identity') return [identityAdvice(wanted)];
  if (place === 'key') return [keyAdvice(wanted)];
  return [identityAdvice(wanted), keyAdvice(wanted)];
}

/** "a service control policy (SCP) of the AWS organization, arn:…". */
const policyWords = (d: Denial): string =>
  `${d.type?.words ?? `the ${d.policy}`}${d.policyArn === null ? '' : ` (${d.policyArn})`}`;

function why(d: Denial): string[] {
  const note = d.type === null || d.type.note === '' ? '' : ` ${d.type.note}`;
  if (d.why === 'explicit')
    return [
      `${policyWords(d)} denies it explicitly; no other policy can allow it then.${d.type?.place === 'identity' || d.type?.place === 'key' ? '' : note}`,
    ];
  if (d.why === 'missing') {
    if (d.type?.place === 'key') return ['the key policy does not allow it (nor a grant).'];
    if (d.type?.place === 'identity') return ['no identity-based policy allows it.'];
    return [`${policyWords(d)} does not allow it.${note}`];
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

function remedyOf(d: Denial, on: string, key: string | null, service: string): string {
  const who = d.principal === null ? 'your user or role' : d.principal;
  const where = d.type?.where({
    who: roleWords(d.principal),
    owner: accountOf(key),
    service,
    resource: 'key',
  });
  const arn = d.policyArn === null ? '' : ` It is ${d.policyArn}.`;
  if (d.why === 'explicit')
    return `Have the deny of ${d.action} changed ${where ?? `in the ${d.policy}`}, or work as another identity.${arn}`;
  if (d.why === 'missing' && where === undefined)
    return `Have ${d.action}${on} allowed for ${who} in the ${d.policy}.${arn}`;
  const place = d.type?.place;
  if (where !== undefined && place === 'identity')
    return `Have ${d.action}${on} allowed for ${who} in the policy of your user or role (and in the key policy, when the key is in another account).${arn}`;
  if (where !== undefined) return `Have ${d.action}${on} allowed for ${who} ${where}.${arn}`;
  return `Have ${d.action}${on} allowed${d.principal === null ? '' : ` for ${who}`} in the key policy, and in the policy of your user or role when the key is in another account.`;
}

/** "the role Mover", "the user me". */
function roleWords(principal: string | null): string {
  const root = /:iam::(\d{12}):root$/.exec(principal ?? '')?.[1];
  if (root !== undefined) return `the root user of account ${root}`;
  const match = /:(assumed-role|role|user|federated-user)\/(?:.*\/)?([^/]+?)(?:\/[^/]+)?$/.exec(
    principal ?? '',
  );
  if (match === null) return 'your user or role';
  if (match[1] === 'assumed-role') return `the role ${/assumed-role\/([^/]+)/.exec(principal ?? '')?.[1]}`;
  return `the ${match[1]} ${/\/([^/]+)$/.exec(principal ?? '')?.[1]}`;
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

/** A message that only AWS can read (STS, DecodeAuthorizationMessage) says what was denied, and by which policy. */
function decoded(said: string, diagnosis: Diagnosis): Diagnosis {
  if (!/encoded authorization (?:failure )?message:/i.test(said)) return diagnosis;
  return {
    ...diagnosis,
    remedy:
      `Have the message after "Encoded authorization failure message:" decoded: aws sts decode-authorization-message --encoded-message MESSAGE (permission sts:DecodeAuthorizationMessage); it names the action and the policy. ${diagnosis.remedy ?? ''}`.trim(),
  };
}

function unspecified(s: KmsSituation): Diagnosis {
  if (s.operation !== 'ReEncrypt') {
    const prefix = s.service === 'STS' || s.operation === 'GetCallerIdentity' ? 'sts' : 'kms';
    return {
      message: `You are not allowed ${prefix}:${s.operation}.`,
      causes: ['neither your identity policy nor the policy of the resource allows it.'],
      remedy: `Have ${prefix}:${s.operation} allowed for your identity.`,
    };
  }
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
