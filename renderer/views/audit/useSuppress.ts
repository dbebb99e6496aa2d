import { create } from 'zustand';
import type { AuditFinding } from '#shared/model/audit.ts';

interface SuppressStore {
  /** The finding that a person is about to suppress. */
  readonly finding: AuditFinding | null;
  open(finding: AuditFinding | null): void;
}

export const useSuppress = create<SuppressStore>()((set) => ({
  finding: null,
  open: (finding) => set({ finding }),
}));
