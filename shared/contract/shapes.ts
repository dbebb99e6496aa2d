import { SkippedFile } from '../model/blob.ts';
import * as z from '../schema.ts';

/** A part of a list. */
export const page = z.object({ offset: z.int().min(0), limit: z.int().min(1).max(5000) });

/** What was taken in. */
export const Intake = z.object({
  sources: z.int(),
  blobs: z.int(),
  skippedFiles: z.array(SkippedFile),
  /** Skipped files beyond the first 200. */
  moreSkipped: z.int(),
  /** Plans among what was named; they were opened, not taken in. Absent: none. */
  plans: z.int().optional(),
});
