import { create } from 'zustand';
import type { IntakeResult } from '#shared/contract/define.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';
import { plural } from '../../lib/words/format.ts';
import { attempt, useUi } from '../app/ui.ts';
import { useRuns } from '../runs/runs.ts';

interface IntakeProgress {
  readonly files: number;
  readonly blobs: number;
}

interface IntakeStore {
  readonly busy: boolean;
  readonly progress: IntakeProgress | null;
  /** What the last reading came to, once it has ended; null when dismissed. */
  readonly ended: IntakeProgress | null;
  /** Last result with something odd in it; null when dismissed. */
  readonly notice: IntakeResult | null;
  dismiss(): void;
  dismissEnded(): void;
  setProgress(progress: IntakeProgress | null): void;
  /** Reading has ended. */
  end(all: IntakeProgress): void;
  choose(what: 'files' | 'folder'): Promise<void>;
  take(files: readonly File[]): Promise<void>;
  paste(text: string | null): Promise<void>;
  /** Takes text in. Why nothing of it was, in one sentence; null: something was. */
  pasteText(text: string): Promise<string | null>;
  restoreVault(): Promise<void>;
  /** Reads again what was added. */
  rescan(): Promise<void>;
  /** Takes files off the list; null: all. Whether that was done: a fault is shown. */
  remove(sourceIds: readonly string[] | null): Promise<boolean>;
}

/** Taking blobs in and letting them go. */
export const useIntake = create<IntakeStore>()((set) => {
  const run = async (work: () => Promise<IntakeResult>, nothing: string | null): Promise<void> => {
    set({ busy: true });
    useUi.getState().complain(null);
    try {
      const result = await work();
      // What a run made of a blob that is another one now is said no longer.
      if (useRuns.getState().results.size > 0) await useRuns.getState().loadResults();
      const odd = result.skippedFiles.length > 0 || result.moreSkipped > 0;
      if (odd) set({ notice: result });
      if (result.blobs > 0)
        useUi
          .getState()
          .toast(`Added ${plural(result.blobs, 'blob')} from ${plural(result.sources, 'file')}`);
      else if (nothing !== null && !odd && !result.plans) useUi.getState().toast(nothing);
    } catch (error) {
      useUi.getState().complain(pageFaultOf(error));
    } finally {
      set({ busy: false, progress: null });
    }
  };
  return {
    busy: false,
    progress: null,
    ended: null,
    notice: null,
    dismiss: () => set({ notice: null }),
    dismissEnded: () => set({ ended: null }),
    setProgress: (progress) => set({ progress }),
    end: (ended) => set({ progress: null, ended }),
    choose: (what) => run(() => call(bridge().intake.choose({ what })), null),
    take: (files) =>
      run(() => call(bridge().takeFiles(files)), 'No ciphertext was found in what was dropped'),
    paste: (text) =>
      run(() => call(bridge().intake.paste({ text })), 'No ciphertext was found in the pasted text'),
    async pasteText(text) {
      set({ busy: true });
      try {
        const { blobs, skippedFiles, plans = 0 } = await call(bridge().intake.paste({ text }));
        if (blobs === 0 && plans === 0)
          return skippedFiles[0]?.message ?? 'No ciphertext was found in this text.';
        useUi.getState().toast(`Added ${plural(blobs, 'blob')}`);
        return null;
      } catch (error) {
        const { message, remedy } = pageFaultOf(error);
        return [message, remedy].filter(Boolean).join(' ');
      } finally {
        set({ busy: false, progress: null });
      }
    },
    rescan: () =>
      run(async () => {
        const result = await call(bridge().intake.rescan({}));
        const gone = result.gone === 0 ? '' : `, ${plural(result.gone, 'file')} gone`;
        useUi.getState().toast(`Read again: ${plural(result.blobs, 'blob')}${gone}`);
        // What it has of blobs is no news: most were there before.
        return { ...result, blobs: 0 };
      }, null),
    restoreVault: () => run(() => call(bridge().practice.restoreVault({})), null),
    async remove(sourceIds) {
      let removed = false;
      await attempt(async () => {
        await call(bridge().intake.clear({ sourceIds: sourceIds === null ? null : [...sourceIds] }));
        removed = true;
      });
      return removed;
    },
  };
});
