import { regionOfArn } from '../facts.ts';
import { keyNameProblem, meantAlias, partitionOfArn, partitionOfRegion } from '../key-names.ts';
import { accountOf } from './policy.ts';
import { type Diagnosis, type KmsSituation, sentence } from './situation.ts';

/** What is wrong with a key: which of the two it is, its state, its name, its Region, its usage. */

const ARN = /arn:[\w-]+:kms:[\w-]*:\d{12}:(?:key|alias)\/[\w:/-]+/;

/** Which side a key that the service named is on; null when that cannot be said. */
export function sideOf(arn: string, s: KmsSituation): 'source' | 'destination' | 'both' | null {
  const is = (id: string | null | undefined): boolean =>
    id !== null && id !== undefined && (id === arn || arn.endsWith(`/${id}`) || arn.endsWith(`:${id}`));
  const source = is(s.sourceKeyId);
  const destination = is(s.destinationKeyId);
  if (source && destination) return 'both';
  if (source) return 'source';
  if (destination) return 'destination';
  if (s.operation !== 'ReEncrypt') return null;
  // By elimination: a side that was named by key id or key ARN and does not match is not this key.
  const exact = (id: string | null | undefined): boolean => !!id && !/(?:^|:)alias\//.test(id);
  if (exact(s.destinationKeyId)) return 'source';
  if (exact(s.sourceKeyId)) return 'destination';
  return null;
}

function keyInWords(said: string, s: KmsSituation): { words: string; side: ReturnType<typeof sideOf> } {
  const arn = ARN.exec(said)?.[0];
  if (arn === undefined) return { words: 'The source or the destination key', side: null };
  const side =
    s.operation === 'ReEncrypt'
      ? sideOf(arn, s)
      : s.operation === 'Decrypt'
        ? 'source'
        : s.operation === 'Encrypt'
          ? 'destination'
          : null;
  const role =
    side === 'both' ? 'The source and destination key' : side === null ? 'The key' : `The ${side} key`;
  return { words: `${role} ${arn}`, side };
}

export function keyDisabled(said: string, s: KmsSituation): Diagnosis {
  const { words, side } = keyInWords(said, s);
  return {
    message: `${words} is disabled.`,
    remedy:
      side === 'destination'
        ? 'Enable it (EnableKey, permission kms:EnableKey), or choose another destination key.'
        : side === 'source'
          ? 'Enable it (EnableKey, permission kms:EnableKey); only this key opens the blob.'
          : 'Enable it (EnableKey, permission kms:EnableKey) or choose another one.',
  };
}

export function invalidKeyState(said: string, s: KmsSituation): Diagnosis {
  const { words, side } = keyInWords(said, s);
  if (/\bis disabled\b/i.test(said)) return keyDisabled(said, s);
  if (/\bis (?:being created|creating|updating|being updated)\b/i.test(said))
    return {
      message: `${words} is being created or changed.`,
      causes: ['a new replica or primary key takes a moment before it can be used.'],
      remedy: 'Try again in a minute.',
    };
  if (/pending (?:replica )?deletion/i.test(said))
    return {
      message: `${words} is waiting to be deleted.`,
      causes: ['its deletion was scheduled. When that is done, its ciphertext cannot be decrypted any more.'],
      remedy:
        side === 'destination'
          ? 'Choose another destination key.'
          : 'Cancel the deletion (CancelKeyDeletion), enable the key (EnableKey), re-encrypt, then schedule it again.',
    };
  if (/pending import|key material/i.test(said))
    return {
      message: `${words} has no key material now.`,
      causes: ['its imported material has expired or was deleted, or was never imported.'],
      remedy: 'Import the key material again (ImportKeyMaterial), or choose another key.',
    };
  if (/key store|unavailable/i.test(said)) return keyStore(said, s);
  return said === '' ? {} : { message: `${words} cannot be used in its present state: ${said}` };
}

/** A key with a store does not answer. */
export function keyStore(said: string, s: KmsSituation): Diagnosis {
  if (!/key store|unavailable|cluster|\bxks\b|proxy/i.test(said)) return {};
  const { words } = keyInWords(said, s);
  return {
    message: `${words} is in a custom key store that KMS cannot reach now.`,
    causes: [
      'the key store is disconnected (AWS CloudHSM: the cluster or its user kmsuser; external key store: its proxy).',
    ],
    remedy:
      'Connect the key store again (ConnectCustomKeyStore, permission kms:ConnectCustomKeyStore); DescribeCustomKeyStores says why in ConnectionErrorCode. Its ciphertext is intact and opens again then.',
  };
}

