import { kindOf } from '#shared/connection-kind.ts';
import { dollars, type Estimate, estimate, PRICE_SOURCE, QUOTA_SOURCE } from '#shared/kms/estimate.ts';
import { regionOfArn } from '#shared/kms/facts.ts';
import type { RunMethod, RunRequest } from '#shared/model/run.ts';
import type { Client } from '../client.ts';

/** What a run of this request would ask of KMS, from published numbers; nothing is sent but `DescribeKey`. */
export async function estimated(
  { page }: Client,
  request: RunRequest,
  perSecond: number | null,
): Promise<Estimate> {
  const { connection } = await page.app.state({});
  const known = (keyId: string | null) =>
    keyId === null ? null : page.keys.describe({ keyId }).catch(() => null);
  const source = await known(request.source.keyId);
  const destination = await known(request.destination.keyId);
  return estimate({
    blobs: request.blobIds.length,
    method: request.method,
    verify: request.verify,
    source: { algorithm: request.source.algorithm, spec: source?.spec ?? null },
    destination: {
      algorithm: request.destination.algorithm,
      spec: destination?.spec ?? null,
    },
    practice: kindOf(connection.choice).practice,
    region: connection.region,
    destinationRegion: destination === null ? null : regionOfArn(destination.arn),
    endpoint: connection.endpoint,
    perSecond,
  });
}

/** The estimate in lines for a terminal. */
export function estimateLines({ requests, seconds, cost, quotas }: Estimate, method: RunMethod): string[] {
  const n = (value: number) => value.toLocaleString('en-US');
  const lines = [
    `Requests  ${n(requests.total)}: ${n(requests.reencrypt)} to ${method === 'reencrypt' ? 're-encrypt' : 'decrypt and encrypt'}, ${n(requests.verify)} to verify (a dry run beforehand: ${n(requests.preflight)} more)`,
    `Time      ${seconds === null ? 'not known without --rate' : `${n(Math.ceil(seconds))} s at this rate`}`,
  ];
  if ('why' in cost) lines.push(`Cost      ${cost.why}`);
  else lines.push(`Cost      ${dollars(cost)}. ${PRICE_SOURCE}`);
  if ('why' in quotas) {
    if (!('why' in cost) || quotas.why !== cost.why) lines.push(`Quota     ${quotas.why}`);
    return lines;
  }
  for (const { name, perSecond, share } of quotas) {
    const used = share === null ? '' : `${(share * 100).toPrecision(2)} % of `;
    lines.push(`Quota     ${used}${n(perSecond)} a second, ${name}`);
  }
  lines.push(`          ${QUOTA_SOURCE}`);
  return lines;
}
