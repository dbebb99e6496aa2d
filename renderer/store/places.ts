import { useUi, type ViewName } from './app/ui.ts';
import { type AuditTab, useAudit } from './audit/audit.ts';

/** Where a person is: what Back and Forward return to, and what a page that is loaded again opens with. */
interface Place {
  readonly view: ViewName;
  /** In Runs. */
  readonly run?: string | null;
  readonly plan?: string | null;
  /** In Audit. */
  readonly tab?: AuditTab;
  /** In Help. */
  readonly help?: { readonly document: string; readonly anchor: string | null };
}

/** The member of the browser's entry that holds the place. */
const MEMBER = 'rewrapPlace';
const FIRST: Place = { view: 'blobs' };

function here(): Place {
  const { view, openRun, openPlan, helpAt } = useUi.getState();
  if (view === 'runs') return { view, run: openRun, plan: openPlan };
  if (view === 'audit') return { view, tab: useAudit.getState().tab };
  return view === 'help' ? { view, help: helpAt } : { view };
}

function goTo({ view, run = null, plan = null, tab, help }: Place): void {
  if (tab !== undefined) useAudit.getState().showTab(tab);
  useUi.setState({
    view,
    back: null,
    fault: null,
    ...(view === 'runs' ? { openRun: run, openPlan: plan } : {}),
    ...(help === undefined ? {} : { helpAt: help }),
  });
}

const entry = (place: Place): object => ({ [MEMBER]: place });
const placeIn = (state: unknown): Place | null =>
  typeof state === 'object' && state !== null ? ((state as Record<string, Place>)[MEMBER] ?? null) : null;

/**
 * Makes each place an entry of the browser's history, so that Back returns to it, and goes to the one that the page was
 * loaded again in. Ids and names of views alone are kept there, nothing of what the window shows. Returns how to stop.
 */
export function keepPlaces(): () => void {
  const kept = placeIn(history.state);
  if (kept !== null) goTo(kept);
  let current = JSON.stringify(here());
  history.replaceState(entry(here()), '');
  let turning = false;
  const look = (): void => {
    const now = here();
    const text = JSON.stringify(now);
    if (turning || text === current) return;
    current = text;
    history.pushState(entry(now), '');
  };
  const turned = ({ state }: PopStateEvent): void => {
    // A dialog is what is in front: Back closes it, and the place behind it stays.
    if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) {
      history.pushState(entry(here()), '');
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
      return;
    }
    turning = true;
    goTo(placeIn(state) ?? FIRST);
    turning = false;
    current = JSON.stringify(here());
  };
  window.addEventListener('popstate', turned);
  const undo = [useUi.subscribe(look), useAudit.subscribe(look)];
  return () => {
    window.removeEventListener('popstate', turned);
    for (const each of undo) each();
  };
}
