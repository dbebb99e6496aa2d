import { create } from 'zustand';
import type { EventPayload } from '#shared/contract/api.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { copyText, useUi } from './ui.ts';

type Changed = EventPayload<'engineChanged'>;

interface EngineStore {
  /** How the part that does the work stands; `again`: it runs, after it had stopped. */
  readonly state: 'running' | 'restarting' | 'again' | 'failed';
  /** Why it stopped last. */
  readonly fault: Fault | null;
  changed(changed: Changed): void;
  dismiss(): void;
}

/** What the person is to know of the part that does the work: only that it stopped, and what came of that. */
export const useEngine = create<EngineStore>()((set) => ({
  state: 'running',
  fault: null,
  changed: ({ state, fault }) =>
    set(state === 'running' ? { state: 'again' } : { state, ...(fault === null ? {} : { fault }) }),
  dismiss: () => set({ state: 'running', fault: null }),
}));

/** Puts what a bug report needs on the clipboard: by the host where it can, else from here. */
export async function copyDiagnostics(): Promise<void> {
  try {
    const { text } = await call(bridge().app.copyDiagnostics({}));
    if (text === null) useUi.getState().toast('Copied the diagnostics');
    else await copyText(text, 'the diagnostics');
  } catch (error) {
    useUi.getState().complain(pageFaultOf(error));
  }
}
