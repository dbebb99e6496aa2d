import { useMemo } from 'react';
import type { BlobRow } from '#shared/model/blob.ts';
import { type Suggestion, suggestions } from '../../lib/suggest.ts';
import { useConnection } from '../../store/connection.ts';

/** Contexts to begin with, for these blobs and this connection. */
export function useSuggestions(rows: readonly BlobRow[]): readonly Suggestion[] {
  const region = useConnection((state) => state.connection?.region ?? null);
  const account = useConnection((state) => state.connection?.identity?.account ?? null);
  return useMemo(() => suggestions(rows, { region, account }), [rows, region, account]);
}
