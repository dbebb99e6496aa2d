import type { PageState } from '#shared/model/preferences.ts';
import { bridge, call, hasBridge } from '../api.ts';
import type { FindingFilter, KindFilter } from '../lib/table/narrow.ts';
import { useAudit } from './audit/audit.ts';
import { isFiltered, useArrange } from './blobs/arrange.ts';

type Filter = NonNullable<PageState['filter']>;

/** How long changes are gathered before the host hears of them, milliseconds. */
const GATHER_MS = 250;

/** Characters of what the host takes. One member that it refuses would be refused with all the others. */
const MOST_LABEL = 5000;
const MOST_RULES = 1_000_000;
/** Rules that are too long to be kept last as long as the page; those of before are no stand-in for them. */
const rulesNow = (): string | null => {
  const { rulesDraft } = useAudit.getState();
  return rulesDraft === null || rulesDraft.length > MOST_RULES ? null : rulesDraft;
};

/** What the list is narrowed to, as the host keeps it; null: nothing. */
function filterNow(): Filter | null {
  const arrange = useArrange.getState();
  if (!isFiltered(arrange)) return null;
  const { query, terms, state, kind, finding, repository, only } = arrange;
  return {
    query: query.slice(0, 1000),
    terms: [...terms],
    state,
    kind: kind === 'all' ? null : kind,
    finding: finding === 'all' ? null : finding,
    repository,
    only: only === null ? null : { label: only.label.slice(0, MOST_LABEL), blobIds: [...only.ids] },
  };
}

/**
 * Has the host keep what a page that is loaded again goes on with, and takes that over. `again`: this page is one; a new
 * one begins with the whole list, and so does one that follows a crash. Returns how to stop.
 */
export function keepPageState(again: boolean): () => void {
  let sending: ReturnType<typeof setTimeout> | undefined;
  let waiting: PageState = {};
  const send = (): void => {
    clearTimeout(sending);
    // Best effort: what cannot be kept lasts as long as the page.
    if (hasBridge() && Object.keys(waiting).length > 0) void bridge().app.setPageState(waiting);
    waiting = {};
  };
  const keep = (patch: PageState): void => {
    waiting = { ...waiting, ...patch };
    clearTimeout(sending);
    sending = setTimeout(send, GATHER_MS);
  };
  void takeOver(again, () => keep({ filter: filterNow() }));
  const undo = [
    // An engine that was started anew knows nothing of it.
    bridge().on('engineChanged', ({ state }) => {
      if (state === 'running') keep({ filter: filterNow(), rulesDraft: rulesNow() });
    }),
    useArrange.subscribe((now, before) => {
      const same = (['query', 'terms', 'state', 'kind', 'finding', 'repository', 'only'] as const).every(
        (name) => now[name] === before[name],
      );
      if (!same) keep({ filter: filterNow() });
    }),
    useAudit.subscribe(({ rulesDraft }, before) => {
      if (rulesDraft !== before.rulesDraft) keep({ rulesDraft: rulesNow() });
    }),
  ];
  window.addEventListener('pagehide', send);
  return () => {
    clearTimeout(sending);
    window.removeEventListener('pagehide', send);
    for (const each of undo) each();
  };
}

/**
 * What a person did while the answer was under way stands. `forget`: has the host keep the filter of this page, where it
 * has that of an earlier one: this page, loaded again, would go on with it.
 */
async function takeOver(again: boolean, forget: () => void): Promise<void> {
  const { filter = null, rulesDraft = null } = await call(bridge().app.pageState({})).catch(
    (): PageState => ({}),
  );
  if (rulesDraft !== null && useAudit.getState().rulesDraft === null)
    useAudit.getState().setRulesDraft(rulesDraft);
  if (!again && filter !== null) forget();
  if (!again || filter === null || isFiltered(useArrange.getState())) return;
  const { query, terms, state, kind, finding, repository, only } = filter;
  useArrange.setState({
    query,
    terms,
    state,
    kind: (kind ?? 'all') as KindFilter,
    finding: (finding ?? 'all') as FindingFilter,
    repository,
    only: only === null ? null : { label: only.label, ids: new Set(only.blobIds) },
  });
}
