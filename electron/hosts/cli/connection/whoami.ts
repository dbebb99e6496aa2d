import { kindOf } from '#shared/connection-kind.ts';
import type { ConnectionState } from '#shared/model/connection.ts';
import { OK } from '../exit-code.ts';
import { AWS_DEFAULT, type ConnectionFlags, connectionChoice } from '../options.ts';
import { safe, table } from '../output/text.ts';
import { withEngine } from '../session.ts';

/** `rewrap whoami [--json]`: who a command with these options works as, where, and with which credentials. */
export async function whoami(flags: ConnectionFlags & { json?: true }): Promise<number> {
  return withEngine(connectionChoice(flags) ?? AWS_DEFAULT, async ({ page }) => {
    const state = await page.connection.state({});
    if (flags.json) console.log(JSON.stringify(asJson(state), null, 2));
    else console.log(table(rows(state)));
    return OK;
  });
}

const UNKNOWN = 'unknown';

function rows({ choice, identity, region, endpointInfo, credentials }: ConnectionState): string[][] {
  const endpoint = endpointInfo?.endpoint ?? `the Region's own${endpointInfo?.fips ? ', FIPS' : ''}`;
  return [
    ['Principal', identity?.arn || UNKNOWN],
    ['Account', identity?.account || UNKNOWN],
    ['User ID', identity?.userId || UNKNOWN],
    ['Connection', kindOf(choice).label()],
    ['Credentials', credentials ?? 'practice KMS'],
    ['Region', region ?? UNKNOWN],
    ['Endpoint', `${endpoint}${endpointInfo?.dualStack ? ', dual-stack' : ''}`],
    ['Proxy', endpointInfo?.proxy ?? 'none'],
    ['CA bundle', endpointInfo?.caBundle ?? 'system default'],
  ].map((row) => row.map(safe));
}

/** Members that are not known are null. */
function asJson({ identity, region, endpointInfo, credentials, warnings }: ConnectionState) {
  return {
    arn: identity?.arn || null,
    account: identity?.account || null,
    userId: identity?.userId || null,
    credentials: credentials ?? null,
    region,
    endpoint: endpointInfo?.endpoint ?? null,
    partition: endpointInfo?.partition ?? null,
    fips: endpointInfo?.fips ?? null,
    dualStack: endpointInfo?.dualStack ?? null,
    proxy: endpointInfo?.proxy ?? null,
    caBundle: endpointInfo?.caBundle ?? null,
    warnings: warnings ?? [],
  };
}
