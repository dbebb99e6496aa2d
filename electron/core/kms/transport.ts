import { readFile } from 'node:fs/promises';
import type { AgentOptions as HttpAgentOptions } from 'node:http';
import type { AgentOptions as HttpsAgentOptions } from 'node:https';
import tls from 'node:tls';
import { FaultError, fault } from '#shared/model/fault.ts';
import { expandHome } from './config/shared-config.ts';

/** Sockets to one endpoint. Above the concurrency of a run with its verification, so that no request queues. */
const MAX_SOCKETS = 128;
const CONNECTION_TIMEOUT_MS = 5_000;
/** KMS answers within a second or fails; a custom key store may take several. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Never through a proxy: what runs on this machine is not reachable from one. */
const THIS_MACHINE = 'localhost,*.localhost,127.0.0.1,[::1]';

/** What stands between this machine and the service, by the name of what configures it; for people. */
export interface Between {
  /** "HTTPS_PROXY: proxy.corp:3128"; no user name, no password. */
  readonly proxy: string | null;
  /** "AWS_CA_BUNDLE", never the path. */
  readonly caBundle: string | null;
}

/** How requests leave this machine. Plain options, so that each client makes, and destroys, agents of its own. */
export interface Transport {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: true;
  readonly httpAgent: HttpAgentOptions;
  readonly httpsAgent: HttpsAgentOptions;
}

/**
 * Proxy from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, also in lower case) by Node's own agent, which
 * tunnels with CONNECT; never for this machine itself. Certificate authorities: those of AWS_CA_BUNDLE, else of the
 * profile's `ca_bundle`, instead of the built-in ones, as in the AWS CLI; else the built-in ones and those of
 * NODE_EXTRA_CA_CERTS (read here as well, because Electron may ignore that variable).
 * `waitMs`: how long an answer is waited for, where a person said so. Throws FaultError `CaBundleUnreadable`.
 */
export async function transport(
  profileCaBundle: string | null,
  direct = false,
  waitMs?: number,
): Promise<Transport> {
  const agent = {
    keepAlive: true,
    // A proxy that never answers CONNECT: the caller has given up by then, and only this closes the socket to it.
    timeout: 1.5 * (waitMs ?? REQUEST_TIMEOUT_MS),
    maxSockets: MAX_SOCKETS,
    ...(direct ? {} : { proxyEnv: proxyFromEnvironment() }),
  };
  const ca = direct ? null : await authorities(profileCaBundle);
  return {
    connectionTimeout: waitMs ?? CONNECTION_TIMEOUT_MS,
    requestTimeout: waitMs ?? REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: ca === null ? agent : { ...agent, ca },
  };
}

const HTTPS_PROXY_NAMES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
const HTTP_PROXY_NAMES = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

const named = (names: readonly string[]): string | undefined => names.find((name) => process.env[name]);

function proxyFromEnvironment() {
  const env = process.env;
  const except = env.no_proxy || env.NO_PROXY;
  const https = env[named(HTTPS_PROXY_NAMES) ?? ''];
  const http = env[named(HTTP_PROXY_NAMES) ?? ''];
  return {
    ...(https ? { HTTPS_PROXY: https } : {}),
    ...(http ? { HTTP_PROXY: http } : {}),
    NO_PROXY: except ? `${except},${THIS_MACHINE}` : THIS_MACHINE,
  };
}

/** What {@link transport} takes on the way to `host`. Node's agent decides the same way (`NODE_USE_ENV_PROXY`). */
export function between(address: string, profileCaBundle: string | null): Between {
  const url = URL.parse(address);
  const variable = named(url?.protocol === 'http:' ? HTTP_PROXY_NAMES : HTTPS_PROXY_NAMES);
  const proxy = variable === undefined ? null : (process.env[variable] ?? null);
  const past = url === null || bypassed(url, proxyFromEnvironment().NO_PROXY);
  const secure = url?.protocol === 'https:';
  return {
    proxy: variable === undefined || proxy === null || past ? null : `${variable}: ${hostOf(proxy)}`,
    caBundle: !secure
      ? null
      : process.env.AWS_CA_BUNDLE
        ? 'AWS_CA_BUNDLE'
        : profileCaBundle !== null
          ? 'ca_bundle of the profile'
          : process.env.NODE_EXTRA_CA_CERTS
            ? 'NODE_EXTRA_CA_CERTS, beside the built-in ones'
            : null,
  };
}

/** Host and port alone: a proxy's address may hold a password. */
function hostOf(proxy: string): string {
  return URL.parse(proxy)?.host || URL.parse(`http://${proxy}`)?.host || 'an address that cannot be read';
}

/** NO_PROXY as Node reads it: "*", a host, "*.suffix" or ".suffix", each with an optional port. */
function bypassed(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy.split(',').some((each) => {
    const entry = each.trim().toLowerCase();
    if (entry === '') return false;
    if (entry === '*') return true;
    const match = /^(.*?)(?::(\d+))?$/.exec(entry);
    const ported = entry.startsWith('[') ? /^(\[.*\])(?::(\d+))?$/.exec(entry) : match;
    const [, host = entry, onPort] = ported ?? [];
    if (onPort !== undefined && onPort !== port) return false;
    const suffix = host.replace(/^\*/, '');
    return suffix.startsWith('.') ? url.hostname.endsWith(suffix) : url.hostname === host;
  });
}

async function authorities(profileCaBundle: string | null): Promise<string[] | null> {
  if (process.env.AWS_CA_BUNDLE) return [await bundle('AWS_CA_BUNDLE', process.env.AWS_CA_BUNDLE)];
  if (profileCaBundle !== null) return [await bundle('ca_bundle of the profile', profileCaBundle)];
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  // Node only warns about an unreadable NODE_EXTRA_CA_CERTS and goes on; here it is said.
  return extra ? [...tls.getCACertificates('default'), await bundle('NODE_EXTRA_CA_CERTS', extra)] : null;
}

async function bundle(named: string, path: string): Promise<string> {
  const refuse = (why: string) =>
    new FaultError(
      fault(
        'CaBundleUnreadable',
        `The file of certificate authorities ${path} cannot be used.`,
        `${named} names it, and ${why}.`,
        `Correct ${named}: it names a file of certificates in PEM form.`,
      ),
    );
  const text = await readFile(expandHome(path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refuse(`it cannot be read (${error.code ?? 'unknown error'})`);
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw refuse('it holds no certificate in PEM form');
  return text;
}
