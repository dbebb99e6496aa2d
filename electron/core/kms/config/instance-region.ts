import { request } from 'node:http';
import type { ProfileMembers } from './shared-config.ts';

/** Wait for one answer, milliseconds: as in the AWS CLI, which gives the metadata service one second. */
const WAIT_MS = 1_000;
const PLACE = '/latest/meta-data/placement/region';

/**
 * The Region of the EC2 instance that this is, which the AWS CLI 2 takes where nothing names one; null: the metadata service
 * is switched off (AWS_EC2_METADATA_DISABLED) or does not answer. Tokens (version 2 of the service) alone.
 */
export async function regionOfInstance(members: ProfileMembers | undefined): Promise<string | null> {
  const { env } = process;
  if (/^true$/i.test(env.AWS_EC2_METADATA_DISABLED ?? '')) return null;
  const ipv6 = /^ipv6$/i.test(
    env.AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE || members?.ec2_metadata_service_endpoint_mode || '',
  );
  const base =
    env.AWS_EC2_METADATA_SERVICE_ENDPOINT ||
    members?.ec2_metadata_service_endpoint ||
    (ipv6 ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254');
  const token = await ask(base, 'PUT', '/latest/api/token', {
    'x-aws-ec2-metadata-token-ttl-seconds': '60',
  });
  const region = token === null ? null : await ask(base, 'GET', PLACE, { 'x-aws-ec2-metadata-token': token });
  return region !== null && /^[a-z]{2,}(?:-[a-z0-9]+)+$/.test(region) ? region : null;
}

/** The answer's text, at most 4 KiB; null where there is none. Never rejects. */
function ask(
  base: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<string | null> {
  return new Promise((resolve) => {
    const url = URL.parse(path, base);
    if (url === null || url.protocol !== 'http:') return resolve(null);
    const sent = request(url, { method, headers, signal: AbortSignal.timeout(WAIT_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text = (text + part).slice(0, 4096);
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text.trim() : null));
      response.on('error', () => resolve(null));
    });
    sent.on('error', () => resolve(null));
    sent.end();
  });
}
