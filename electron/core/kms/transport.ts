import { readFile } from 'node:fs/promises';
import type { AgentOptions as HttpAgentOptions } from 'node:http';
import type { AgentOptions as HttpsAgentOptions } from 'node:https';
import tls from 'node:tls';
import { explainOwn } from '#shared/kms/errors.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { expandHome } from './config/shared-config.ts';

/** Sockets to one endpoint: the highest concurrency of a run, and as many for its verification, so that no request queues. */
const MAX_SOCKETS = 256;
const CONNECTION_TIMEOUT_MS = 5_000;
/** KMS answers within a second or fails; a custom key store may take several. */
const REQUEST_TIMEOUT_MS = 20_000;

/** Never through a proxy: what runs on this machine is not reachable from one. */
const THIS_MACHINE = 'localhost,*.localhost,127.0.0.1,[::1]';

/** What stands between this machine and the service, by the name of what configures it; for people. */
interface Between {
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

/** What a transport is made of; it can be cloned. */
export interface TransportParts {
  /** Certificate authorities in PEM, instead of the built-in ones; null: the built-in ones. */
  readonly ca: readonly string[] | null;
  /** Proxy variables for Node's agent; null: none. */
  readonly proxy: Readonly<Record<string, string>> | null;
  /** How long a connection, and an answer, are waited for, milliseconds. */
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
}

/**
 * Proxy from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, also in lower case) by Node's own agent, which
 * tunnels with CONNECT; never for this machine itself. Certificate authorities: those of AWS_CA_BUNDLE, else of the
 * profile's `ca_bundle`, instead of the built-in ones, as in the AWS CLI; else the built-in ones and those of
 * NODE_EXTRA_CA_CERTS (read here as well, because Electron may ignore that variable).
 * `waitMs`: how long an answer is waited for, where a person said so. Throws FaultError `CaBundleUnreadable`,
 * `ProxyUnusable`.
 */
export async function transport(
  profileCaBundle: string | null,
  direct = false,
  waitMs?: number,
): Promise<Transport> {
  return transportOf({
    proxy: direct ? null : proxyFromEnvironment(),
    ca: direct ? null : await authorities(profileCaBundle),
    connectionTimeout: waitMs ?? CONNECTION_TIMEOUT_MS,
    requestTimeout: waitMs ?? REQUEST_TIMEOUT_MS,
  });
}

/** The same as it was found out before, by this process or by the one that started it. */
export function transportOf({ proxy, ca, connectionTimeout, requestTimeout }: TransportParts): Transport {
  const agent = {
    keepAlive: true,
    // A proxy that never answers CONNECT: the caller has given up by then, and only this closes the socket to it.
    timeout: 1.5 * requestTimeout,
    maxSockets: MAX_SOCKETS,
    ...(proxy === null ? {} : { proxyEnv: proxy }),
  };
  return {
    connectionTimeout,
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: ca === null ? agent : { ...agent, ca: [...ca] },
  };
}

const HTTPS_PROXY_NAMES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
/** The upper-case HTTP_PROXY, which curl leaves out because a CGI program may get it from a client, counts in the AWS CLI. */
const HTTP_PROXY_NAMES = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'];

const named = (names: readonly string[]): string | undefined => names.find((name) => process.env[name]);

function proxyFromEnvironment() {
  const https = proxyUrl(named(HTTPS_PROXY_NAMES));
  const http = proxyUrl(named(HTTP_PROXY_NAMES));
  return {
    ...(https === null ? {} : { HTTPS_PROXY: https }),
    ...(http === null ? {} : { HTTP_PROXY: http }),
    NO_PROXY: noProxy(),
  };
}

/**
 * The proxy that a variable names, as curl and the AWS CLI read it: without a scheme it is http://. Throws FaultError
 * `ProxyUnusable`: a request never goes another way than the environment says.
 */
function proxyUrl(variable: string | undefined): string | null {
  const text = variable === undefined ? '' : (process.env[variable] ?? '').trim();
  if (variable === undefined || text === '') return null;
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text.replace(/^\/\//, '')}`;
  const url = URL.parse(full);
  if (url !== null && url.hostname !== '' && /^https?:$/.test(url.protocol)) return full;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  throw new FaultError(
    explainOwn('ProxyUnusable', {
      message: `The proxy that ${variable} names cannot be used.`,
      ...(url === null || url.hostname === '' || scheme === undefined
        ? { detail: 'Its address cannot be read.' }
        : { detail: `It is a ${scheme} proxy; Rewrap goes through http and https proxies.` }),
      remedy: `Write ${variable} as http://HOST:PORT, or unset it.`,
    }),
  );
}

/**
 * NO_PROXY as Node's agent takes it, with the meaning that curl and the AWS CLI give it: a name stands for itself and all
 * below it, with or without a dot or "*." before it; a range of addresses may be written as CIDR; entries are parted by commas
 * or spaces. The lower-case variable comes first.
 */
function noProxy(): string {
  const text = process.env.no_proxy || process.env.NO_PROXY || '';
  const entries = text.split(/[\s,]+/).flatMap((entry) => {
    if (entry === '' || entry === '*') return entry === '' ? [] : ['*'];
    const range = ipv4Range(entry);
    if (range !== null) return [range];
    const [, name = entry, port = ''] = /^(.*?)(:\d+)?$/.exec(entry) ?? [];
    if (/^[\d.]+$|^\[|:/.test(name)) return [entry];
    const bare = name
      .replace(/^\*?\./, '')
      .replace(/\.$/, '')
      .toLowerCase();
    return bare === '' ? [] : [`${bare}${port}`, `.${bare}${port}`];
  });
  return [...entries, THIS_MACHINE].join(',');
}

/** "10.0.0.0/8" as "10.0.0.0-10.255.255.255", which Node's agent takes; null where it is no such range. */
function ipv4Range(entry: string): string | null {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(entry);
  if (match === null || Number(match[2]) > 32) return null;
  const bits = (match[1] ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(match[2]));
  const first = Math.floor(bits / size) * size;
  return `${dotted(first)}-${dotted(first + size - 1)}`;
}

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');

const addressOf = (dottedAddress: string): number | null =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(dottedAddress)
    ? dottedAddress.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    : null;

/** What {@link transport} takes on the way to `host`. Node's agent decides the same way (`NODE_USE_ENV_PROXY`). */
export function between(address: string, profileCaBundle: string | null): Between {
  const url = URL.parse(address);
  const variable = named(url?.protocol === 'http:' ? HTTP_PROXY_NAMES : HTTPS_PROXY_NAMES);
  const proxy = variable === undefined ? null : (process.env[variable] ?? null);
  const past = url === null || bypassed(url, noProxy());
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
    const [low, high] = host.split('-').map(addressOf);
    const here = addressOf(url.hostname);
    if (here !== null && low !== null && low !== undefined && high !== null && high !== undefined)
      return low <= here && here <= high;
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
