import { CONTAINERS } from '#shared/containers.ts';
import type { BlobContainer, BlobKind, BlobRow, EncodingName } from '#shared/model/blob.ts';
import type { LastResult, RunSummary } from '#shared/model/run.ts';

/** A name of the contract as words, for kinds that a newer host may add: "some-format" becomes "Some format". */
const spelled = (name: string): string => name.replaceAll('-', ' ').replace(/^./, (c) => c.toUpperCase());

const KIND_WORDS: Readonly<Record<string, string>> = {
  'kms-symmetric': 'KMS symmetric',
  'kms-like': 'KMS-like',
  'kms-asymmetric-candidate': 'RSA candidate',
  'encryption-sdk-message': 'Encryption SDK message',
  's3-encryption-client': 'S3 Encryption Client object',
  'database-encryption-sdk': 'Database Encryption SDK',
  'tink-keyset': 'Tink keyset, in clear',
  openpgp: 'OpenPGP',
  'vault-transit': 'Vault transit',
  'azure-key-vault': 'Azure Key Vault',
  'gcp-kms': 'Google Cloud KMS',
  'spring-cloud-config': 'Spring Cloud Config',
  'openssl-salted': 'OpenSSL, salted',
  'ansible-vault': 'Ansible Vault',
  age: 'age',
  'git-crypt': 'git-crypt',
  jwe: 'JWE',
  pkcs7: 'PKCS #7',
  'nitro-recipient': 'Nitro Enclaves recipient',
  emulator: 'KMS emulator',
};
export const kindWords = (kind: BlobKind): string => KIND_WORDS[kind] ?? spelled(kind);

/** Kinds with words too long for a narrow column. */
const SHORT_KINDS: Readonly<Record<string, string>> = {
  'encryption-sdk-message': 'Enc. SDK',
  's3-encryption-client': 'S3 client',
  'database-encryption-sdk': 'DB Enc. SDK',
  'tink-keyset': 'Tink keyset',
  'azure-key-vault': 'Azure KV',
  'gcp-kms': 'GCP KMS',
  'spring-cloud-config': 'Spring',
  'openssl-salted': 'OpenSSL',
  'ansible-vault': 'Ansible',
  'nitro-recipient': 'Nitro',
  emulator: 'Emulator',
};

/** A kind in the few letters of a table cell: "KMS v2", "RSA-4096?". */
export function shortKind({ kind, layout, label }: BlobRow['identification']): string {
  if (kind === 'kms-symmetric') return layout === null ? 'KMS' : `KMS ${layout}`;
  if (kind === 'kms-asymmetric-candidate')
    return `${/(?:RSA[-_]\d+|SM2)/.exec(label)?.[0].replace('_', '-') ?? 'RSA'}?`;
  return SHORT_KINDS[kind] ?? kindWords(kind);
}

const FINDING_WORDS: Readonly<Record<string, string>> = {
  'gcm-nonce-reuse': 'GCM nonce used again',
  'keyset-in-clear': 'Keyset in clear',
  'too-large-for-kms': 'Too large for KMS',
  'sops-access-path': 'SOPS access path',
  'sops-other-keys': 'SOPS, other keys too',
};
/** A finding's code as words. */
export const findingWords = (code: string): string => FINDING_WORDS[code] ?? spelled(code);

export const ENCODING_WORDS: Record<EncodingName, string> = {
  binary: 'binary',
  base64: 'base64',
  base64url: 'base64url',
  hex: 'hex',
  'base64-base64': 'base64 twice',
  base32: 'base32',
  'byte-list': 'list of bytes',
  escaped: 'escaped text',
  'hex-dump': 'hex dump',
  'quoted-printable': 'quoted-printable',
};

export const containerWords = (container: BlobContainer): string =>
  CONTAINERS[container] ?? spelled(container);

/** Containers that say nothing beyond the encoding, and so are not named in the table. */
export const isPlainContainer = (container: BlobContainer): boolean =>
  container === 'raw' || container === 'text';

