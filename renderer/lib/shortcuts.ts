import { MENU_SHORTCUTS } from '#shared/shortcuts.ts';
import { acceleratorWords, mod, turnWords } from './platform.ts';

interface ShortcutGroup {
  readonly title: string;
  readonly keys: readonly (readonly [keys: string, what: string])[];
}

/** Views in the order of the navigation: Ctrl or Cmd with 1 to 5 shows them. */
export const NUMBERED_VIEWS = ['blobs', 'runs', 'keys', 'audit', 'settings'] as const;

/** All shortcuts of the window. `menu`: the host has a menu, which has more of them; in a browser those are its own. */
export const shortcutGroups = (menu: boolean): readonly ShortcutGroup[] => [
  {
    title: 'Anywhere',
    keys: [
      [mod('K'), 'Command palette'],
      ['?', 'Shortcuts'],
      ['F1', 'Help'],
      [mod('1 … 5'), 'Show Blobs, Runs, Keys, Audit, Settings'],
      ...Object.entries(MENU_SHORTCUTS)
        .filter(([id]) => SHOWN.has(id) || (menu && MENU_ONLY.has(id)))
        .map(([, { accelerator, words }]) => [acceleratorWords(accelerator), words] as const),
      [mod('V'), menu ? 'Paste ciphertext, outside a text field' : 'Paste ciphertext'],
      [mod('F'), 'Filter'],
      [mod('↵'), 'Re-encrypt the selected blobs'],
      [mod('Z'), 'Undo the last run'],
      [turnWords(), 'Back and forward, to where you were'],
      ['Esc', 'Close what is open'],
    ],
  },
  {
    title: 'In a list',
    keys: [
      ['↑ ↓', 'Move; ↓ from the filter enters the list'],
      ['Home End', 'First, last'],
      ['Enter', 'Open what is chosen, or go to the pane beside'],
      ['Shift F10', 'Menu of what is chosen'],
      ['Tab, then ← →', 'Go along the column heads; Enter sorts'],
    ],
  },
  {
    title: 'In the list of blobs',
    keys: [
      ['Space', 'Select or deselect'],
      ['Shift ↑ ↓', 'Extend the selection'],
      [mod('A'), 'Select all shown'],
      ['← →', 'Close or open a group'],
      [mod('C'), 'Copy the paths of the selected blobs'],
      ['Delete', 'Remove the selected files from the list'],
    ],
  },
];

const SHOWN: ReadonlySet<string> = new Set(['open-files', 'open-folder', 'settings']);
/** The other entries of the menu that are not among the numbered views. */
const MENU_ONLY: ReadonlySet<string> = new Set(['open-plan', 'paste']);
