/** Warnings of Node that a person must see: certificates are not checked, or not all that were named are known. */
const OF_SAFETY = /NODE_TLS_REJECT_UNAUTHORIZED|NODE_EXTRA_CA_CERTS/;

/**
 * Lines that libraries write of their own accord go to no terminal, nor do warnings of the process: what went wrong is said
 * once, as a fault. With REWRAP_DEBUG they are shown. Rewrap itself prints by `console.log` and `console.error` alone.
 */
export function quietLibraries(): void {
  const hear = (...said: unknown[]): void => {
    if (process.env.REWRAP_DEBUG) console.error('library:', ...said);
  };
  console.warn = hear;
  console.info = hear;
  console.debug = hear;
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (OF_SAFETY.test(warning.message)) console.error(`rewrap: ${warning.message}`);
    else hear(warning.name, warning.message);
  });
}
