import { create } from 'zustand';
import type { CampaignView } from '#shared/model/audit.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { fetchDownload } from '../../lib/platform.ts';
import { useUi } from '../app/ui.ts';

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

const badCampaign = (message: string, detail: string, remedy: string): Fault => ({
  code: 'BadCampaign',
  message,
  detail,
  remedy,
  raw: null,
  retryable: false,
});
const ONLY_SNAPSHOTS = badCampaign(
  'The campaign file is missing.',
  'Only a file of snapshots was chosen.',
  'Choose the campaign file, and with it its file of snapshots.',
);
const UNSAVED = badCampaign(
  'Snapshots of this campaign are not saved.',
  'Opening another campaign would lose them.',
  'Save them, or close the campaign without saving.',
);

/** A campaign: what must be left by when, and how far it is. */
export const useCampaign = create<CampaignStore>()((set, get) => ({
  ...NONE,
  async open(files) {
    const isSnapshots = (name: string) => /\.jsonl$/i.test(name);
    const text = files.find(({ name }) => !isSnapshots(name))?.text ?? get().text;
    const kept = files.find(({ name }) => isSnapshots(name))?.text ?? '';
    if (get().isUnsaved) return set({ fault: UNSAVED });
    if (text === null) return set({ fault: ONLY_SNAPSHOTS });
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
      // What was counted before is not what is there now.
      if (mine === generation) set({ view: null, fault: pageFaultOf(error), counting: false });
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
    const { snapshots: text } = get();
    try {
      const { url, name, saved } = await call(bridge().audit.saveText({ kind: 'snapshots', text }));
      if (url !== null) fetchDownload(url, name);
      if (saved) useUi.getState().toast(`Saved ${name}`);
      if ((url !== null || saved) && get().snapshots === text) set({ isUnsaved: false });
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    }
  },
  close() {
    // A count under way is of what is closed.
    generation += 1;
    set(NONE);
  },
}));