/** Encryption algorithms in short, for table cells; the API's own name stays in tooltips and pickers. */
export const ALGORITHM_WORDS: Record<string, string> = {
  SYMMETRIC_DEFAULT: 'Symmetric',
  RSAES_OAEP_SHA_1: 'OAEP SHA-1',
  RSAES_OAEP_SHA_256: 'OAEP SHA-256',
  SM2PKE: 'SM2PKE',
};

export type Tone = 'neutral' | 'done' | 'running' | 'attention' | 'danger';

interface StateWords {
  readonly tone: Tone;
  readonly word: string;
  readonly why: string | null;
}

/** Why a blob is not offered to KMS. */
export const whyUnsupported = ({ identification: { kind, reason } }: BlobRow): string =>
  reason ?? `${kindWords(kind)}: KMS ReEncrypt does not take this kind.`;

/** State column of a row: the last run's outcome, or what can be done with it. */
export function rowState(row: BlobRow, last: LastResult | undefined): StateWords {
  if (last === 'reencrypted') return { tone: 'done', word: 'Re-encrypted', why: null };
  if (last === 'already')
    return {
      tone: 'done',
      word: 'Already as asked',
      why: 'KMS has shown that nothing of it would change.',
    };
  if (last === 'failed')
    return { tone: 'danger', word: 'Failed', why: 'The last run could not re-encrypt it.' };
  if (last === 'would-succeed')
    return { tone: 'done', word: 'Will work', why: 'The last preflight said so.' };
  if (last === 'would-fail') return { tone: 'danger', word: 'Will fail', why: 'The last preflight said so.' };
  const { kind, reencryptable, reason } = row.identification;
  if (!reencryptable) return { tone: 'neutral', word: 'Unsupported', why: whyUnsupported(row) };
  if (kind === 'kms-asymmetric-candidate')
    return { tone: 'attention', word: 'Needs source key', why: reason };
  return { tone: 'neutral', word: 'Ready', why: reason };
}

const RUN_STATUS: Record<RunSummary['status'], { tone: Tone; word: string }> = {
  running: { tone: 'running', word: 'Running' },
  pausing: { tone: 'attention', word: 'Pausing' },
  paused: { tone: 'attention', word: 'Paused' },
  waiting: { tone: 'attention', word: 'Waiting for the network' },
  unfinished: { tone: 'attention', word: 'Unfinished' },
  undoing: { tone: 'running', word: 'Undoing' },
  undone: { tone: 'neutral', word: 'Undone' },
  cancelling: { tone: 'attention', word: 'Cancelling' },
  cancelled: { tone: 'attention', word: 'Cancelled' },
  finished: { tone: 'done', word: 'Finished' },
  failed: { tone: 'danger', word: 'Failed' },
};

/** The state of a run; one that reached its end with failures says so. */
export const runStatus = ({
  status,
  counts,
}: Pick<RunSummary, 'status' | 'counts'>): { tone: Tone; word: string } =>
  status === 'finished' && counts.failed > 0
    ? { tone: 'attention', word: 'Finished with failures' }
    : RUN_STATUS[status];

/** What the list of blobs can be grouped by, in the order in which it is offered. */
export const GROUP_WORDS = {
  key: 'Key',
  material: 'Key material',
  repository: 'Repository',
  folder: 'Folder',
  file: 'File',
  kind: 'Kind',
  none: 'None',
} as const;
export const groupings = Object.keys(GROUP_WORDS) as (keyof typeof GROUP_WORDS)[];

/** The columns of the list of blobs, in order. */
export const COLUMN_WORDS = {
  name: 'Name',
  kind: 'Kind',
  key: 'Key',
  encoding: 'Encoding',
  size: 'Plaintext',
  context: 'Context',
  findings: 'Findings',
  state: 'State',
} as const;

/** What the list of blobs can be sorted by. */
export const SORT_WORDS = { added: 'As added', ...COLUMN_WORDS } as const;
export const sortings = Object.keys(SORT_WORDS) as (keyof typeof SORT_WORDS)[];
