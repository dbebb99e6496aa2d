import { create } from 'zustand';
import type { AuditFinding } from '#shared/model/audit.ts';

interface SuppressStore {
  /** The findings that a person is about to suppress; empty: none. */
  readonly findings: readonly AuditFinding[];
  open(findings: readonly AuditFinding[]): void;
}

export const useSuppress = create<SuppressStore>()((set) => ({
  findings: [],
  open: (findings) => set({ findings }),
}));
