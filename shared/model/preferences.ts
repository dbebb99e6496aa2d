import * as z from '../schema.ts';

/** How a window marks an account, and what it asks for there. */
const AccountPreference = z.object({
  /** One of eight colours of keys' faces; null: none. */
  colour: z.int().min(0).max(7).nullable(),
  /** A run begins only after a preflight of the same request. */
  dryRunFirst: z.boolean(),
});
export type AccountPreference = z.infer<typeof AccountPreference>;

/** What a new run and a new connection begin with. A run that is less safe for it needs its approval all the same. */
export const Preferences = z.object({
  /** Keep a backup beside each file that is replaced. */
  backup: z.boolean(),
  /** Most requests a second; null: no limit of ours. */
  perSecond: z.int().min(1).max(100_000).nullable(),
  /** Region of a new connection to AWS; null: that of its profile. */
  region: z.string().min(1).max(64).nullable(),
  /** By account, twelve digits. */
  accounts: z.record(
    z
      .string()
      .max(12)
      .regex(/^\d{12}$/),
    AccountPreference,
    500,
  ),
});
export type Preferences = z.infer<typeof Preferences>;

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
