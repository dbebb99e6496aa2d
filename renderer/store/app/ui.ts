import { create } from 'zustand';
import type { Fault } from '#shared/model/fault.ts';
import { pageFaultOf } from '../../api.ts';

const VIEWS = ['blobs', 'runs', 'keys', 'audit', 'settings', 'help'] as const;
export type ViewName = (typeof VIEWS)[number];

/** Whether a value names a view. */
export const isViewName = (value: unknown): value is ViewName => VIEWS.some((view) => view === value);
type DialogName = 'connection' | 'paste' | 'clear' | 'rules' | 'palette' | 'shortcuts' | 'about';

interface Toast {
  readonly id: number;
  readonly text: string;
}

interface UiStore {
  readonly view: ViewName;
  readonly dialog: DialogName | null;
  /** Files that a person is asked about before they leave the list; null: all of it, where that is asked. */
  readonly removing: readonly string[] | null;
  readonly toasts: readonly Toast[];
  /** Blob for which a key is being looked for. */
  readonly findKeyOf: string | null;
  /** Fingerprint of the key material that a person is naming. */
  readonly nameKeyOf: string | null;
  /** Ids of the two blobs that stand side by side. */
  readonly comparing: readonly [string, string] | null;
  /** A fault with no better place: shown as a notice above the view. */
  readonly fault: Fault | null;
  /** Run opened in Runs. */
  readonly openRun: string | null;
  /** Plan opened in Runs, in place of a run. */
  readonly openPlan: string | null;
  /** The document that Help shows, and the heading in it. */
  readonly helpAt: { readonly document: string; readonly anchor: string | null };
  /** ARN of the key that Keys is to show; null: none was asked for. */
  readonly openKey: string | null;
  /** Run that a person is asked about before it is undone. */
  readonly undoing: string | null;
  /** Where a person came from and goes back to, and what it is called; null: from nowhere. */
  readonly back: { readonly view: ViewName; readonly name: string } | null;
  /** Shows a view with a way back. */
  showFrom(view: ViewName, back: NonNullable<UiStore['back']>): void;
  show(view: ViewName): void;
  open(dialog: DialogName | null): void;
  /** Asks before these files leave the list. */
  askRemove(sourceIds: readonly string[]): void;
  findKey(blobId: string | null): void;
  nameKey(fingerprint: string | null): void;
  compare(blobIds: readonly [string, string] | null): void;
  toast(text: string): void;
  complain(fault: Fault | null): void;
  /** The engine was started anew: what is open by an id of the one before is closed. */
  beginAnew(): void;
  showRun(runId: string | null): void;
  showPlan(planId: string | null): void;
  /** Opens Help at a document (its name) and one of its headings. */
  help(document: string, anchor?: string | null): void;
  askUndo(runId: string | null): void;
  /** Shows a key in Keys; null: it is shown. */
  showKey(arn: string | null): void;
}

const TOAST_MS = 3000;
let next = 1;

/** What is open on the screen. */
export const useUi = create<UiStore>()((set) => ({
  view: 'blobs',
  dialog: null,
  removing: null,
  toasts: [],
  findKeyOf: null,
  nameKeyOf: null,
  comparing: null,
  fault: null,
  openRun: null,
  openPlan: null,
  helpAt: { document: 'window', anchor: null },
  openKey: null,
  undoing: null,
  // What another action ran into is over with the next one.
  back: null,
  show: (view) => set({ view, back: null, fault: null }),
  showFrom: (view, back) => set({ view, back, fault: null }),
  open: (dialog) => set({ dialog, removing: null, fault: null }),
  askRemove: (removing) => set({ dialog: 'clear', removing, fault: null }),
  findKey: (findKeyOf) => set({ findKeyOf }),
  nameKey: (nameKeyOf) => set({ nameKeyOf }),
  compare: (comparing) => set({ comparing }),
  toast(text) {
    const toast = { id: next++, text };
    set((state) => ({ toasts: [...state.toasts.slice(-2), toast] }));
    setTimeout(() => set((state) => ({ toasts: state.toasts.filter((t) => t !== toast) })), TOAST_MS);
  },
  complain: (fault) => set({ fault }),
  beginAnew: () => set({ findKeyOf: null, nameKeyOf: null, comparing: null, openPlan: null, fault: null }),
  showRun: (openRun) => set({ openRun, openPlan: null, view: 'runs', fault: null }),
  showPlan: (openPlan) => set({ openPlan, openRun: null, view: 'runs', fault: null }),
  help: (document, anchor = null) => set({ helpAt: { document, anchor }, view: 'help', fault: null }),
  askUndo: (undoing) => set({ undoing }),
  showKey: (openKey) => set(openKey === null ? { openKey } : { openKey, view: 'keys', fault: null }),
}));

/** Does something; what it runs into is shown, and what an earlier action ran into no longer. */
export async function attempt(work: () => Promise<unknown>): Promise<void> {
  useUi.getState().complain(null);
  try {
    await work();
  } catch (error) {
    useUi.getState().complain(pageFaultOf(error));
  }
}

/** Copies text and says so. Falls back to the old command where the host denies the clipboard permission. */
export async function copyText(text: string, what: string): Promise<void> {
  const copied = await navigator.clipboard.writeText(text).then(
    () => true,
    () => copyByCommand(text),
  );
  useUi.getState().toast(copied ? `Copied ${what}` : `Could not copy ${what}: the clipboard was refused`);
}

function copyByCommand(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
