import { isViewName, useUi, type ViewName } from './app/ui.ts';
import { type AuditTab, isAuditTab, useAudit } from './audit/audit.ts';

/**
 * Where a person is: what Back and Forward return to, and what a page that is loaded again opens with. No plan: its id
 * means another one once the engine was started anew.
 */
interface Place {
  readonly view: ViewName;
  /** In Runs. */
  readonly run?: string | null;
  /** In Audit. */
  readonly tab?: AuditTab;
  /** In Help. */
  readonly help?: { readonly document: string; readonly anchor: string | null };
}

/** A place as an entry of the browser's history has it, and how many were before it. */
interface Entry {
  readonly place: Place;
  readonly index: number;
}

/** The member of the browser's entry that holds ours. */
const MEMBER = 'rewrapPlace';
/** In the session storage, while no page is loaded: the last one was left as it should be, not by a crash of it. */
const LEFT = 'rewrapLeft';
const FIRST: Place = { view: 'blobs' };

/**
 * Whether this page is one that was loaded again, and not one that follows a crash. To be asked before {@link keepPlaces},
 * which begins anew.
 */
export const isLoadedAgain = (): boolean => sessionStorage.getItem(LEFT) !== null;

/** Whether the place that is shown could not be drawn. */
let failed = false;

function here(): Place {
  const { view, openRun, helpAt } = useUi.getState();
  if (view === 'runs') return { view, run: openRun };
  if (view === 'audit') return { view, tab: useAudit.getState().tab };
  return view === 'help' ? { view, help: helpAt } : { view };
}

function goTo({ view, run = null, tab, help }: Place): void {
  if (tab !== undefined) useAudit.getState().showTab(tab);
  useUi.setState({
    view,
    back: null,
    fault: null,
    ...(view === 'runs' ? { openRun: run, openPlan: null } : {}),
    ...(help === undefined ? {} : { helpAt: help }),
  });
}

type Unknown = Readonly<Record<string, unknown>>;
const membersOf = (value: unknown): Unknown =>
  typeof value === 'object' && value !== null ? (value as Unknown) : {};
const isText = (value: unknown): value is string => typeof value === 'string';

/** What an entry holds; the first place stands in for one that is not valid: another version may have written it. */
function entryOf(state: unknown): Entry {
  const { place, index } = membersOf(membersOf(state)[MEMBER]);
  return {
    place: placeOf(membersOf(place)) ?? FIRST,
    // An entry without one is the last: a page that was loaded anew, or crashed and lost what its entry held.
    index: typeof index === 'number' && Number.isSafeInteger(index) ? index : history.length - 1,
  };
}

function placeOf({ view, run, tab, help }: Unknown): Place | null {
  if (!isViewName(view)) return null;
  const { document, anchor } = membersOf(help);
  return {
    view,
    ...(isText(run) ? { run } : {}),
    ...(isAuditTab(tab) ? { tab } : {}),
    ...(isText(document) ? { help: { document, anchor: isText(anchor) ? anchor : null } } : {}),
  };
}

/** The view that is shown could not be drawn: a page that is loaded again does not begin with it. */
export function noteFailedView(): void {
  failed = true;
}

/**
 * Makes each place an entry of the browser's history, so that Back returns to it, and goes to the one that the page was
 * loaded again in, unless that crashed the page or could not be drawn. Ids and names of views alone are kept there,
 * nothing of what the window shows. Returns how to stop.
 */
export function keepPlaces(): () => void {
  const kept = entryOf(history.state);
  if (isLoadedAgain()) goTo(kept.place);
  sessionStorage.removeItem(LEFT);
  failed = false;
  let { index } = kept;
  let current = JSON.stringify(here());
  const entry = (place: Place): object => ({ [MEMBER]: { place, index } satisfies Entry });
  history.replaceState(entry(here()), '');
  let turning = false;
  const look = (): void => {
    const now = here();
    const text = JSON.stringify(now);
    if (turning || text === current) return;
    failed = false;
    current = text;
    index += 1;
    history.pushState(entry(now), '');
  };
  const turned = ({ state }: PopStateEvent): void => {
    const to = entryOf(state);
    // Returned to after a dialog was in front.
    if (to.index === index) return;
    // A dialog is what is in front: Back closes it, and the place behind it stays, with all that is ahead of it.
    if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) {
      history.go(index - to.index);
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
      return;
    }
    failed = false;
    turning = true;
    goTo(to.place);
    turning = false;
    index = to.index;
    current = JSON.stringify(here());
  };
  // A page that crashes is not heard of any more.
  const leave = (): void => {
    if (!failed) sessionStorage.setItem(LEFT, '');
  };
  window.addEventListener('popstate', turned);
  window.addEventListener('pagehide', leave);
  const undo = [useUi.subscribe(look), useAudit.subscribe(look)];
  return () => {
    window.removeEventListener('popstate', turned);
    window.removeEventListener('pagehide', leave);
    for (const each of undo) each();
  };
}
