import { z } from 'zod';
import { type FromChild, REQUEST_ID } from './messages.ts';

const text = z.string().max(4096).nullable();
const id = z.int();
/** Anything else in its place is dropped, and the message is not. */
const requestId = z.string().regex(REQUEST_ID).nullable().catch(null);

/** What the engine takes from a child; everything else is dropped with the message. No member can hold plaintext. */
export const ChildReply: z.ZodType<FromChild> = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('moved'),
    id,
    decrypted: z.object({ keyArn: text, algorithm: text, keyMaterialId: text, requestId: text }),
    encrypted: z.object({
      blob: z.instanceof(Uint8Array),
      keyArn: z.string().max(2048),
      algorithm: text,
      requestId: text,
    }),
  }),
  z.object({
    type: z.literal('tried'),
    id,
    outcome: z.enum(['would-succeed', 'ignored']),
    requestId: text,
  }),
  z.object({
    type: z.literal('compared'),
    id,
    equal: z.boolean(),
    beforeRequestId: requestId,
    afterRequestId: requestId,
  }),
  z.object({
    type: z.literal('failed'),
    id,
    operation: z.enum(['Decrypt', 'Encrypt']),
    side: z.enum(['source', 'destination']),
    failure: z.object({
      name: z.string().max(200),
      message: z.string().max(4096),
      code: text,
      status: z.int().nullable(),
      requestId: text,
    }),
    beforeRequestId: requestId.optional(),
  }),
]);
