import * as z from '../schema.ts';

/** How the window looks on this machine. Holds nothing about blobs, keys or accounts. */
export const Look = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['compact', 'comfortable']),
  /** Per cent of the platform's own size. */
  textSize: z.union([z.literal(100), z.literal(125), z.literal(150), z.literal(200)]),
  /** CSS pixels at 100 % text size. */
  inspectorWidth: z.number().min(100).max(4000),
  /** Whether things to try are shown beside the sample vault. Absent: they are. */
  guide: z.boolean().optional(),
});
export type Look = z.infer<typeof Look>;
