/** Names on the wire, made in one place. The page never sees them. */
export const requestChannel = (namespace: string, method: string): string => `rewrap:${namespace}.${method}`;
/** Channel of a host request; of these only `intake.addPaths` is reachable from a preload, never from a page. */
export const hostChannel = (namespace: string, method: string): string =>
  `rewrap-host:${namespace}.${method}`;
export const eventChannel = (name: string): string => `rewrap-event:${name}`;