export function keyNotFound(said: string, s: KmsSituation): Diagnosis {
  const here = s.region ?? null;
  const misnamed = misnamedKey(s);
  if (misnamed !== null) return misnamed;
  const wrongRegion = [s.sourceKeyId, s.destinationKeyId].find((id) => {
    const region = id ? regionOfArn(id) : null;
    return here !== null && region !== null && region !== here;
  });
  if (wrongRegion)
    return {
      message: `The key ${wrongRegion} is in another Region than this connection (${here}).`,
      causes: ['KMS works within one Region; ReEncrypt cannot cross to another.'],
      remedy: `Connect to ${regionOfArn(wrongRegion)}, or choose a key of ${here}; a multi-Region key has a replica ARN for each Region. Otherwise decrypt here and encrypt there: an option of its own, as plaintext is then in this machine's memory.`,
    };
  const named = ARN.exec(said)?.[0] ?? /['"]([^'"]+)['"]/.exec(said)?.[1] ?? null;
  const side = named === null || s.operation !== 'ReEncrypt' ? null : sideOf(named, s);
  const role = side === 'source' || side === 'destination' ? `the ${side} key` : 'the key or alias';
  const where = here === null ? '' : ` in ${here}`;
  const message = `KMS does not know ${role}${named === null ? '' : ` ${named}`}${where}.`;
  const owner = accountOf(s.destinationKeyId ?? s.sourceKeyId ?? null);
  const caller = accountOf(s.principal ?? null);
  if (owner === null || caller === null || owner === caller) return { message };
  return {
    message,
    causes: [
      `it is of account ${owner}, and you work in account ${caller}: it does not exist there, or its key policy does not let you see it.`,
    ],
    remedy: `Check the ARN, and have the key policy in account ${owner} allow it for you, beside your own policy.`,
  };
}

/** A key that is named in a way that KMS cannot know, or that is of a part of AWS where these credentials do not reach. */
function misnamedKey(s: KmsSituation): Diagnosis | null {
  for (const [side, id] of [
    ['destination', s.destinationKeyId],
    ['source', s.sourceKeyId],
  ] as const) {
    if (id === null || id === undefined) continue;
    const what = s.operation === 'ReEncrypt' ? `The ${side} key` : 'The key';
    const problem = keyNameProblem(id);
    if (problem !== null)
      return {
        message: `${what} ${JSON.stringify(id)} is not written as KMS takes it.`,
        causes: [problem],
        remedy: 'Correct it: a key id, a key ARN, alias/NAME, or the ARN of an alias.',
      };
    const partition = partitionOfArn(id);
    const here = s.region ? partitionOfRegion(s.region) : null;
    if (partition !== null && here !== null && partition !== here)
      return {
        message: `${what} ${id} is of the partition ${partition}, and this connection is of ${here}.`,
        causes: [
          'accounts, credentials and keys of one partition (China, GovCloud) do not exist in another.',
        ],
        remedy: `Connect with credentials of ${partition}. Between partitions nothing but decrypting here and encrypting there is possible.`,
      };
    const alias = meantAlias(id);
    if (alias !== null)
      return {
        message: `KMS does not know ${what.toLowerCase()} ${id}${s.region ? ` in ${s.region}` : ''}.`,
        causes: [
          `it is no key id; an alias is written with "alias/" before its name.`,
          'it is in another Region or account.',
        ],
        remedy: `If it is an alias, write ${alias}.`,
      };
  }
  return null;
}

const USAGES: Readonly<Record<string, string>> = {
  SIGN_VERIFY: 'for signing',
  GENERATE_VERIFY_MAC: 'for message authentication codes (HMAC)',
  KEY_AGREEMENT: 'for key agreement',
};

export function keyUsage(said: string, s: KmsSituation): Diagnosis {
  if (s.operation !== 'ReEncrypt') return {};
  const usage = /\b(SIGN_VERIFY|GENERATE_VERIFY_MAC|KEY_AGREEMENT)\b/.exec(said)?.[1];
  if (usage !== undefined) {
    const { words, side } = keyInWords(said, s);
    return {
      message: `${words} is ${USAGES[usage]} (${usage}), not for encryption.`,
      causes: ['the usage of a key is given when it is made and cannot be changed.'],
      remedy: `Choose a key with the usage ENCRYPT_DECRYPT${side === 'destination' ? ' as the destination' : ''}.`,
    };
  }
  const asked = `source ${s.sourceAlgorithm ?? 'SYMMETRIC_DEFAULT'}, destination ${s.destinationAlgorithm ?? 'SYMMETRIC_DEFAULT'}`;
  return {
    causes: [
      `the algorithm does not belong to the key (asked for: ${asked}).${said === '' ? '' : ` KMS: ${sentence(said)}`}`,
      'the key is for signing, MACs or key agreement, not for encryption.',
    ],
  };
}
