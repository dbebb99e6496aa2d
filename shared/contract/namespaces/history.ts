import { HistoryFilter, HistoryHead, HistoryRecord, HistoryVerdict } from '../../model/history.ts';
import * as z from '../../schema.ts';
import { page, request } from '../define.ts';

export const historyRequests = {
  /** Newest first. */
  list: request(page, z.object({ total: z.int(), head: HistoryHead, records: z.array(HistoryRecord) })),
  /** The same of records that match. */
  find: request(
    page.extend({ filter: HistoryFilter }),
    z.object({ total: z.int(), head: HistoryHead, records: z.array(HistoryRecord) }),
  ),
  /** Walks the whole chain. `expected`: a head that a report stated earlier. */
  verify: request(z.object({ expected: HistoryHead.nullable() }), HistoryVerdict),
} as const;
