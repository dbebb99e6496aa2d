import { PermissionChecks } from '../../model/preflight.ts';
import { RunRequest } from '../../model/run.ts';
import { request } from '../define.ts';

export const preflightRequests = {
  /**
   * Whether the rights are there: one `ReEncrypt` with `DryRun` and `IGNORE_CIPHERTEXT` for each source key and pair of
   * contexts; on the way 'decrypt-encrypt' such a `Decrypt`, and a `DryRun` of `Encrypt`. Where the run verifies, one more
   * for each context of the destination. (A preflight of the blobs themselves is a run with `dryRun`.)
   */
  permissions: request(
    RunRequest.pick({
      blobIds: true,
      source: true,
      destination: true,
      grantTokens: true,
      route: true,
      verify: true,
    }),
    PermissionChecks,
  ),
} as const;
