import { SkippedFile } from '../model/blob.ts';
import * as z from '../schema.ts';

export interface RequestSpec<I extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly type: 'request';
  readonly input: I;
  readonly reply: R;
}

export interface EventSpec<P extends z.ZodType = z.ZodType> {
  readonly type: 'event';
  readonly payload: P;
}

/** A request that the page may make, with its reply. */
export function request<I extends z.ZodType, R extends z.ZodType>(input: I, reply: R): RequestSpec<I, R> {
  return { type: 'request', input, reply };
}

/** A one-way message from the services to the page. */
export function event<P extends z.ZodType>(payload: P): EventSpec<P> {
  return { type: 'event', payload };
}

export const nothing = z.object({});

/** A part of a list. */
export const page = z.object({ offset: z.int().min(0), limit: z.int().min(1).max(5000) });

/** What was taken in. */
export const IntakeResult = z.object({
  sources: z.int(),
  blobs: z.int(),
  skippedFiles: z.array(SkippedFile),
  /** Skipped files beyond the first 200. */
  moreSkipped: z.int(),
  /** Plans among what was named; they were opened, not taken in. Absent: none. */
  plans: z.int().optional(),
});
export type IntakeResult = z.infer<typeof IntakeResult>;
