/** One row of the error tables. */
export interface CatalogueEntry {
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** Likely causes, most likely first. */
  readonly causes: readonly string[];
  readonly remedy: string;
  /** Whether the same request may succeed if sent again unchanged. */
  readonly retryable: boolean;
  /** True where every other request of a run would meet the same error: going on would only hammer. */
  readonly stopsRun: boolean;
}

export function entry(meaning: string, causes: string[], remedy: string): CatalogueEntry {
  return { meaning, causes, remedy, retryable: false, stopsRun: false };
}
export const retry = (e: CatalogueEntry): CatalogueEntry => ({ ...e, retryable: true });
export const stop = (e: CatalogueEntry): CatalogueEntry => ({ ...e, stopsRun: true });
