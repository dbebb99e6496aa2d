/**
 * What a person would approve in the terminal of `rewrap serve`: these tests have none, and are about what comes after.
 * The tests of approvals themselves start their hosts without.
 */
export const ALLOWED: readonly string[] = [
  '--allow-unverified',
  '--allow-undo',
  '--allow-decrypt-here',
  '--allow-plans',
  '--allow-account',
  '444455556666',
];
