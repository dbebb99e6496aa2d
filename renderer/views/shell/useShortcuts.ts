import { useEffect } from 'react';
import { hasMod, isTyping, turnOf } from '../../lib/platform.ts';
import { NUMBERED_VIEWS } from '../../lib/shortcuts.ts';
import { useActions } from '../../store/app/actions.ts';
import { useUi } from '../../store/app/ui.ts';
import { useIntake } from '../../store/blobs/intake.ts';
import { undoLast } from '../../store/commands.ts';
import { useConnection } from '../../store/connection/connection.ts';
import { requestFiles, requestPaste } from '../../store/opening.ts';
import { useDraft } from '../../store/runs/draft.ts';
import { mainList } from './SkipLink.tsx';

const modalOpen = (): boolean => document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;

/** Shortcuts of the whole window. Those of the table are the table's own. */
export function useShortcuts(): void {
  const { show, open } = useActions(useUi);
  const { take, paste: takeText } = useActions(useIntake);
  const app = useConnection((state) => state.app);
  const { openSheet } = useActions(useDraft);
  useEffect(() => {
    const keydown = (event: KeyboardEvent): void => {
      if (modalOpen()) return;
      const { key } = event;
      const turn = turnOf(event);
      if (turn !== undefined) {
        if (event.defaultPrevented || isTyping(event.target)) return;
        history.go(turn);
      } else if (!hasMod(event)) {
        if (key === 'F1') show('help');
        else if (key === '?' && !isTyping(event.target)) open('shortcuts');
        else if (!(key === 'ArrowDown' && isFilter(event.target) && enterList())) return;
      } else if (event.altKey || !command(event)) return;
      event.preventDefault();
    };
    /** Whether the event was a shortcut with the command key. */
    const command = (event: KeyboardEvent): boolean => {
      const key = event.key.toLowerCase();
      const view = event.shiftKey ? undefined : NUMBERED_VIEWS[Number(key) - 1];
      if (view !== undefined) show(view);
      else if (key === 'k' && !event.shiftKey) open('palette');
      else if (key === 'o') requestFiles(event.shiftKey ? 'folder' : 'files');
      else if (key === 'f' && !event.shiftKey) focusFilter(() => show('blobs'));
      else if (key === 'z' && !event.shiftKey && !isTyping(event.target)) undoLast();
      else if (key === ',') show('settings');
      else return false;
      return true;
    };
    /** Before what has the focus hears of it: a button would be pressed by Enter, whatever is held down with it. */
    const submit = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !hasMod(event) || event.altKey || modalOpen() || hasOwnEnter(event.target))
        return;
      event.preventDefault();
      event.stopPropagation();
      openSheet();
    };
    const paste = (event: ClipboardEvent): void => {
      if (isTyping(event.target) || modalOpen()) return;
      event.preventDefault();
      show('blobs');
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) void take(files);
      else {
        // Read while the event lasts, and given to the page only where the host cannot read it.
        const { clipboardData } = event;
        if (app === null) requestPaste();
        else if (app.can.readClipboard) void takeText(null);
        else void takeText(clipboardData?.getData('text/plain') ?? '');
      }
    };
    window.addEventListener('keydown', submit, true);
    window.addEventListener('keydown', keydown);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('keydown', submit, true);
      window.removeEventListener('keydown', keydown);
      window.removeEventListener('paste', paste);
    };
  }, [show, open, take, takeText, app, openSheet]);
}

/** What takes Enter itself, whatever is held down with it: text of several lines, and what is chosen from while open. */
const OWN_ENTER =
  'textarea, [contenteditable="true"], [role="menu"], [role="listbox"], [role="combobox"][aria-expanded="true"]';
const hasOwnEnter = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest(OWN_ENTER) !== null;

/** Whether a key is pressed in the filter of a view. */
const isFilter = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('.main .search input') !== null;

/** From the filter into the list below it; false where there is none. */
function enterList(): boolean {
  const list = mainList();
  list?.focus();
  return list !== null;
}

/** `showBlobs`: shows the view that has the filter, where another is shown. */
function focusFilter(showBlobs: () => void): void {
  const find = (): HTMLInputElement | null =>
    document.querySelector<HTMLInputElement>('.main input[type="search"]');
  const field = find();
  if (field === null) {
    showBlobs();
    requestAnimationFrame(() => find()?.focus());
    return;
  }
  field.focus();
  field.select();
}
