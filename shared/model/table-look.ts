import * as z from '../schema.ts';

/** What rows of the list of blobs can be put together by. */
export const GROUPINGS = ['key', 'material', 'repository', 'folder', 'file', 'kind', 'none'] as const;

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
