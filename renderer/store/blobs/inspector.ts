import { create } from 'zustand';
import type { BlobDetail } from '#shared/model/blob.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';

export type InspectorTab = 'summary' | 'structure' | 'hex';

interface InspectorStore {
  readonly open: boolean;
  readonly tab: InspectorTab;
  /** The blob that the window is about: its detail follows. */
  readonly blobId: string | null;
  /** What is known of the blob that was looked at last, which may be another than `blobId` for a moment. */
  readonly detail: BlobDetail | null;
  readonly fault: Fault | null;
  /** Node id of the field chosen by click or keyboard; stays lit. */
  readonly chosen: string | null;
  /** Node id of the field under the pointer; lit while it is there. */
  readonly pointed: string | null;
  setOpen(open: boolean): void;
  setTab(tab: InspectorTab): void;
  /** The cursor stands on another blob: from now on nothing acts on the one that is still shown. */
  aim(blobId: string): void;
  inspect(blobId: string | null): Promise<void>;
  /** Fetches the blob under view again after something was learned; a blob that is gone leaves the pane empty. */
  refresh(): Promise<void>;
  choose(node: string | null): void;
  point(node: string | null): void;
}

/** Whether the window is wide enough for the pane to stand beside the table rather than over it. */
const roomBeside = (): boolean => typeof window !== 'undefined' && window.innerWidth >= 900;

/** The blob in the right pane and which of its fields is lit. */
export const useInspector = create<InspectorStore>()((set, get) => ({
  open: roomBeside(),
  tab: 'summary',
  blobId: null,
  detail: null,
  fault: null,
  chosen: null,
  pointed: null,
  setOpen: (open) => set({ open }),
  setTab: (tab) => set({ tab }),
  aim(blobId) {
    if (get().blobId !== blobId) set({ blobId, fault: null });
  },
  async inspect(blobId) {
    if (blobId === null) {
      set({ blobId, detail: null, fault: null, chosen: null, pointed: null });
      return;
    }
    set({ blobId, fault: null });
    try {
      const detail = await call(bridge().blobs.inspect({ blobId }));
      if (get().blobId === blobId) set({ detail, fault: null, chosen: null, pointed: null });
    } catch (error) {
      if (get().blobId === blobId) set({ detail: null, fault: pageFaultOf(error) });
    }
  },
  async refresh() {
    const { blobId } = get();
    if (blobId === null) return;
    const detail = await call(bridge().blobs.inspect({ blobId })).catch(() => null);
    if (get().blobId === blobId) set(detail === null ? { blobId: null, detail: null } : { detail });
  },
  choose: (chosen) => set({ chosen }),
  point: (pointed) => {
    if (get().pointed !== pointed) set({ pointed });
  },
}));

/** Whether the pane still shows another blob than the one that the cursor stands on. */
export const isStale = ({ blobId, detail }: Pick<InspectorStore, 'blobId' | 'detail'>): boolean =>
  detail !== null && detail.row.id !== blobId;
