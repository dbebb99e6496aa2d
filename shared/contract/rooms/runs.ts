import { z } from 'zod';
import { RunItem, RunRequest, RunSummary } from '../../model/run.ts';
import { event, nothing, request } from '../define.ts';
import { page } from '../shapes.ts';

export const runsRequests = {
  start: request(RunRequest, z.object({ runId: z.string() })),
  get: request(z.object({ runId: z.string() }), RunSummary),
  list: request(nothing, z.object({ runs: z.array(RunSummary) })),
  items: request(
    page.extend({ runId: z.string(), only: z.enum(['all', 'failed']) }),
    z.object({ total: z.int(), items: z.array(RunItem) }),
  ),
  cancel: request(z.object({ runId: z.string() }), nothing),
  /** A one-time address at which the loopback host hands out the new file(s). */
  download: request(z.object({ runId: z.string() }), z.object({ url: z.string(), name: z.string() })),
} as const;

/** Made by a host's own code alone: may name paths. */
export const runsHostRequests = {
  /** Finished files of a download run: relative name and bytes. */
  kept: request(
    z.object({ runId: z.string() }),
    z.object({ files: z.array(z.object({ relative: z.string(), bytes: z.instanceof(Uint8Array) })) }),
  ),
} as const;

export const runsEvents = {
  /** At most ten a second for each run. */
  runProgress: event(RunSummary),
} as const;
