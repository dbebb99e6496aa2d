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

/** What rows of the list of blobs can be put together by. */
const GROUPINGS = ['key', 'material', 'repository', 'folder', 'file', 'kind', 'none'] as const;

/** The id of a column of the list. */
const ColumnId = z.string().max(40);

/** What the list is narrowed to, kept under a name. The words are those that a person typed. */
export const SavedFilter = z.object({
  name: z.string().min(1).max(100),
  terms: z.array(z.string().min(1).max(1000)).max(20),
  /** Null: every state, kind and so on. */
  state: z.string().max(100).nullable(),
  kind: z.string().max(100).nullable(),
  finding: z.string().max(200).nullable(),
  /** Name of a repository; empty: in none. */
  repository: z.string().max(4096).nullable(),
});
export type SavedFilter = z.infer<typeof SavedFilter>;

/** What a page that is loaded again goes on with. A member that is absent is as it was. */
export const PageState = z.object({
  /** What the list is narrowed to; null: nothing. */
  filter: SavedFilter.omit({ name: true })
    .extend({
      /** What is typed and not kept as a term. */
      query: z.string().max(1000),
      /** Blobs that something else chose, and what they have in common. */
      only: z.object({ label: z.string().max(5000), blobIds: z.array(z.id()) }).nullable(),
    })
    .nullable()
    .optional(),
  /** Rules that are being written; null: none. */
  rulesDraft: z.string().max(1_000_000).nullable().optional(),
});
export type PageState = z.infer<typeof PageState>;

/** How the list of blobs is arranged: kept by the host for the next start. */
export const TableLook = z.object({
  group: z.enum(GROUPINGS),
  sort: z.object({ column: ColumnId, descending: z.boolean() }),
  columns: z.object({
    /** Those that a person moved, in their order; others follow in their own. */
    order: z.array(ColumnId).max(40),
    hidden: z.array(ColumnId).max(40),
    /** Shown though the list would leave them out by itself. */
    shown: z.array(ColumnId).max(40),
    /** In rem, of columns that a person resized. */
    widths: z.record(ColumnId, z.number().min(1).max(200), 40),
  }),
  filters: z.array(SavedFilter).max(50),
});
export type TableLook = z.infer<typeof TableLook>;
