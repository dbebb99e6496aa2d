import type { BlobRow } from '#shared/model/blob.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { plural } from '../words/format.ts';

/** A pair to begin with. `awaits`: the value is a beginning, and this is what the person adds to it. */
interface SuggestedPair {
  readonly key: string;
  readonly value: string;
  readonly awaits: string | null;
}

/** An encryption context that a service or tool is known to use. Never applied by itself: the person picks it. */
export interface Suggestion {
  readonly id: string;
  readonly label: string;
  /** Who uses it, or where it stands. */
  readonly detail: string;
  readonly pairs: readonly SuggestedPair[];
  /** True where the containers of the selection, or what they declare, speak for it. */
  readonly fits: boolean;
}

interface Here {
  readonly region: string | null;
  readonly account: string | null;
}

interface Convention {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly pairs: (arn: (service: string, rest: string) => string) => readonly SuggestedPair[];
  readonly fits: (row: BlobRow) => boolean;
}

const inContainer =
  (...names: readonly BlobRow['container'][]) =>
  (row: BlobRow): boolean =>
    names.includes(row.container);
const named = (pattern: RegExp) => (row: BlobRow) => pattern.test(`${row.file} ${row.place}`);
const empty = (key: string, awaits: string): SuggestedPair => ({ key, value: '', awaits });

/**
 * Contexts that AWS services and tools use. Sources: Systems Manager user guide ("How Parameter Store uses KMS"), Lambda
 * guide ("Securing environment variables"), Secrets Manager guide ("Secret encryption and decryption"), S3 guide ("Using
 * server-side encryption with KMS"), Aurora guide ("Database activity streams"), EBS in the KMS guide, the S3 Encryption
 * Client, and Tink's AWS KMS extension for Go.
 */
const CONVENTIONS: readonly Convention[] = [
  {
    id: 'ssm',
    label: 'PARAMETER_ARN',
    detail: 'SecureString of Systems Manager Parameter Store',
    pairs: (arn) => [
      { key: 'PARAMETER_ARN', value: arn('ssm', 'parameter/'), awaits: 'the name of the parameter' },
    ],
    fits: (row) => inContainer('ssm-parameter')(row) || named(/ssm|parameter/i)(row),
  },
  {
    id: 'lambda',
    label: 'LambdaFunctionName',
    detail: 'Environment variables encrypted in the Lambda console',
    pairs: () => [empty('LambdaFunctionName', 'the name of the function')],
    fits: (row) => named(/lambda|Environment\.Variables/i)(row),
  },
  {
    id: 'secrets-manager',
    label: 'SecretARN, SecretVersionId',
    detail: 'Values of Secrets Manager',
    pairs: (arn) => [
      {
        key: 'SecretARN',
        value: arn('secretsmanager', 'secret:'),
        awaits: 'the name of the secret with its six characters',
      },
      empty('SecretVersionId', 'the id of the version'),
    ],
    fits: named(/secretsmanager|secrets-manager/i),
  },
  {
    id: 's3',
    label: 'aws:s3:arn',
    detail: 'Data keys of S3 server-side encryption (object or bucket ARN)',
    pairs: (arn) => [
      {
        key: 'aws:s3:arn',
        value: `${arn('s3', '').split(':').slice(0, 2).join(':')}:s3:::`,
        awaits: 'the bucket, and the object unless a bucket key is used',
      },
    ],
    fits: () => false,
  },
  {
    id: 's3-client',
    label: 'kms_cmk_id',
    detail: 'S3 Encryption Client, first version',
    pairs: () => [empty('kms_cmk_id', 'the key id or ARN as the object has it')],
    fits: inContainer('s3-encryption-metadata'),
  },
  {
    id: 'rds-cluster',
    label: 'aws:rds:dbc-id',
    detail: 'Activity stream of an Aurora cluster',
    pairs: () => [empty('aws:rds:dbc-id', 'the resource id of the cluster')],
    fits: inContainer('rds-activity-stream'),
  },
  {
    id: 'rds-instance',
    label: 'aws:rds:db-id',
    detail: 'Activity stream of an RDS instance',
    pairs: () => [empty('aws:rds:db-id', 'the resource id of the instance')],
    fits: inContainer('rds-activity-stream'),
  },
  {
    id: 'ebs',
    label: 'aws:ebs:id',
    detail: 'Data keys of EBS volumes and snapshots',
    pairs: () => [empty('aws:ebs:id', 'the id of the volume or snapshot')],
    fits: () => false,
  },
  {
    id: 'tink',
    label: 'associatedData',
    detail: 'Tink keysets and envelopes (hex of the associated data)',
    pairs: () => [empty('associatedData', 'the associated data in hex')],
    fits: inContainer('tink-keyset', 'tink-envelope'),
  },
];

const MOST_DECLARED = 3;

/** Contexts to begin with: those that files of the selection declare, those that fit it, then all others known. */
export function suggestions(rows: readonly BlobRow[], here: Here): readonly Suggestion[] {
  const partition = here.region?.startsWith('cn-')
    ? 'aws-cn'
    : here.region?.startsWith('us-gov-')
      ? 'aws-us-gov'
      : 'aws';
  const arn = (service: string, rest: string): string =>
    `arn:${partition}:${service}:${here.region ?? ''}:${here.account ?? ''}:${rest}`;
  const known = CONVENTIONS.map(({ id, label, detail, pairs, fits }) => ({
    id,
    label,
    detail,
    pairs: pairs(arn),
    fits: rows.some(fits),
  }));
  return [...declared(rows), ...known.filter(({ fits }) => fits), ...known.filter(({ fits }) => !fits)];
}

/** The contexts that files of the selection declare most often. */
function declared(rows: readonly BlobRow[]): Suggestion[] {
  const seen = new Map<string, { context: EncryptionContext; rows: BlobRow[] }>();
  for (const row of rows) {
    const context = row.declared.encryptionContext;
    if (context === null || Object.keys(context).length === 0) continue;
    const name = JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
    const known = seen.get(name);
    if (known === undefined) seen.set(name, { context, rows: [row] });
    else known.rows.push(row);
  }
  return [...seen]
    .sort(([, a], [, b]) => b.rows.length - a.rows.length)
    .slice(0, MOST_DECLARED)
    .map(([name, { context, rows: of }]) => ({
      id: name,
      label: Object.keys(context).join(', '),
      detail:
        of.length === 1
          ? `As ${of[0]?.file ?? 'a file'} declares`
          : `As declared for ${plural(of.length, 'blob')}`,
      pairs: Object.entries(context).map(([key, value]) => ({ key, value, awaits: null })),
      fits: true,
    }));
}
