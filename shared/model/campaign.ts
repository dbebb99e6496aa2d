import * as z from '../schema.ts';

const Left = z.object({
  /** Blobs that are not yet where the campaign wants them; of which that cannot be said; and all. */
  remaining: z.int(),
  unknown: z.int(),
  blobs: z.int(),
});

/** How far a campaign is, by owner: a line of the file of snapshots. */
export const CampaignSnapshot = z.object({
  /** ISO 8601. */
  at: z.string(),
  campaign: z.string(),
  ...Left.shape,
  owners: z.array(Left.extend({ owner: z.string() })),
  filesRead: z.int(),
  /** Files that were met and not read: they may hold what is left. */
  filesSkipped: z.int(),
});
export type CampaignSnapshot = z.infer<typeof CampaignSnapshot>;
