/** Names on the wire, made in one place. The page never sees them. */
export const requestChannel = (room: string, method: string): string => `rewrap:${room}.${method}`;
/** Channel of a host request; of these only `intake.addPaths` is reachable from a preload, never from a page. */
export const hostChannel = (room: string, method: string): string => `rewrap-host:${room}.${method}`;
export const eventChannel = (name: string): string => `rewrap-event:${name}`;
