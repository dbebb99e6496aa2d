import { z } from 'zod';
import { KeyInfo, KeyList } from '../../model/key.ts';
import { request } from '../define.ts';

export const keysRequests = {
  list: request(z.object({ refresh: z.boolean() }), KeyList),
  describe: request(z.object({ keyId: z.string().min(1).max(2048) }), KeyInfo),
} as const;
