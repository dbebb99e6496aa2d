import { Side } from '../../model/connection.ts';
import { KeyInfo, KeyList, KeyPage } from '../../model/key.ts';
import * as z from '../../schema.ts';
import { event, request } from '../define.ts';

/** Keys a page asks for in one go; more would make a reply of many megabytes. */
const MOST_KEYS = 100_000;

const side = Side.default('source');
const oneKey = z.object({ keyId: z.string().min(1).max(2048), side });

export const keysRequests = {
  /**
   * A part of the keys, sorted; answers when every key is listed and described. `keysPage` brings them while they
   * load, and afterwards their rotation and tags. `side` 'destination' is the first connection where there is no other.
   */
  list: request(
    z.object({
      refresh: z.boolean(),
      side,
      offset: z.int().min(0).default(0),
      limit: z.int().min(1).max(MOST_KEYS).default(MOST_KEYS),
    }),
    KeyList.extend({
      total: z.int(),
      /** ISO 8601: when the listing ended. */
      listedAt: z.string(),
    }),
  ),
  /** A key by id, ARN, alias or alias ARN, of this or another account. */
  describe: request(oneKey, KeyInfo),
  /** The same with rotation (past ones, too), tags and last use: four more requests to KMS. */
  detail: request(oneKey, KeyInfo),
} as const;

export const keysEvents = {
  keysPage: event(KeyPage.extend({ side: Side })),
} as const;
