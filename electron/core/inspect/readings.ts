import { finding } from '#shared/finding.ts';
import type { BlobKind, Finding, Identification } from '#shared/model/blob.ts';
import { rsaAlgorithms, rsaSpecOfSize } from './blob/asymmetric.ts';
import { findLook } from './identify.ts';
import { textLook } from './signatures/signatures-text.ts';
import { randomness } from './statistics.ts';

/** One way to read bytes, and what speaks for it. */
interface Reading {
  readonly label: string;
  readonly evidence: string;
  /** 'structure' is proof, 'signature' the first bytes, 'statistics' and 'size' only do not speak against it. */
  readonly strength: 'structure' | 'signature' | 'statistics' | 'size';
  readonly standing: 'taken' | 'possible' | 'ruled out';
}

/** Every way to read the bytes that deserves naming, strongest evidence first; the first one is the one taken. */
export function readings(bytes: Uint8Array, identification: Identification): readonly Reading[] {
  const { kind, label } = identification;
  const spec = rsaSpecOfSize(bytes.length);
  const rsa = `${spec} ciphertext or signature`;
  switch (kind) {
    case 'kms-symmetric': {
      const taken = reading(
        label,
        'every length and every ASN.1 value in it fits to the last byte',
        'structure',
        'taken',
      );
      return spec === null
        ? [taken]
        : [
            taken,
            reading(rsa, `only its size of ${bytes.length} bytes speaks for that`, 'size', 'ruled out'),
          ];
    }
    case 'kms-like':
      return [
        reading(label, 'it has part of a blob’s structure', 'signature', 'taken'),
        ...(spec === null
          ? []
          : [reading(rsa, `it has that size, ${bytes.length} bytes`, 'size', 'possible')]),
      ];
    case 'encryption-sdk-message':
    case 'database-encryption-sdk':
      return [reading(label, 'its header has a known version and lengths that fit', 'structure', 'taken')];
    case 'kms-asymmetric-candidate':
      return spec === null
        ? [reading(label, 'it has the ASN.1 members of SM2PKE ciphertext', 'structure', 'taken')]
        : randomBlock(bytes, label, spec);
    default: {
      const look = findLook(bytes) ?? textLook(Buffer.from(bytes.subarray(0, 65_536)).toString('latin1'));
      const evidence = look?.evidence ?? identification.reason ?? '';
      const taken = reading(label, `it ${evidence}`, look === null ? 'statistics' : 'signature', 'taken');
      if (spec === null || look === null) return look === null ? [] : [taken];
      return [
        taken,
        reading(rsa, `only its size of ${bytes.length} bytes speaks for that`, 'size', 'ruled out'),
      ];
    }
  }
}

function randomBlock(
  bytes: Uint8Array,
  label: string,
  spec: 'RSA_2048' | 'RSA_3072' | 'RSA_4096',
): Reading[] {
  const { entropy, chiSquare, ones } = randomness(bytes);
  const measured =
    `entropy ${entropy.toFixed(2)} bits per byte, χ² ${chiSquare.toFixed(0)} (255 on average), ` +
    `${(ones * 100).toFixed(1)} % one bits`;
  const size = bytes.length;
  return [
    reading(
      label,
      `it has exactly that size, and is random throughout: ${measured}. Algorithms: ${rsaAlgorithms(spec)}`,
      'statistics',
      'taken',
    ),
    reading(
      `an RSA signature (RSASSA) under ${spec}`,
      `signatures have the same ${size} bytes and look as random`,
      'size',
      'possible',
    ),
    reading('key material wrapped for import into KMS', `it is one RSA block too`, 'size', 'possible'),
    reading(
      'other random data: an object body of the S3 Encryption Client, output of another cipher, a key',
      `any of these may have ${size} bytes by chance`,
      'size',
      'possible',
    ),
  ];
}

function reading(
  label: string,
  evidence: string,
  strength: Reading['strength'],
  standing: Reading['standing'],
): Reading {
  return { label, evidence, strength, standing };
}

const lines = (all: readonly Reading[]): string[] =>
  all.map((one, i) => `${i + 1}. ${one.label} (${one.standing}, by ${one.strength}): ${one.evidence}.`);

/** The finding about the other readings; none when there is only one. */
export function readingsFinding(read: () => readonly Reading[], kind: BlobKind): Finding[] {
  if (kind === 'kms-asymmetric-candidate') {
    // Always the same readings; measuring how random the bytes are can wait until the evidence is looked at.
    let known: string[] | null = null;
    return [
      {
        ...OF_RSA,
        get evidence() {
          known ??= lines(read());
          return known;
        },
      },
    ];
  }
  const all = read();
  if (all.length < 2) return [];
  const open = all.slice(1).some((one) => one.standing === 'possible');
  return [
    finding('other-readings', {
      evidence: lines(all),
      values: open
        ? OPEN
        : { what: 'The size would allow another reading, which the structure rules out.', reason: '' },
    }),
  ];
}

const OPEN = {
  what: 'The bytes allow more than one reading.',
  reason: 'Nothing in the bytes can tell these apart; the first has most for it.',
} as const;

const OF_RSA = finding('other-readings', { evidence: [], values: OPEN });
