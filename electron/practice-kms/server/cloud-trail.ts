import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeFolders } from '../../core/storage/files.ts';
import type { RequestContext } from '../access/identities.ts';
import { KmsError } from '../protocol/errors.ts';

/** Events are delivered together, this long after the first, milliseconds; or when there are so many. */
const DELIVER_AFTER_MS = 1000;
const DELIVER_AT_ONCE = 5000;

/** Requests that are written: those that use a key, and nothing that only asks about one. */
const WRITTEN: ReadonlySet<string> = new Set([
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'ReEncrypt',
]);
/** Members of a request as CloudTrail names them. No ciphertext and no plaintext is among them. */
const MEMBERS = [
  'KeyId',
  'SourceKeyId',
  'DestinationKeyId',
  'EncryptionAlgorithm',
  'SourceEncryptionAlgorithm',
  'DestinationEncryptionAlgorithm',
  'EncryptionContext',
  'SourceEncryptionContext',
  'DestinationEncryptionContext',
  'DryRun',
] as const;

interface Waiting {
  readonly account: string;
  readonly region: string;
  readonly record: object;
}

/**
 * Writes requests as CloudTrail delivers them: gzip files of JSON below `AWSLogs/`, one for each account that has to do
 * with a request. Source: AWS KMS developer guide, log entries of Decrypt and ReEncrypt.
 */
export class CloudTrail {
  readonly #folder: string;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `output`: what KMS answered, or why it did not. */
  note(
    world: RequestContext,
    operation: string,
    body: unknown,
    output: Record<string, unknown> | KmsError,
  ): void {
    if (!WRITTEN.has(operation)) return;
    const record = recordOf(world, operation, body, output);
    const accounts = new Set([world.caller.accountId]);
    for (const { accountId } of record.resources) accounts.add(accountId);
    for (const account of accounts)
      this.#waiting.push({
        account,
        region: world.region,
        record: { ...record, eventID: randomUUID(), recipientAccountId: account },
      });
    if (this.#waiting.length >= DELIVER_AT_ONCE) this.deliver();
    else this.#timer ??= setTimeout(() => this.deliver(), DELIVER_AFTER_MS).unref();
  }

  /** Writes what waits. */
  deliver(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    const at = new Date().toISOString();
    for (const [name, records] of Map.groupBy(waiting, ({ account, region }) => `${account}/${region}`)) {
      const [account = '', region = ''] = name.split('/');
      const folder = join(
        this.#folder,
        'AWSLogs',
        account,
        'CloudTrail',
        region,
        ...at.slice(0, 10).split('-'),
      );
      makeFolders(folder, 0o700);
      const file = `${account}_CloudTrail_${region}_${at.slice(0, 16).replaceAll(/[-:]/g, '')}Z_${randomUUID().slice(0, 16)}.json.gz`;
      const text = JSON.stringify({ Records: records.map(({ record }) => record) });
      writeFileSync(join(folder, file), gzipSync(text), { mode: 0o600 });
    }
  }
}

function recordOf(
  world: RequestContext,
  operation: string,
  body: unknown,
  output: Record<string, unknown> | KmsError,
) {
  const { caller, region, requestId } = world;
  const failed = output instanceof KmsError;
  const said: Readonly<Record<string, unknown>> = failed ? {} : output;
  const text = (name: string): string[] => (typeof said[name] === 'string' ? [String(said[name])] : []);
  const keys = operation === 'ReEncrypt' ? [...text('SourceKeyId'), ...text('KeyId')] : text('KeyId');
  const material = (name: string, as: string) => Object.fromEntries(text(name).map((id) => [as, id]));
  const sent = Object.fromEntries(
    MEMBERS.flatMap((name) => {
      const value = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
      return value === undefined ? [] : [[name.charAt(0).toLowerCase() + name.slice(1), value]];
    }),
  );
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: caller.arn.includes(':assumed-role/') ? 'AssumedRole' : 'IAMUser',
      principalId: caller.userId,
      arn: caller.arn,
      accountId: caller.accountId,
    },
    eventTime: `${new Date().toISOString().slice(0, 19)}Z`,
    eventSource: 'kms.amazonaws.com',
    eventName: operation,
    awsRegion: region,
    sourceIPAddress: '127.0.0.1',
    userAgent: 'practice KMS',
    ...(failed ? { errorCode: output.code, errorMessage: output.message } : {}),
    requestParameters: sent,
    responseElements: null,
    additionalEventData: {
      ...material('KeyMaterialId', 'keyMaterialId'),
      ...material('SourceKeyMaterialId', 'sourceKeyMaterialId'),
      ...material('DestinationKeyMaterialId', 'destinationKeyMaterialId'),
    },
    requestID: requestId,
    readOnly: true,
    resources: keys.map((ARN) => ({
      accountId: ARN.split(':')[4] ?? caller.accountId,
      type: 'AWS::KMS::Key',
      ARN,
    })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    eventCategory: 'Management',
  };
}
