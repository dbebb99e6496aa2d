import { z } from 'zod';

const text = z.string().max(8192);
const Context = z.record(z.string(), z.string());

/** What is read of a CloudTrail record. Source: AWS KMS developer guide, "ReEncrypt" and "Decrypt" log entries. */
const CloudTrailRecord = z.object({
  eventSource: text,
  eventName: text,
  eventTime: text,
  eventID: text.nullish(),
  requestID: text.nullish(),
  awsRegion: text.nullish(),
  recipientAccountId: text.nullish(),
  sourceIPAddress: text.nullish(),
  userAgent: text.nullish(),
  errorCode: text.nullish(),
  userIdentity: z
    .object({ arn: text.nullish(), invokedBy: text.nullish(), accountId: text.nullish() })
    .nullish(),
  requestParameters: z
    .object({
      dryRun: z.boolean().nullish(),
      encryptionContext: Context.nullish(),
      sourceEncryptionContext: Context.nullish(),
      destinationEncryptionContext: Context.nullish(),
    })
    .nullish(),
  additionalEventData: z
    .object({
      keyMaterialId: text.nullish(),
      sourceKeyMaterialId: text.nullish(),
      destinationKeyMaterialId: text.nullish(),
    })
    .nullish(),
  resources: z.array(z.object({ ARN: text.nullish(), type: text.nullish() })).nullish(),
});

/** An event of AWS KMS. */
export interface KmsEvent {
  readonly operation: string;
  readonly eventId: string | null;
  readonly requestId: string | null;
  /** ISO 8601. */
  readonly at: string;
  readonly region: string | null;
  /** Account of the trail that has it: of a request with a key of another account, each account has one. */
  readonly account: string | null;
  readonly who: string | null;
  /** IP address, or the service that asked. */
  readonly from: string | null;
  readonly userAgent: string | null;
  /** Null: it succeeded. A dry run that would have succeeded has an error, too. */
  readonly error: string | null;
  readonly isDryRun: boolean;
  /** Keys in the order of the event: of ReEncrypt the source, then the destination. */
  readonly keys: readonly string[];
  readonly sourceMaterial: string | null;
  readonly destinationMaterial: string | null;
  readonly sourceContext: Readonly<Record<string, string>> | null;
  readonly destinationContext: Readonly<Record<string, string>> | null;
}

/** An event of another service: it shows what a trail holds. */
export interface OtherEvent {
  readonly at: string;
  readonly region: string | null;
  readonly account: string | null;
}

/** Reads a record; null for what is no CloudTrail record. `aws cloudtrail lookup-events` has it as a text in an object. */
export function readEvent(
  value: unknown,
): { readonly kms: KmsEvent | null; readonly event: OtherEvent } | null {
  const inner =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'CloudTrailEvent') : undefined;
  if (typeof inner === 'string') {
    try {
      return readEvent(JSON.parse(inner));
    } catch {
      return null;
    }
  }
  const parsed = CloudTrailRecord.safeParse(value);
  if (!parsed.success || Number.isNaN(Date.parse(parsed.data.eventTime))) return null;
  const { data } = parsed;
  const event = {
    at: new Date(data.eventTime).toISOString(),
    region: data.awsRegion ?? null,
    account: data.recipientAccountId ?? data.userIdentity?.accountId ?? null,
  };
  if (!/^kms\.amazonaws\.com(?:\.cn)?$/.test(data.eventSource)) return { kms: null, event };
  const { requestParameters: sent, additionalEventData: more, errorCode } = data;
  return {
    event,
    kms: {
      ...event,
      operation: data.eventName,
      eventId: data.eventID ?? null,
      requestId: data.requestID ?? null,
      who: data.userIdentity?.arn ?? data.userIdentity?.invokedBy ?? null,
      from: data.sourceIPAddress ?? null,
      userAgent: data.userAgent ?? null,
      error: errorCode ?? null,
      isDryRun: sent?.dryRun === true || /^DryRunOperation/.test(errorCode ?? ''),
      keys: (data.resources ?? []).flatMap(({ ARN }) => ARN ?? []),
      sourceMaterial: more?.sourceKeyMaterialId ?? more?.keyMaterialId ?? null,
      destinationMaterial: more?.destinationKeyMaterialId ?? null,
      sourceContext: sent?.sourceEncryptionContext ?? sent?.encryptionContext ?? null,
      destinationContext: sent?.destinationEncryptionContext ?? null,
    },
  };
}
