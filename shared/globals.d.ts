/** Baked in by the build from shared/contract/contract.ts (see tools/constants.ts). */
declare const __REWRAP_METHODS__: Readonly<Record<string, readonly string[]>>;
declare const __REWRAP_HOST_METHODS__: Readonly<Record<string, readonly string[]>>;
declare const __REWRAP_EVENTS__: readonly string[];
declare const __REWRAP_VERSION__: string;
