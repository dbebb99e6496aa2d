import { readFileSync } from 'node:fs';
import { events, hostRequests, requests } from '../shared/contract/contract.ts';

type Table = Record<string, Record<string, unknown>>;

function names(table: Table): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(table).map(([namespace, methods]) => [namespace, Object.keys(methods)]),
  );
}

/**
 * Names that the bridges (preload, loopback page bridge) need from the contract, without the schemas: a sandboxed
 * preload may require only 'electron', and zod has no business in it. Written once, in the contract; baked in here.
 */
export function buildConstants(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return {
    __REWRAP_METHODS__: JSON.stringify(names(requests)),
    __REWRAP_HOST_METHODS__: JSON.stringify(names(hostRequests)),
    __REWRAP_EVENTS__: JSON.stringify(Object.keys(events)),
    __REWRAP_VERSION__: JSON.stringify(manifest.version),
  };
}
