import { explainOwn } from '#shared/kms/errors.ts';
import type { AwsChoice } from '#shared/model/connection.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { isLoopback } from '../../limits/loopback.ts';
import { regionOfInstance } from './instance-region.ts';
import {
  defaultProfileName,
  type ProfileMembers,
  readSharedConfig,
  type SharedConfig,
} from './shared-config.ts';

/** Where a connection goes. An endpoint is null where it is the Region's own. */
export interface Where {
  readonly region: string;
  readonly endpoint: string | null;
  readonly stsEndpoint: string | null;
  readonly fips: boolean;
  readonly dualStack: boolean;
  /** Path of the `ca_bundle` that the profile names; null where it names none. */
  readonly caBundle: string | null;
}

/**
 * Region, as in the AWS CLI 2: the choice, else AWS_REGION, AWS_DEFAULT_REGION, else the profile's, else that of the
 * instance. Endpoint: the choice, else what the
 * SDK itself would take (AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, the profile's `services` section, its
 * `endpoint_url`; none where configured endpoints are to be ignored), so that the window shows where requests really
 * go. STS goes where its own configuration says, else to the KMS endpoint when that is on this machine (an emulator).
 * FIPS and dual-stack: the choice, else AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, else the profile.
 * Throws FaultError `RegionMissing`, `ProfileUnusable`, `FipsNeedsRegionEndpoint`.
 */
export async function resolveWhere(choice: AwsChoice): Promise<Where> {
  const name = choice.profile ?? defaultProfileName();
  const config = await readSharedConfig();
  const members = config.profiles.get(name);
  const environment = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || null;
  const region = choice.region || environment || members?.region || (await regionOfInstance(members)) || null;
  if (region === null) {
    const detail =
      members === undefined && choice.profile !== null
        ? `There is no profile "${name}" in the shared AWS files, and AWS_REGION is not set.`
        : `The profile "${name}" names no Region, and AWS_REGION is not set.`;
    throw new FaultError(
      explainOwn('RegionMissing', {
        detail: [detail, ...config.unreadable.map((one) => `${one}.`)].join(' '),
      }),
    );
  }
  if (!/^[a-z]{2,}(?:-[a-z0-9]+)+$/.test(region))
    throw new FaultError(
      explainOwn('RegionMissing', {
        message: `"${region}" is not the name of a Region.`,
        detail: 'A Region is written as in "eu-central-1".',
        remedy: 'Correct the Region of the connection or of the profile.',
      }),
    );
  const endpoint = choice.endpointUrl ?? configuredEndpoint('KMS', config, name);
  const emulator = endpoint !== null && isLoopback(endpoint) ? endpoint : null;
  const stsEndpoint = configuredEndpoint('STS', config, name) ?? emulator;
  const fips = choice.fips ?? flag('AWS_USE_FIPS_ENDPOINT', members?.use_fips_endpoint);
  const custom = endpoint ?? stsEndpoint;
  if (fips && custom !== null)
    throw new FaultError(
      fault(
        'FipsNeedsRegionEndpoint',
        `FIPS endpoints are asked for, and so is the endpoint ${custom}.`,
        'A custom endpoint decides by itself whether it is a FIPS endpoint; AWS SDKs refuse the two together.',
        'Switch FIPS off for this connection (a FIPS VPC endpoint stays one), or take the endpoint URL away.',
      ),
    );
  const dualStack =
    custom === null &&
    (choice.dualStack ?? flag('AWS_USE_DUALSTACK_ENDPOINT', members?.use_dualstack_endpoint));
  return { region, endpoint, stsEndpoint, fips, dualStack, caBundle: members?.ca_bundle ?? null };
}

/**
 * The endpoint that environment or profile configure for a service, in the SDK's order; null where none is.
 * `service` is the SDK's service id in capitals with underscores: KMS, STS, SSO_OIDC.
 * Throws FaultError `ProfileUnusable` where the profile names a services section that does not exist, and `EndpointInvalid`.
 */
export function configuredEndpoint(service: string, config: SharedConfig, profile: string): string | null {
  const members = config.profiles.get(profile);
  if (flag('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', members?.ignore_configured_endpoint_urls)) return null;
  const ofService = `AWS_ENDPOINT_URL_${service}`;
  const { [ofService]: first, AWS_ENDPOINT_URL: second } = process.env;
  if (first) return checkedEndpoint(first, ofService);
  if (second) return checkedEndpoint(second, 'AWS_ENDPOINT_URL');
  const url =
    servicesSection(config, profile, members)?.[`${service.toLowerCase()}.endpoint_url`] ||
    members?.endpoint_url;
  return url ? checkedEndpoint(url, `endpoint_url of the profile "${profile}"`) : null;
}

/** Throws FaultError `EndpointInvalid`. `from`: where it is configured. */
function checkedEndpoint(url: string, from: string): string {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url;
  throw new FaultError(
    explainOwn('EndpointInvalid', {
      message: `The endpoint "${url}" is no http address.`,
      detail: `It comes from ${from}.`,
    }),
  );
}

function servicesSection(
  config: SharedConfig,
  profile: string,
  members: ProfileMembers | undefined,
): ProfileMembers | null {
  if (members?.services === undefined) return null;
  const section = config.sections.get(`services.${members.services}`);
  if (section !== undefined) return section;
  throw new FaultError(
    fault(
      'ProfileUnusable',
      `The profile "${profile}" names the services section "${members.services}", which does not exist.`,
      'The section is missing from the shared config file, or its name is mistyped.',
      `Add [services ${members.services}] to the AWS config file, or take "services" out of the profile.`,
    ),
  );
}

function flag(variable: string, ofProfile: string | undefined): boolean {
  return /^true$/i.test(process.env[variable] || ofProfile || '');
}

/**
 * The group of Regions that share accounts and credentials, and its DNS suffix.
 * Source: the partitions file of the AWS SDKs (`partitions.json`).
 */
export function partitionOf(region: string): { readonly id: string; readonly dnsSuffix: string } {
  if (region.startsWith('cn-')) return { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn' };
  if (region.startsWith('us-gov-')) return { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com' };
  if (region.startsWith('us-iso-')) return { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov' };
  if (region.startsWith('us-isob-')) return { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov' };
  if (region.startsWith('eusc-')) return { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu' };
  return { id: 'aws', dnsSuffix: 'amazonaws.com' };
}
