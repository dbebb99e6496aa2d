import * as z from '../../schema.ts';
import { nothing, request } from '../define.ts';

export const outputRequests = {
  /** Opens the host's folder dialog; null when the person closed it. */
  chooseFolder: request(
    nothing,
    z.object({ folder: z.object({ token: z.string(), path: z.string() }).nullable() }),
  ),
  reveal: request(z.object({ runId: z.id(), blobId: z.id() }), nothing),
} as const;

/** Made by a host's own code alone: may name paths. */
export const outputHostRequests = {
  /** Registers a folder that the person named; the page gets the token and the path to show. */
  addFolder: request(z.object({ path: z.string() }), z.object({ token: z.string(), path: z.string() })),
  /** Absolute path of the file that holds a new blob, for "show in folder". */
  pathOf: request(z.object({ runId: z.id(), blobId: z.id() }), z.object({ path: z.string().nullable() })),
} as const;
