import { create } from 'zustand';
import { copyText } from './ui.ts';

/** An entry of a context menu. */
export interface MenuEntry {
  readonly id: string;
  readonly title: string;
  /** Whether a line stands above it. */
  readonly apart?: true;
  readonly run: () => void;
}

interface MenuStore {
  /** The menu that is open: where (CSS pixels in the window), of what, and its entries. */
  readonly menu: {
    readonly x: number;
    readonly y: number;
    readonly label: string;
    readonly entries: readonly MenuEntry[];
  } | null;
  show(menu: NonNullable<MenuStore['menu']>): void;
  close(): void;
}

/** The context menu: one at a time. */
export const useMenu = create<MenuStore>()((set) => ({
  menu: null,
  show: (menu) => set({ menu: menu.entries.length === 0 ? null : menu }),
  close: () => set({ menu: null }),
}));

/**
 * Opens a menu for a `contextmenu` event, of the pointer or of Shift+F10: beside the pointer, or below `row` where the keyboard
 * asked (the event then has no place).
 */
export function showMenu(
  event: { readonly clientX: number; readonly clientY: number; preventDefault(): void },
  row: Element | null,
  label: string,
  entries: readonly MenuEntry[],
): void {
  event.preventDefault();
  const box = row?.getBoundingClientRect();
  const byKeyboard = event.clientX === 0 && event.clientY === 0;
  const inRow = box !== undefined && event.clientY >= box.top && event.clientY <= box.bottom;
  const place =
    box !== undefined && (byKeyboard || !inRow)
      ? { x: box.left + 24, y: box.bottom }
      : { x: event.clientX, y: event.clientY };
  useMenu.getState().show({ ...place, label, entries });
}

/** An entry that copies a value; none where there is none. */
export const copyEntry = (title: string, value: string | null): readonly MenuEntry[] =>
  value === null || value === ''
    ? []
    : [{ id: title, title: `Copy ${title}`, run: () => void copyText(value, title) }];
