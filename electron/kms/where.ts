import { explainOwn } from '#shared/kms/errors.ts';
import type { ConnectionChoice } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import { defaultProfileName, readSharedConfig } from './shared-config.ts';

type AwsChoice = Extract<ConnectionChoice, { kind: 'aws' }>;

/** Where a connection goes: Region, and the KMS endpoint when it is not the Region's own. */
export interface Where {
  readonly region: string;
  readonly endpoint: string | null;
}

/**
 * Region: the choice, else the profile's, else AWS_REGION, AWS_DEFAULT_REGION. Endpoint: the choice, else what the
 * SDK itself would take (AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, the profile's `endpoint_url`; none when
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true), so that the window shows where requests really go.
 * Throws FaultError `RegionMissing`.
 */
export async function resolveWhere(choice: AwsChoice): Promise<Where> {
  const name = choice.profile ?? defaultProfileName();
  const { profiles } = await readSharedConfig();
  const members = profiles.get(name);
  const environment = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || null;
  // A profile that was chosen by name speaks before the environment; the default chain reads the environment first.
  const candidates =
    choice.profile === null
      ? [choice.region, environment, members?.region]
      : [choice.region, members?.region, environment];
  const region = candidates.find((value) => value !== null && value !== undefined && value !== '') ?? null;
  if (region === null) {
    const detail =
      members === undefined && choice.profile !== null
        ? `There is no profile "${name}" in the shared AWS files, and AWS_REGION is not set.`
        : `The profile "${name}" names no Region, and AWS_REGION is not set.`;
    throw new FaultError(explainOwn('RegionMissing', { detail }));
  }
  if (!/^[a-z]{2,}(?:-[a-z0-9]+)+$/.test(region))
    throw new FaultError(
      explainOwn('RegionMissing', {
        message: `"${region}" is not the name of a Region.`,
        detail: 'A Region is written as in "eu-central-1".',
        remedy: 'Correct the Region of the connection or of the profile.',
      }),
    );
  return { region, endpoint: choice.endpointUrl ?? configuredEndpoint(members?.endpoint_url) };
}

function configuredEndpoint(ofProfile: string | undefined): string | null {
  if (/^true$/i.test(process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? '')) return null;
  return process.env.AWS_ENDPOINT_URL_KMS || process.env.AWS_ENDPOINT_URL || ofProfile || null;
}

/** True for an endpoint on this machine: an emulator, which then answers for STS as well. */
export function isLoopback(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? '';
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}
