import { nothing, request } from '../define.ts';
import { Intake } from '../shapes.ts';

export const practiceRequests = {
  /** Makes the sample vault anew and takes it in. Only while connected to the practice KMS. */
  restoreVault: request(nothing, Intake),
} as const;
