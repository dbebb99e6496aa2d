import { create } from 'zustand';
import type { CampaignView } from '#shared/model/audit.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../api.ts';
import { fetchDownload } from '../lib/platform.ts';
import { useUi } from './ui.ts';

interface CampaignStore {
  /** Text of the campaign's file; null: none is open. */
  readonly text: string | null;
  /** JSON Lines, of the file beside it and of this window. */
  readonly snapshots: string;
  /** Snapshots were taken that are in no file yet. */
  readonly isUnsaved: boolean;
  readonly view: CampaignView | null;
  readonly counting: boolean;
  readonly fault: Fault | null;
  /** Opens a campaign, its snapshots or both, by the texts of their files. */
  open(files: readonly { readonly name: string; readonly text: string }[]): Promise<void>;
  /** Counts again, by the list as it stands. */
  count(): Promise<void>;
  /** Keeps what is counted now among the snapshots. */
  takeSnapshot(): Promise<void>;
  save(): Promise<void>;
  close(): void;
}

const NONE = { text: null, snapshots: '', isUnsaved: false, view: null, counting: false, fault: null };
let generation = 0;

/** A campaign: what must be left by when, and how far it is. */
export const useCampaign = create<CampaignStore>()((set, get) => ({
  ...NONE,
  async open(files) {
    const isSnapshots = (name: string) => /\.jsonl$/i.test(name);
    const text = files.find(({ name }) => !isSnapshots(name))?.text ?? get().text;
    const kept = files.find(({ name }) => isSnapshots(name))?.text ?? '';
    if (text === null)
      return set({
        fault: {
          code: 'BadCampaign',
          message: 'The campaign file is missing.',
          detail: 'Only a file of snapshots was chosen.',
          remedy: 'Choose the campaign file, and with it its file of snapshots.',
          raw: null,
          retryable: false,
        },
      });
    set({ ...NONE, text, snapshots: kept });
    await get().count();
  },
  async count() {
    const { text, snapshots } = get();
    if (text === null) return;
    generation += 1;
    const mine = generation;
    set({ counting: true });
    try {
      const view = await call(bridge().audit.campaignView({ text, snapshots }));
      if (mine === generation) set({ view, fault: null, counting: false });
    } catch (error) {
      if (mine === generation) set({ fault: pageFaultOf(error), counting: false });
    }
  },
  async takeSnapshot() {
    const { view, snapshots } = get();
    if (view === null) return;
    const before = snapshots === '' || snapshots.endsWith('\n') ? snapshots : `${snapshots}\n`;
    set({ snapshots: `${before}${JSON.stringify(view.now)}\n`, isUnsaved: true });
    await get().count();
  },
  async save() {
    try {
      const { url, name, saved } = await call(
        bridge().audit.saveText({ kind: 'snapshots', text: get().snapshots }),
      );
      if (url !== null) fetchDownload(url, name);
      if (saved) useUi.getState().toast(`Saved ${name}`);
      if (url !== null || saved) set({ isUnsaved: false });
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  close: () => set(NONE),
}));
